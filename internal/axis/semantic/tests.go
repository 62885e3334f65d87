package semantic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

const (
	floorLevel      = 0.95 // the point of a benchmark's split-half distances that is its floor
	single          = 0.05 // the level at which pairs are counted one at a time
	fewestForMedian = 3    // benchmarks with a median over pairs
)

// reduced is a space in the scores of its first k right singular vectors, or itself where it has no more dimensions than
// k. Classifiers need it: a covariance of thousands of dimensions cannot be had from hundreds of items.
func (s *space) reduced(k int) (*space, error) {
	if k < 1 || s.dim <= k {
		return s, nil
	}
	scores, singular, err := truncatedSVD(dense(s.x, s.items(), s.dim), k)
	if err != nil {
		return nil, err
	}
	c := *s
	c.x, c.dim, c.mean = scores, len(singular), make([]float64, len(singular))
	return &c, nil
}

// floors adds what a benchmark's distances must be compared with: its own inner similarity and its distance from itself.
func (m *measurement) floors() {
	blocks := len(m.s.present)
	self := m.s.column("inner similarity", "1")
	middle, upper := m.s.column("split-half distance", "1"), m.s.column(fmt.Sprintf("split-half distance, %g %%", 100*floorLevel),
		"1")
	nearest := m.s.column("nearest distance", "1")
	wordings := m.s.column("wordings", "1")
	edge := make([]float64, blocks)
	m.out.Detail.Floor = make([]axis.Floats, len(m.s.benchmarks))
	for k, b := range m.s.present {
		draws := m.splitHalf(comparedBy(distance), k)
		m.out.Detail.Floor[b] = draws
		sorted := slices.Sorted(slices.Values(draws))
		edge[k] = sorted[int(math.Ceil(floorLevel*splitDraws))-1]
		self.Set(b, 0, m.c.kernelMeans[k*blocks+k])
		middle.Set(b, 0, (sorted[(splitDraws-1)/2]+sorted[splitDraws/2])/2)
		upper.Set(b, 0, edge[k])
		wordings.Set(b, 0, float64(m.s.wordings(k)))
	}
	least := make([]float64, blocks)
	for k := range least {
		least[k] = math.Inf(1)
	}
	m.out.Detail.WithinFloor = [][2]int{}
	for k := range blocks {
		for l := k + 1; l < blocks; l++ {
			d, err := stats.Median(axis.Finite(m.replicates[distance], blocks*blocks, k*blocks+l))
			if err != nil {
				continue // no replicates: nothing of the same size to compare with
			}
			least[k], least[l] = math.Min(least[k], d), math.Min(least[l], d)
			if d <= math.Max(edge[k], edge[l]) {
				m.out.Detail.WithinFloor = append(m.out.Detail.WithinFloor, [2]int{m.s.present[k], m.s.present[l]})
			}
		}
	}
	for k, b := range m.s.present {
		if math.IsInf(least[k], 1) {
			nearest.SetMissing(b, 0, "no half-samples were drawn, or there is no other benchmark")
		} else {
			nearest.Set(b, 0, least[k])
		}
	}
	m.out.ByBenchmark = append(m.out.ByBenchmark,
		axis.BenchmarkValue{Name: "self", Title: "Inner similarity",
			Method: "mean kernel between a benchmark's own items, i != j", Values: self},
		axis.BenchmarkValue{Name: "split-half", Title: "Distance of two halves, median",
			Method: fmt.Sprintf("MMD_u^2 between two disjoint random halves, %d draws; its expectation is 0", splitDraws),
			Values: middle},
		axis.BenchmarkValue{Name: fmt.Sprintf("split-half.%g", 100*floorLevel),
			Title:  fmt.Sprintf("Distance of two halves, %g %% point", 100*floorLevel),
			Method: fmt.Sprintf("%g %% point of %d draws: the floor for distances at this size", 100*floorLevel, splitDraws),
			Values: upper},
		axis.BenchmarkValue{Name: "nearest", Title: "Distance to the nearest benchmark at the same size",
			Method: "least over other benchmarks of the median MMD_u^2 between half-samples of both", Values: nearest},
		axis.BenchmarkValue{Name: "wordings", Title: "Wordings", Method: "groups of items that the benchmark's rows name, or " +
			"whose texts are near-duplicates once numbers and names are masked", Values: wordings})
	m.out.Facts = append(m.out.Facts, axis.Value{
		Name: "pairs.within-floor", Title: "Pairs that lie no farther apart than two halves of one benchmark",
		Value: float64(len(m.out.Detail.WithinFloor)),
		N:     blocks * (blocks - 1) / 2, Method: fmt.Sprintf("median MMD_u^2 between half-samples of both at most the larger "+
			"%g %% point of their split-half distances", 100*floorLevel),
	})
}

// tests adds the components "low" and "high" of flags: of the primary embedding, and of every one that no model of the study
// made, since only these say how questions are worded whoever reads them.
func (m *measurement) tests(ctx context.Context, rt action.Runtime) error {
	blocks := len(m.s.present)
	if blocks < fewestForMedian && !m.primary {
		return nil
	}
	if blocks < fewestForMedian {
		m.out.Warnings = append(m.out.Warnings, "With fewer than "+wording.Spelt(fewestForMedian)+
			" benchmarks there is no median over pairs to compare a pair with: no pair is tested on the semantic axis.")
		return nil
	}
	pairs := blocks * (blocks - 1) / 2
	n := axis.Replicates(pairs, m.p.Options.Permutations)
	if few := axis.FewReplicates(n, pairs); few != "" {
		m.out.Warnings = append(m.out.Warnings, "On the semantic axis "+few+".")
	}
	far, near, err := againstMedian(ctx, m.c, m.p.Seed, n, func(done int) { rt.Progress(done, n) })
	if err != nil {
		return err
	}
	observed := make([]float64, 0, pairs)
	for k := range blocks {
		for l := k + 1; l < blocks; l++ {
			observed = append(observed, stats.SquaredMMD(terms(m.c.kernelMeans, blocks, k, l)))
		}
	}
	median, err := stats.Median(observed)
	if err != nil {
		return err
	}
	method := fmt.Sprintf("p = (1 + #{d* %%s %g median*})/(1 + %d), d* = MMD_u^2 (%s) on half of each benchmark's wordings "+
		"or items, the "+
		"median over %d pairs recomputed each time",
		axis.Yardstick, n, m.provider.Title, pairs)
	both := []axis.Test{
		{Name: m.testName("low"), Null: "the squared distance of the two benchmarks is at most " +
			axis.Mark() + " of the study's median",
			Method: fmt.Sprintf(method, "<="), P: m.byPair("p, semantic low", far)},
		{Name: m.testName("high"), Null: "the squared distance of the two benchmarks is at least " +
			axis.Mark() + " of the study's median",
			Method: fmt.Sprintf(method, ">="), P: m.byPair("p, semantic high", near)},
	}
	for i := range both {
		for k := range observed {
			observed[k] -= axis.Yardstick * median
		}
		both[i].N, both[i].Statistic = n, m.byPair("MMD_u^2 minus "+axis.Mark()+" of its median over pairs", observed)
		for k := range observed {
			observed[k] += axis.Yardstick * median
		}
	}
	both[0].Warnings = []string{m.relative(far, near)}
	both[1].Warnings = []string{m.inner()}
	m.out.Tests = append(m.out.Tests, both...)
	return nil
}

// testName is that of a component, behind the embedding's name where that is not the primary one.
func (m *measurement) testName(component string) string {
	if m.primary {
		return component
	}
	return m.provider.Name + "." + component
}

// relative says that both tests measure with the study's own yardstick.
func (m *measurement) relative(far, near []float64) string {
	count := func(ps []float64) (n int) {
		for _, p := range ps {
			if p <= single {
				n++
			}
		}
		return n
	}
	return fmt.Sprintf("Low and high are relative to this study: %s of its median squared distance is the mark between nearer "+
		"to identity and nearer to the typical pair. "+
		"Of %d pairs %d are low and %d high at p <= %g, one pair at a time.", axis.Mark(), len(far), count(far), count(near),
		single)
}

// inner says why a small MMD_u^2 need not be likeness.
func (m *measurement) inner() string {
	blocks := len(m.s.present)
	least, most := math.Inf(1), math.Inf(-1)
	for k := range blocks {
		v := m.c.kernelMeans[k*blocks+k]
		least, most = math.Min(least, v), math.Max(most, v)
	}
	return fmt.Sprintf("MMD_u^2 is k_aa + k_bb - 2 k_ab: where cross terms are near 0 it ranks pairs by how uniform each "+
		"benchmark is in itself "+
		"(inner similarities from %.2f to %.2f here). A pair of two diverse benchmarks can be high, and one with a uniform "+
		"benchmark low, without likeness; read the kernel cosine beside it.", least, most)
}

// byPair spreads values of pairs of blocks over a B x B matrix; the diagonal is missing.
func (m *measurement) byPair(name string, values []float64) *matrix.Labelled {
	return m.s.symmetric(name, "1", func(k, l int) (float64, error) {
		if k == l {
			return 0, fmt.Errorf("a benchmark is not compared with itself")
		}
		return values[pairIndex(len(m.s.present), k, l)], nil
	})
}

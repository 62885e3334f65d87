package performance

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// generalFactor is the share of the probabilistic principal component, and parallel analysis of the eigenvalues of pairwise
// correlations of normal scores (0 where a pair has too few models); what is permuted are the scores that are there, within
// each benchmark, so that the same cells are missing.
func (p *gapped) generalFactor(ctx context.Context, seed uint64, workers int) ([]axis.Value, error) {
	if p.all == nil {
		return nil, nil
	}
	columns := p.normalColumns()
	k := len(columns)
	eigenvalues := make([][]float64, parallelDraws)
	shares := make([]float64, parallelDraws)
	err := axis.Parallel(ctx, workers, parallelDraws, func(r int) {
		shuffled := shuffledWithin(columns, seed, r)
		eigenvalues[r] = p.pairwiseEigenvalues(shuffled)
		if c, err := stats.NewIncomplete(shuffled); err == nil {
			if f, err := c.Fit(nil, nil, drawTolerance); err == nil {
				shares[r] = f.Share
			}
		}
	})
	if err != nil {
		return nil, err
	}
	factors := 0
	for j, v := range p.pairwiseEigenvalues(columns) {
		if !(v > quantileOf(eigenvalues, j)) {
			break
		}
		factors++
	}
	null, err := stats.Quantile(shares, parallelQuant)
	if err != nil {
		return nil, err
	}
	method := fmt.Sprintf("probabilistic principal component of the normal scores of %d benchmarks, of the cells "+
		"that are there; "+
		"factors: eigenvalues of their pairwise correlations against those with the scores of each benchmark permuted "+
		"over its models, "+
		"%d times, %g %% quantile", k, parallelDraws, 100*parallelQuant)
	return factorFacts(p.all.Share, null, factors, len(p.scores[0]), p.component(), method), nil
}

// normalColumns are the normal scores of the benchmarks that have a correlation, NaN where a score is missing.
func (p *gapped) normalColumns() [][]float64 {
	var out [][]float64
	for b, y := range p.scores {
		if p.column[b] < 0 {
			continue
		}
		z := nans(len(y))
		for k, v := range stats.NormalScores(of(y, p.observed[b])) {
			z[p.observed[b][k]] = v
		}
		out = append(out, z)
	}
	return out
}

func nans(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

func shuffledWithin(columns [][]float64, seed uint64, replicate int) [][]float64 {
	rng := stats.Stream(seed, "performance/parallel analysis", replicate)
	out := make([][]float64, len(columns))
	for j, z := range columns {
		there := present(z)
		values := of(z, there)
		rng.Shuffle(len(values), func(a, b int) { values[a], values[b] = values[b], values[a] })
		out[j] = nans(len(z))
		for k, i := range there {
			out[j][i] = values[k]
		}
	}
	return out
}

// present lists where a column has a value.
func present(y []float64) []int {
	var out []int
	for i, v := range y {
		if !math.IsNaN(v) {
			out = append(out, i)
		}
	}
	return out
}

// pairwiseEigenvalues are those of the correlations of all pairs of columns, each over the rows that have both.
func (p *gapped) pairwiseEigenvalues(columns [][]float64) []float64 {
	k := len(columns)
	there := make([][]int, k)
	corr := make([]float64, k*k)
	for j := range columns {
		there[j] = present(columns[j])
		corr[j*k+j] = 1
		for i := range j {
			rows := both(there[i], there[j])
			if p.enough(rows, "") != nil {
				continue
			}
			if r, err := stats.Pearson(of(columns[i], rows), of(columns[j], rows)); err == nil {
				corr[i*k+j], corr[j*k+i] = r, r
			}
		}
	}
	return linalg.EigenValues(corr, k)
}

func quantileOf(draws [][]float64, j int) float64 {
	x := make([]float64, len(draws))
	for r := range draws {
		x[r] = draws[r][j]
	}
	q, _ := stats.Quantile(x, parallelQuant) // finite, and not empty
	return q
}

// report says on how many models pairs rest, which have too few, and what follows for the matrix of overlaps.
func (p *gapped) report(t *ScoreTable, r *axis.Result) {
	n := len(t.Benchmarks)
	for i := range r.Variants {
		v := &r.Variants[i]
		counts, differ := make([]int, n*n), false
		for a := range n {
			for b := range n {
				counts[a*n+b] = len(p.observed[a])
				if a != b {
					raw, free := p.models(a, b)
					counts[a*n+b] = free
					if v.Name == Raw || v.Name == Kendall {
						counts[a*n+b] = raw
					}
				}
				differ = differ || counts[a*n+b] != v.N
			}
		}
		if differ {
			v.Ns = counts
		}
	}
	raw := r.Variant(Raw)
	negative := negativeWarning(raw.Overlap)
	if negative != "" {
		raw.Warnings = append(raw.Warnings, negative)
	}
	r.Alarms = append([]axis.Alarm{p.alarm(t, negative)}, r.Alarms...)
}

// alarm says how many cells are missing, and on how many models pairs rest for that.
func (p *gapped) alarm(t *ScoreTable, negative string) axis.Alarm {
	pairs, fewer, without, least, most := 0, 0, 0, math.MaxInt, 0
	for b := range t.Benchmarks {
		for a := range b {
			pairs++
			q := p.at(a, b)
			switch {
			case q.rawErr != nil:
				without++
			default:
				least, most = min(least, q.n), max(most, q.n)
				fewer += one(q.n < len(t.Models))
			}
		}
	}
	text := fmt.Sprintf("%s of %s have no score. ", wording.Group(t.Missing()),
		wording.Count(len(t.Models)*len(t.Benchmarks), "cell"))
	if pairs == without {
		text += "No pair of benchmarks has an overlap for that."
	} else {
		text += fmt.Sprintf("Of %s, %d rest on fewer than all %d models, and %d have no overlap; the others rest on %s models.",
			count(pairs, "pair"), fewer, len(t.Models), without, fromTo(strconv.Itoa(least), strconv.Itoa(most)))
	}
	if negative != "" {
		text += " " + capital(negative) + "."
	}
	return axis.Alarm{Kind: "gaps", Text: text,
		Advice: "Read overlaps with their n. Where only models of like strength have a score, overlaps over them are " +
			"smaller than " +
			"over all."}
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// negativeWarning says how far overlaps over different models are from correlations of one set of models, whose matrix has no
// negative eigenvalue; empty where they are none.
func negativeWarning(m *matrix.Labelled) string {
	kept := completeOf(m)
	k := len(kept)
	if k < 3 {
		return ""
	}
	cells := make([]float64, k*k)
	for i, a := range kept {
		for j, b := range kept {
			cells[i*k+j], _ = m.At(a, b)
		}
	}
	values := linalg.EigenValues(cells, k)
	var negative, all float64
	for _, v := range values {
		all += math.Abs(v)
		negative += math.Max(0, -v)
	}
	if values[k-1] > -1e-9 {
		return ""
	}
	return fmt.Sprintf("the matrix of overlaps of %s is not positive semi-definite, since pairs rest on different models: "+
		"its smallest "+
		"eigenvalue is %s, and negative ones hold %.2g %% of the sum of all sizes; a map sets them to 0", count(k, "benchmark"),
		wording.Rounded(values[k-1], 3), 100*negative/all)
}

// completeOf lists benchmarks that all have overlaps with each other: the one that lacks most leaves first.
func completeOf(m *matrix.Labelled) []int {
	var kept []int
	for i := range m.Rows {
		kept = append(kept, i)
	}
	for {
		worst, most := -1, 0
		for k, a := range kept {
			n := 0
			for _, b := range kept {
				_, ok := m.At(a, b)
				n += one(!ok)
			}
			if n > most {
				worst, most = k, n
			}
		}
		if worst < 0 {
			return kept
		}
		kept = append(kept[:worst:worst], kept[worst+1:]...)
	}
}

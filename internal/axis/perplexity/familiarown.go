package perplexity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// fewestOwn is the least number of models over which a score is correlated with its familiarity.
const fewestOwn = 6

// own is how models' scores on benchmarks go with their familiarity with the same benchmarks, beside what re-pairing gives.
// No benchmark's own correlation is chosen, so that permuting models is its whole null.
type own struct {
	why       string   // there is none
	warnings  []string // what its p cannot show
	models    int
	benchmark []string
	raw, free sameBenchmark
}

// sameBenchmark is one of the two correlations: of ranks, or of normal scores without their general factors.
type sameBenchmark struct {
	r      []float64   // B; NaN where there is none
	null   [][]float64 // B x N: with the models' familiarity handed to other models
	others float64     // mean correlation of scores with the familiarity of other benchmarks
}

// ownScores compares the models that have both. scores may be nil.
func ownScores(ctx context.Context, p FamiliarityParams, f, scores *axis.ScoreTable, workers int) (*own, error) {
	out := &own{benchmark: f.Benchmarks}
	if scores == nil {
		out.why = "there are no scores to compare with"
		return out, nil
	}
	var rows, theirs []int
	for i, id := range f.Models {
		if k := slices.Index(scores.Models, id); k >= 0 {
			rows, theirs = append(rows, i), append(theirs, k)
		}
	}
	f, y := f.Of(rows), scores.Of(theirs)
	if out.models = len(rows); out.models < fewestOwn {
		out.why = fmt.Sprintf("%d models have scores and were read to, and that is too few", out.models)
		return out, nil
	}
	if d := stats.DistinctGroupPermutations(f.Lineages); d < FamiliarityPermutations {
		out.warnings = []string{fmt.Sprintf("lineages allow only %.0f distinct re-pairings of the models: p cannot fall below "+
			"%.2g", d, 1/d)}
	}
	freeY, err := p.Overlaps.Cleared(ctx, y, workers)
	if err != nil {
		return nil, err
	}
	freeF, err := p.Overlaps.Cleared(ctx, f, workers)
	if err != nil {
		return nil, err
	}
	out.free, err = paired(ctx, freeY, freeF, f.Lineages, p.Seed, workers)
	if err == nil {
		out.raw, err = paired(ctx, rankedColumns(y.Observed()), rankedColumns(f.Observed()), f.Lineages, p.Seed, workers)
	}
	return out, err
}

// paired correlates every column of y with the same of f, and with whole models of f re-paired, lineages kept together.
func paired(ctx context.Context, y, f [][]float64, lineages []string, seed uint64, workers int) (sameBenchmark, error) {
	perms, permute := make([][]int, FamiliarityPermutations), stats.GroupPermuter(lineages)
	for r := range perms {
		perms[r] = permute(stats.Stream(seed, "perplexity/re-paired familiarity", r))
	}
	out := sameBenchmark{r: make([]float64, len(y)), null: make([][]float64, len(y)), others: mean(withOthers(y, f))}
	err := axis.Parallel(ctx, workers, len(y), func(b int) {
		out.r[b] = correlated(y[b], f[b], nil)
		out.null[b] = make([]float64, len(perms))
		for r, perm := range perms {
			out.null[b][r] = correlated(y[b], f[b], perm)
		}
	})
	return out, err
}

// withOthers are the correlations of the columns of y with other columns of f.
func withOthers(y, f [][]float64) (out []float64) {
	for a := range y {
		for b := range f {
			if a != b {
				out = append(out, correlated(y[a], f[b], nil))
			}
		}
	}
	return out
}

// rankedColumns are the ranks of every column among the models that have a number; nil where these are too few or all the same.
func rankedColumns(columns [][]float64) [][]float64 {
	out := make([][]float64, len(columns))
	for b, x := range columns {
		there := present(x)
		if len(there) < fewestOwn || stats.Constant(there) {
			continue
		}
		ranks, k := stats.Ranks(there), 0
		out[b] = slices.Repeat([]float64{math.NaN()}, len(x))
		for i, v := range x {
			if !math.IsNaN(v) {
				out[b][i] = ranks[k]
				k++
			}
		}
	}
	return out
}

// correlated is Pearson's correlation of x with y, the latter re-paired by perm (nil: as it is), over the models that have both;
// NaN where they are too few or do not differ.
func correlated(x, y []float64, perm []int) float64 {
	if x == nil || y == nil {
		return math.NaN()
	}
	var n, sx, sy, sxx, syy, sxy float64
	for i, v := range x {
		j := i
		if perm != nil {
			j = perm[i]
		}
		w := y[j]
		if math.IsNaN(v) || math.IsNaN(w) {
			continue
		}
		n++
		sx, sy, sxx, syy, sxy = sx+v, sy+w, sxx+v*v, syy+w*w, sxy+v*w
	}
	vx, vy := sxx-sx*sx/n, syy-sy*sy/n
	if n < fewestOwn || !(vx > 1e-12*sxx) || !(vy > 1e-12*syy) {
		return math.NaN()
	}
	return stats.Clip((sxy - sx*sy/n) / math.Sqrt(vx*vy))
}

// nullOf are the means over benchmarks, re-pairing by re-pairing.
func (s sameBenchmark) nullOf() []float64 {
	out := make([]float64, FamiliarityPermutations)
	for r := range out {
		var row []float64
		for b := range s.null {
			row = append(row, s.null[b][r])
		}
		out[r] = mean(row)
	}
	return out
}

// present are the numbers that are there.
func present(x []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(x), math.IsNaN)
}

// mean is that of the numbers that are there; NaN of none.
func mean(x []float64) float64 {
	x = present(x)
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// Level is how much of re-pairings the ranges hold.
const Level = level

// against is a correlation with the range of the re-paired and the share of them that reach it.
type against struct{ r, lo, hi, p float64 }

func compareWith(r float64, null []float64) (against, bool) {
	null = present(null)
	lo, hi, err := stats.PercentileInterval(null, level)
	if err != nil || math.IsNaN(r) {
		return against{}, false
	}
	reached := 0
	for _, v := range null {
		if v >= r-1e-12 {
			reached++
		}
	}
	return against{r, lo, hi, stats.PermutationP(reached, len(null))}, true
}

// ownMeasure is one of the two correlations, with what its name and title end in.
type ownMeasure struct {
	of                  sameBenchmark
	name, title, method string
}

func (o *own) measures() []ownMeasure {
	const repaired = ", with whole models re-paired, lineages of one size as wholes where models share one"
	return []ownMeasure{
		{o.raw, ".own", "", "Spearman correlation over models of the benchmark's score with its familiarity" + repaired},
		{o.free, ".own.gfree", " without the general factors",
			"correlation over models of normal scores of the benchmark's score " +
				"and of its familiarity, each cleared of the first principal component of the benchmarks outside the family" +
				repaired},
	}
}

func (o *own) byBenchmark(p FamiliarityParams) (out []axis.BenchmarkValue) {
	for _, m := range o.measures() {
		r := matrix.New("score with own familiarity"+m.title, "1", o.benchmark, []string{"r"})
		lo, hi, pv := empty(r, "lower end re-paired"), empty(r, "upper end re-paired"), empty(r, "p")
		for b := range o.benchmark {
			a, ok := against{}, false
			if o.why == "" {
				a, ok = compareWith(m.of.r[b], m.of.null[b])
			}
			for to, v := range map[*matrix.Labelled]float64{r: a.r, lo: a.lo, hi: a.hi, pv: a.p} {
				if ok {
					to.Set(b, 0, v)
				} else {
					to.SetMissing(b, 0, o.reason(b))
				}
			}
		}
		name := prefix(p.Text) + m.name
		for end, v := range map[string]*matrix.Labelled{"": r, ".lo": lo, ".hi": hi, ".p": pv} {
			out = append(out, axis.BenchmarkValue{Name: name + end, Title: v.Name, Method: m.method, Values: v})
		}
	}
	slices.SortFunc(out, func(x, y axis.BenchmarkValue) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

func empty(like *matrix.Labelled, name string) *matrix.Labelled {
	return matrix.New(name+", "+like.Name, "1", like.Rows, like.Cols)
}

func (o *own) reason(b int) string {
	if o.why != "" {
		return o.why
	}
	return "scores or familiarity are missing, or the same for all models"
}

// facts are the means over benchmarks, beside the same re-paired and the mean with other benchmarks.
func (o *own) facts(p FamiliarityParams) (out []axis.Value) {
	if o.why != "" {
		return nil
	}
	for _, m := range o.measures() {
		a, ok := compareWith(mean(m.of.r), m.of.nullOf())
		if !ok {
			continue
		}
		name, n := prefix(p.Text)+m.name, len(present(m.of.r))
		method := "mean over benchmarks; " + m.method
		out = append(out,
			axis.Value{Name: name, Title: "scores with the benchmarks' own familiarity" + m.title, Value: a.r, N: n,
				Method: method},
			axis.Value{Name: name + ".lo", Title: "lower end of the same re-paired" + m.title, Value: a.lo, N: n, Method: method},
			axis.Value{Name: name + ".hi", Title: "upper end of the same re-paired" + m.title, Value: a.hi, N: n, Method: method},
			axis.Value{Name: name + ".p", Title: "p of the same" + m.title, Value: a.p, N: n, Method: method,
				Warnings: o.warnings},
			axis.Value{Name: name + ".others", Title: "scores with the familiarity of other benchmarks" + m.title,
				Value: m.of.others, N: n, Method: method})
	}
	return out
}

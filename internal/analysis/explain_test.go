package analysis

import (
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// many are the labels of a study large enough to regress.
func many(n int) Options {
	o := Options{Seed: 1, Q: 0.1, Permutations: 199}
	for i := range n {
		o.Benchmarks = append(o.Benchmarks, string(rune('a'+i)))
		o.Families = append(o.Families, string(rune('p'+i%3)))
		o.Formats = append(o.Formats, string(rune('x'+i%2)))
		o.Lengths = append(o.Lengths, float64(40+7*i*i%31))
	}
	return o
}

// explained is a study in which overlap of scores is the neural likeness and noise.
func explained(o Options) map[string]*axis.Result {
	rng := stats.Stream(5, "explained", 0)
	noise := func(i, j int) float64 { return rng.NormFloat64() }
	neural, semantic := pairwise(o.Benchmarks, noise), pairwise(o.Benchmarks, noise)
	y := pairwise(o.Benchmarks, func(i, j int) float64 {
		v, _ := neural.At(i, j)
		return v + 0.5*noise(i, j)
	})
	one := func(name string, v axis.Variant) *axis.Result {
		v.N = 32
		return &axis.Result{Axis: name, Benchmarks: o.Benchmarks, Variants: []axis.Variant{v}}
	}
	out := map[string]*axis.Result{axis.Performance: one(axis.Performance, axis.Variant{Name: "gfree", Overlap: y}),
		axis.Semantic:   one(axis.Semantic, axis.Variant{Name: "hidden", Title: "hidden", Overlap: semantic}),
		axis.Neural:     one(axis.Neural, axis.Variant{Name: "states", Overlap: neural}),
		axis.Perplexity: one(axis.Perplexity, axis.Variant{Name: "good", Overlap: pairwise(o.Benchmarks, noise)})}
	p := out[axis.Performance]
	p.Replicates, p.R = map[string]axis.Floats{"gfree": nil}, 60
	n := len(o.Benchmarks)
	for range p.R {
		m := pairwise(o.Benchmarks, func(i, j int) float64 { v, _ := y.At(i, j); return v + 0.1*noise(i, j) })
		p.Replicates["gfree"] = append(p.Replicates["gfree"], m.Data[:n*n]...)
	}
	return out
}

func coefficientOf(t *testing.T, e *Explained, name string) (stats.Coefficient, stats.Estimate) {
	t.Helper()
	for k, c := range e.Regression.Coefficients {
		if c.Name == name {
			return c, e.Unique[k]
		}
	}
	t.Fatalf("no coefficient %q", name)
	return stats.Coefficient{}, stats.Estimate{}
}

// What drives the overlap is found, what does not is not; signatures have a coefficient and no p.
func TestOverlapIsExplained(t *testing.T) {
	o := many(14)
	axes := explained(o)
	a := &Analysis{Benchmarks: o.Benchmarks, Axes: axis.Names()}
	if err := a.explain(o, axes); err != nil {
		t.Fatal(err)
	}
	e := a.Explained
	c, own := coefficientOf(t, e, "neural")
	if *c.Beta.P > 0.01 || c.Beta.Value < 0.7 || own.Value < 0.4 || own.Lo > own.Value || own.Hi < own.Lo || own.Level == 0 {
		t.Errorf("neural %+v, own part %+v", c, own)
	}
	if c, _ := coefficientOf(t, e, "semantic"); *c.TwoSided < 0.01 {
		t.Errorf("semantic %+v", c)
	}
	if c, _ := coefficientOf(t, e, "signature"); c.Beta.P != nil || !strings.Contains(c.Untested, "permuting models") {
		t.Errorf("signature %+v", c)
	}
	if e.Within == nil || e.R2.Value < 0.5 || e.R2.Level == 0 {
		t.Errorf("within %v, R2 %+v", e.Within, e.R2)
	}
	for _, c := range e.Within.Coefficients {
		if c.Name == "family" && c.Beta.P != nil {
			t.Errorf("the family predictor has a p under permutations within families: %+v", c)
		}
	}
	// Familiarity enters where the perplexity axis has it, without the general factor where it has that.
	p := axes[axis.Perplexity]
	for _, name := range []string{"familiarity", "familiarity.gfree"} {
		v := p.Variants[0]
		v.Name, v.Title = name, name
		v.Overlap = pairwise(o.Benchmarks, func(i, j int) float64 { return float64((i*j + i + len(name)*j) % 7) })
		p.Variants = append(p.Variants, v)
	}
	if err := a.explain(o, axes); err != nil {
		t.Fatal(err)
	}
	if c, _ := coefficientOf(t, a.Explained, "familiarity"); c.Title != "familiarity.gfree" || c.Beta.P == nil {
		t.Errorf("familiarity %+v", c)
	}
	if c, _ := coefficientOf(t, a.Explained, "signature"); c.Beta.P != nil {
		t.Errorf("signature %+v", c)
	}
}

// What was chosen with the scores stands against what it is with models re-paired, beside the regression of the others, and the
// correction counts it among them.
func TestSignaturesStandAgainstRepairedModels(t *testing.T) {
	o := many(12)
	axes := explained(o)
	axes[axis.Perplexity].Variants[0].Null = &axis.Null{N: 0, Missing: "no re-pairings were asked for"}
	a := &Analysis{Benchmarks: o.Benchmarks, Axes: axis.Names()}
	if err := a.explain(o, axes); err != nil {
		t.Fatal(err)
	}
	plain := a.Explained
	if c, _ := coefficientOf(t, plain, "signature"); c.Beta.P != nil || !strings.Contains(c.Untested, "no re-pairings") {
		t.Errorf("without a null: %+v", c)
	}
	// Signatures that copy the response: re-paired they copy it as well, but for those of the last study, which do not.
	for _, copies := range []bool{true, false} {
		rng := stats.Stream(6, "copies", 0)
		y := axes[axis.Performance].Variants[0].Overlap
		like := func(part float64) func(i, j int) float64 {
			return func(i, j int) float64 { v, _ := y.At(i, j); return part*v + rng.NormFloat64() }
		}
		v := &axes[axis.Perplexity].Variants[0]
		v.Overlap, v.Null = pairwise(o.Benchmarks, like(1)), &axis.Null{N: 99}
		for range v.Null.N {
			part := 0.0
			if copies {
				part = 1
			}
			m := pairwise(o.Benchmarks, like(part))
			for i := range o.Benchmarks {
				for j := range i + 1 {
					v.Null.Values = append(v.Null.Values, float32(m.Data[i*len(o.Benchmarks)+j]))
				}
			}
		}
		if err := a.explain(o, axes); err != nil {
			t.Fatal(err)
		}
		c, _ := coefficientOf(t, a.Explained, "signature")
		if c.Replaced != 99 || c.Untested != "" || c.TwoSided != nil || copies != (*c.Beta.P > 0.05) || c.T < 3 {
			t.Errorf("copies %v: %+v, p %v", copies, c, *c.Beta.P)
		}
		last := len(a.Explained.Holm) - 1
		if p := a.Explained.Holm[last]; p == nil || *p < *c.Beta.P {
			t.Errorf("copies %v: after correction %v", copies, p)
		}
		for k, c := range plain.Regression.Coefficients[:last] {
			if d := a.Explained.Regression.Coefficients[k]; d.T != c.T || *d.TwoSided != *c.TwoSided {
				t.Errorf("%s is not as without signatures: %+v, %+v", c.Name, d, c)
			}
		}
	}
}

// A benchmark that lacks an overlap leaves the regression, and is named; without scores there is none.
func TestBenchmarksThatCannotBeExplained(t *testing.T) {
	o := many(10)
	axes := explained(o)
	for i := range 10 {
		axes[axis.Neural].Variants[0].Overlap.SetMissingSym(3, i, "no items")
	}
	a := &Analysis{Benchmarks: o.Benchmarks, Axes: axis.Names()}
	if err := a.explain(o, axes); err != nil {
		t.Fatal(err)
	}
	if r := a.Explained.Regression; r.Benchmarks != 9 || len(a.Explained.Absent) != 1 || a.Explained.Absent[0].Benchmark != "d" {
		t.Errorf("%+v, absent %+v", r, a.Explained.Absent)
	}
	b := &Analysis{Benchmarks: o.Benchmarks, Axes: []string{axis.Semantic, axis.Neural}}
	delete(axes, axis.Performance)
	if err := b.explain(o, axes); err != nil || b.Explained != nil {
		t.Errorf("%+v, %v", b.Explained, err)
	}
	o.Lengths[2] = 0
	if slices.ContainsFunc(predictors(o, axes), func(x explanation) bool { return x.Name == "length" }) {
		t.Error("a benchmark without items has a length")
	}
}

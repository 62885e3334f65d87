package report_test

import (
	"fmt"
	"math"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/report"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

var names = []string{"sum.eq", "sum.story", "max.of", "max.story", "copy.a", "flip.b", "logic.c", "gram.d"}

// hostile is text that would act if it were not shown as text.
const hostile = `=1+1|<script>alert(1)</script>[x](javascript:y) @fig-map {{ /n/models }} [@wu2025] www.example.org "'&` +
	"`\n# h"

// wave is a smooth number in (-1, 1) that stands for any overlap.
func wave(a, b, k int) float64 {
	return 0.8 * math.Cos(0.9*float64(a-b)+0.3*float64(k)) * math.Cos(0.2*float64((a+b)*k))
}

func square(name string, labels []string, f func(a, b int) float64) *matrix.Labelled {
	m := matrix.NewSquare(name, "1", labels)
	for a := range labels {
		for b := range a + 1 {
			v := 1.0
			if a != b {
				v = f(b, a)
			}
			m.SetSym(a, b, v)
		}
	}
	return m
}

func variant(name, title string, labels []string, k int) axis.Variant {
	at := func(d float64) *matrix.Labelled {
		return square(title, labels, func(a, b int) float64 { return max(-1, min(1, wave(a, b, k)+d)) })
	}
	return axis.Variant{Name: name, Title: title, Method: "a formula with its source", Overlap: at(0), Lo: at(-0.2), Hi: at(0.2),
		Level: 0.95, N: 12, Unit: "models",
		Warnings: []string{"the " + name + " measure has a weakness"}}
}

// result is an axis over the benchmarks.
func result(name string, labels []string, k int) *axis.Result {
	r := &axis.Result{Axis: name, Benchmarks: labels, Warnings: []string{"the " + name + " axis is limited"}}
	switch name {
	case axis.Performance:
		r.Variants = []axis.Variant{variant("raw", "Spearman's correlation over models", labels, k),
			variant("gfree", "without the general factor", labels, k+1)}
		rel := matrix.New("reliability", "1", labels, []string{"raw"})
		for b := range labels {
			rel.Set(b, 0, 0.9-0.07*float64(b))
		}
		rel.SetMissing(len(labels)-1, 0, "fewer than two items are known")
		r.ByBenchmark = []axis.BenchmarkValue{{Name: "reliability", Title: "reliability", Method: "split halves", Values: rel}}
		r.Facts = []axis.Value{{Name: "power", Title: "smallest overlap flagged half of the time", Value: 0.71, N: 12,
			Method: "normal approximation"}}
	case axis.Perplexity:
		r.Variants = []axis.Variant{variant("disjoint.good", "disjoint signatures: pieces that good models find easy", labels, k),
			variant("good", "in sample, copies performance: pieces that good models find easy", labels, k+4)}
		for i := range r.Variants {
			r.Variants[i].Null = &axis.Null{Title: "re-paired", Method: "scores handed to other models", N: 19}
			for n := range 19 * len(labels) * (len(labels) + 1) / 2 {
				r.Variants[i].Null.Values = append(r.Variants[i].Null.Values, float32(wave(n, 2*n, k+i))/2)
			}
		}
		lo, hi := -0.31, 0.42
		for _, name := range []string{"copy", "level", "copy.disjoint", "level.disjoint"} {
			r.Facts = append(r.Facts, axis.Value{Name: name, Title: "c", Value: 0.9, N: 28},
				axis.Value{Name: name + ".repaired", Title: "n", Value: 0.05, Lo: &lo, Hi: &hi, N: 19})
		}
	default:
		r.Variants = []axis.Variant{variant("hidden", "hidden states of m12", labels, k)}
		r.Tests = []axis.Test{{Name: "low", Null: "no farther apart than the median pair", Method: "half-samples",
			P: square("p", labels, func(a, b int) float64 { return 0.5 }), N: 999}}
	}
	if name == axis.Neural {
		r.Facts = []axis.Value{{Name: "agreement.spearman", Title: "a", Value: 0.8, N: 12},
			{Name: "ceiling.lower.spearman", Title: "l", Value: 0.85, N: 12},
			{Name: "ceiling.upper.spearman", Title: "u", Value: 0.9, N: 12}}
	}
	return r
}

func interval(v, lo, hi float64, n int) stats.Estimate {
	return stats.NewEstimate(v, n, "a method").WithInterval(lo, hi, 0.95)
}

// sample is a study of the first n benchmarks on some axes, with everything that a report can show.
func sample(n int, axes ...string) report.Input {
	labels := names[:n]
	s := &study.Study{Name: "sample", Title: "A sample study", Authors: []string{"A. Author", "B. Author"}, Date: "2026-11-23",
		Seed: 7}
	a := &analysis.Analysis{Benchmarks: labels, Axes: axes, Correction: analysis.Correction{Q: 0.1, Method: "Benjamini-Yekutieli",
		Testable: map[string]int{}, Flagged: map[string]int{}}}
	in := report.Input{Study: s, Version: "0.1.0", Command: "sdmap run sample/study.toml", Analysis: a,
		Axes: map[string]*axis.Result{}}
	for i, id := range labels {
		a.Families, a.Formats = append(a.Families, []string{"desk", "tale", "quiz"}[i%3]),
			append(a.Formats, []string{"choice-4", "generate"}[i%2])
		s.Benchmarks = append(s.Benchmarks, study.Benchmark{ID: id, Task: study.Choice, Metric: "acc", Family: a.Families[i],
			Format: a.Formats[i]})
	}
	for i := range 12 {
		s.Models = append(s.Models, study.Model{ID: fmt.Sprintf("m%02d", i+1), Backend: "gguf",
			Path: fmt.Sprintf("models/m%02d.gguf", i+1), Lineage: fmt.Sprintf("l%d", i/2)})
	}
	for k, name := range axes {
		in.Axes[name] = result(name, labels, k)
	}
	for _, name := range axis.Names() {
		if in.Axes[name] == nil {
			a.Absent = append(a.Absent, analysis.Absent{Axis: name, Reason: "it was not computed in this study"})
		}
	}
	addOptions(s, in.Axes)
	addScores(&in, labels)
	addPairs(a, in.Axes)
	addAgreement(a)
	if len(axes) > 1 && n > 2 {
		addMap(a, labels)
	}
	addProvenance(&in)
	return in
}

func addOptions(s *study.Study, axes map[string]*axis.Result) {
	if axes[axis.Performance] != nil {
		s.Axes.Performance = &study.Performance{Splits: 100, Bootstrap: 1000, Permutations: 9999}
	}
	if axes[axis.Perplexity] != nil {
		s.Corpus = &study.Corpus{Source: "corpus.txt"}
		s.Axes.Perplexity = &study.Perplexity{Unit: "piece", Context: "stride", Before: 30, Standardise: "model", ResidualG: true,
			Ratio: 0.01, K: 50, Selectors: []string{"good"}, Splits: 20}
	}
	if axes[axis.Semantic] != nil {
		s.Axes.Semantic = &study.Semantic{Embeddings: []string{"hidden:m12", "tfidf"}, Text: "question", Dimensions: 64}
	}
	if axes[axis.Neural] != nil {
		s.Axes.Neural = &study.Neural{Models: []string{"m01", "m02"}, Measures: []string{"hidden"}}
	}
}

func addScores(in *report.Input, labels []string) {
	const m, items = 12, 4
	t := &axis.ScoreTable{Benchmarks: labels, Families: in.Analysis.Families, Formats: in.Analysis.Formats}
	for _, x := range in.Study.Models {
		t.Models, t.Lineages = append(t.Models, x.ID), append(t.Lineages, x.Lineage)
	}
	t.Score, t.SE = matrix.New("score", "1", t.Models, labels), matrix.New("standard error", "1", t.Models, labels)
	for b := range labels {
		t.Metrics, t.Chance, t.Constant = append(t.Metrics, "acc"), append(t.Chance, 0.25), append(t.Constant, 0.3)
		var ids []string
		scores := axis.Floats{}
		for i := range items {
			ids = append(ids, fmt.Sprintf("row-%d", i+1))
		}
		for i := range m {
			right := (i + b) % (items + 1)
			for k := range items {
				v := 0.0
				if k < right {
					v = 1
				}
				scores = append(scores, v)
			}
			t.Score.Set(i, b, float64(right)/items)
			t.SE.Set(i, b, 0.2)
		}
		t.Items, t.ItemScores, t.ItemChance = append(t.Items, ids), append(t.ItemScores, scores),
			append(t.ItemChance, axis.Floats{0.25, 0.25, 0.25, 0.25})
		for _, f := range []*[][]int{&t.Ties, &t.Equal, &t.Straddled, &t.Truncated} {
			*f = append(*f, make([]int, m))
		}
		t.Skipped = append(t.Skipped, 0)
	}
	t.Ties[0][0] = 2
	in.Scores = t
}

func addPairs(a *analysis.Analysis, axes map[string]*axis.Result) {
	for i := range a.Benchmarks {
		for j := i + 1; j < len(a.Benchmarks); j++ {
			p := analysis.Pair{A: i, B: j, Overlaps: map[string]stats.Estimate{}, Tests: map[string]float64{}}
			for _, name := range a.Axes {
				for _, v := range axes[name].Variants {
					x, _ := v.Overlap.At(i, j)
					lo, _ := v.Lo.At(i, j)
					hi, _ := v.Hi.At(i, j)
					switch v.Name {
					case axes[name].Primary().Name:
						p.Overlaps[name] = interval(x, lo, hi, 12)
					case "gfree":
						p.Overlaps[name+".gfree"] = interval(x, lo, hi, 12)
					}
				}
			}
			a.Pairs = append(a.Pairs, p)
		}
	}
	a.Correction.Pairs = len(a.Pairs)
	if axes[axis.Performance] != nil {
		f := axes[axis.Performance].Facts[0]
		a.Power = &f
	}
}

// repairings are what a number is with models re-paired.
func repairings(around float64) []float64 {
	var out []float64
	for r := range 19 {
		out = append(out, around+0.01*float64(r))
	}
	return out
}

func addAgreement(a *analysis.Analysis) {
	for i, x := range a.Axes {
		for _, y := range a.Axes[i+1:] {
			e := stats.NewEstimate(0.4, len(a.Benchmarks), "RV").WithNull(0.2)
			g := analysis.Agreement{A: x, B: y, RV: e, Adjusted: stats.NewEstimate(0.25, len(a.Benchmarks), "adjusted RV"),
				Pearson: e, Spearman: e, Tested: true, Perms: 9999}
			switch {
			case x == axis.Perplexity && y == axis.Neural:
				g.Tested, g.Why = false, "signatures are chosen with the models' scores"
			case x == axis.Perplexity || y == axis.Perplexity:
				g.Repaired, g.Adjusted = 19, g.Adjusted.Against(repairings(-0.1))
				g.Pearson, g.Spearman = e.Against(repairings(0.2)), e.Against(repairings(0.3))
			default:
				g.Adjusted, g.Pearson, g.Spearman = g.Adjusted.WithP(0.004), e.WithP(0.01), e.WithP(0.02)
			}
			if len(a.Benchmarks) < 4 {
				none := stats.MissingEstimate("only 3 benchmarks are complete on both axes; four are needed", 3, "RV, Mantel")
				g.RV, g.Adjusted, g.Pearson, g.Spearman, g.Tested, g.Why = none, none, none, none, false, none.Missing
			}
			a.Agreement = append(a.Agreement, g)
		}
	}
}

func addMap(a *analysis.Analysis, labels []string) {
	m := &analysis.Map{Benchmarks: labels, Axes: a.Axes, Inertia: []float64{0.5, 0.3, 0.2}, Dims: 2, Replicates: 100}
	for k, name := range a.Axes {
		m.Alpha, m.Negative = append(m.Alpha, 1/float64(len(a.Axes))), append(m.Negative, 0.01)
		panel := analysis.Panel{Axis: name, Stress: 0.1}
		for i := range m.Benchmarks {
			panel.Points = append(panel.Points, [2]float64{float64(i) / 10, float64(i*i%7) / 10})
		}
		m.Panels = append(m.Panels, panel)
		if name == axis.Perplexity {
			m.WeightNull = map[string]stats.Estimate{name: stats.NewEstimate(m.Alpha[k], len(labels),
				"weight").Against(repairings(0.1))}
		}
		var rv []float64
		var far [][]float64
		for l := range a.Axes {
			rv = append(rv, 1-0.2*math.Abs(float64(k-l)))
		}
		for b := range labels {
			far = append(far, []float64{wave(b, 0, k), wave(b, 1, k), 0})
		}
		m.RV, m.Satellites = append(m.RV, rv), append(m.Satellites, far)
	}
	for b := range labels {
		m.Points = append(m.Points, []float64{wave(b, 2, 1), wave(b, 3, 1), 0})
		m.Ellipses = append(m.Ellipses, analysis.Ellipse{Level: 0.95, Outline: [][2]float64{{0, 0}, {0.1, 0}, {0, 0.1}, {0, 0}}})
		d := analysis.Disagreement{Benchmark: b, Value: stats.NewEstimate(0.1-0.02*float64(b), len(a.Axes),
			"delta").WithInterval(0.05-0.02*float64(b), 0.2, 0.9), ByAxis: map[string]float64{}, TopThree: 0.5}
		for _, name := range a.Axes {
			d.ByAxis[name] = 1 / float64(len(a.Axes))
		}
		a.Disagreement = append(a.Disagreement, d)
		a.Order = append([]int{b}, a.Order...)
	}
	a.Map = m
	free := *m
	a.MapGFree = &free
}

func addProvenance(in *report.Input) {
	for _, m := range in.Study.Models {
		in.Models = append(in.Models, report.Model{ID: m.ID, Path: m.Path, Lineage: m.Lineage, Engine: "embedded",
			Digest: "sha256:0123456789abcdef" + m.ID})
		for _, b := range in.Study.Benchmarks {
			in.Actions = append(in.Actions, report.Action{Kind: "performance/replies", Version: 1, Subject: m.ID + " on " + b.ID,
				Model: m.ID, Benchmark: b.ID, ActionID: "sha256:aa" + m.ID, Output: "sha256:bb" + m.ID + b.ID})
		}
	}
	in.Actions = append(in.Actions, report.Action{Kind: "analysis/compare", Version: 1, Subject: "all axes",
		ActionID: "sha256:0011223344556677", Output: "sha256:8899aabbccddeeff"})
	in.Data = []report.DataFile{{Path: "benchmarks/sum.eq.jsonl", Use: "benchmark sum.eq", Digest: "sha256:feedfacefeedface"}}
}

// addExplained gives a regression with a predictor that goes with the overlap, one against it, one that is not shown to, one that
// was chosen with the scores and one that is constant.
func addExplained(a *analysis.Analysis) {
	p := func(v float64) *float64 { return &v }
	beta := func(v float64) stats.Estimate { return interval(v, v, v, 8).WithP(0.01) }
	e := &analysis.Explained{Response: "performance.gfree", R2: interval(0.5, 0.4, 0.6, 12),
		Holm: []*float64{p(0.001), p(0.01), p(0.4), nil, p(0.04)}, Redrawn: []string{"neural"},
		Absent: []analysis.Absent{{Benchmark: "gram.d", Reason: "no items"}}}
	e.Regression = stats.Regression{R2: 0.5, Shared: 0.1, Benchmarks: 7, Pairs: 21, Permutations: 999,
		Coefficients: []stats.Coefficient{
			{Name: "neural", Title: "neural likeness", Beta: beta(0.4), T: 3, TwoSided: p(0.001), NullLo: -2, NullHi: 2,
				Unique: 0.2},
			{Name: "vocabulary", Title: "words", Beta: beta(-0.2), T: -3, TwoSided: p(0.002), NullLo: -2, NullHi: 2, Unique: 0.1},
			{Name: "family", Title: "same family", Beta: beta(0.1), T: 1, TwoSided: p(0.2), NullLo: -2, NullHi: 2},
			{Name: "format", Title: "same format", Beta: stats.MissingEstimate("it is constant", 8, "")},
			{Name: "signature", Title: "signatures", Beta: beta(0.6), T: 9, NullLo: 2, NullHi: 7, NullMid: 4, Replaced: 199}}}
	within := e.Regression
	e.Within = &within
	for _, c := range e.Regression.Coefficients {
		u := stats.NewEstimate(c.Unique, 12, "")
		if !c.Beta.OK() {
			u = stats.MissingEstimate(c.Beta.Missing, 12, "")
		}
		e.Unique = append(e.Unique, u)
	}
	a.Explained = e
}

// flag gives a pair a label.
func flag(a *analysis.Analysis, pair int, label string) {
	a.Pairs[pair].Flags = append(a.Pairs[pair].Flags, analysis.Flag{Label: label, P: 0.0001, BY: 0.01, BH: 0.002, Flagged: true})
	a.Correction.Testable[label], a.Correction.Flagged[label] = len(a.Pairs), a.Correction.Flagged[label]+1
}

func signatures(labels []string, piece string) *perplexity.Report {
	r := &perplexity.Report{Selector: "good", K: 2, Pieces: 9000, Documents: 40, Models: 12}
	for _, b := range labels {
		r.Of = append(r.Of, perplexity.Signature{Benchmark: b, Stability: perplexity.Stability{Jaccard: 0.25, Halves: 0.6,
			Splits: 20},
			Domains: []perplexity.Domain{{Name: "news", Pieces: 2, Share: 1, Expected: 0.3}},
			Pieces: []perplexity.Salient{{Document: "d1", Domain: "news", Before: "the cat", Text: piece, After: "on the mat",
				Sign: -1, Gamma: -200, Rho: -0.7, Weight: 1}}})
	}
	r.Of[len(r.Of)-1] = perplexity.Signature{Benchmark: labels[len(labels)-1], Missing: "its scores are the same for every model"}
	return r
}

// full is a study with everything: four axes, flags, alarms, truth, signatures, layers.
func full() report.Input {
	in := sample(8, axis.Names()...)
	a := in.Analysis
	flag(a, 2, analysis.OverlapWithoutKinship)
	flag(a, 5, analysis.LikenessWithoutKinship)
	a.Alarms = []axis.Alarm{{Kind: "chance", Benchmark: "gram.d", Text: "No model is above chance (0.250) on gram.d.",
		Advice: "Drop it.", Blocks: true}}
	a.Findings = findings(a)
	in.Signatures = signatures(names, "sat")
	in.Corpus = &report.Corpus{Documents: 40, Pieces: 10000}
	in.Neural = &neural.Detail{Models: []string{"m01", "m02"}, Layers: []*matrix.Labelled{in.Axes[axis.Neural].Primary().Overlap,
		in.Axes[axis.Neural].Primary().Overlap}}
	in.Skipped = []report.SkippedRow{{File: "benchmarks/sum.eq.jsonl", Line: 3, Reason: "no answer"}}
	a.Recovery = &analysis.Recovery{Source: "truth.toml", Shuffle: interval(0.5, 0.3, 0.7, 8),
		AUC: []analysis.AUC{{Axis: axis.Performance, Variant: "raw", Title: "raw", Target: "skill",
			Value: interval(0.9, 0.8, 0.97, 8), Positive: 4, Negative: 20},
			{Axis: axis.Perplexity, Variant: "disjoint.good", Title: "disjoint signatures", Target: "skill",
				Value: interval(0.8, 0.6, 0.9, 8).Against(repairings(0.4)), Repaired: len(repairings(0.4)), Positive: 4,
				Negative: 20},
			{Axis: axis.Semantic, Variant: "tfidf", Title: "bag of words", Target: "skill", Baseline: true,
				Value: interval(0.6, 0.4, 0.8, 8), Positive: 4, Negative: 20},
			{Axis: axis.Semantic, Variant: "hidden", Title: "hidden", Target: "surface",
				Value: stats.MissingEstimate("no pair of one surface", 8, "AUC")}},
		Kinds: []analysis.KindRecovery{{Kind: "4: two skills that share one exposure", Expected: analysis.OverlapWithoutKinship,
			Pairs: 2, Given: 1,
			Details: []analysis.PlantedPair{{A: "sum.eq", B: "max.of", Name: "fused", Expected: analysis.OverlapWithoutKinship,
				Got: []string{analysis.OverlapWithoutKinship}}}}},
		Wrong:  []analysis.WrongFlag{{A: "sum.eq", B: "flip.b", Label: analysis.LikenessWithoutKinship, Truth: "none"}},
		Listed: 3, Implied: 20}
	return in
}

// findings are one of every kind.
func findings(a *analysis.Analysis) []analysis.Finding {
	n := func(name string, e stats.Estimate) analysis.Number {
		return analysis.Number{Name: name, Title: name, Estimate: e}
	}
	pair := []analysis.Number{n("performance", interval(0.8, 0.6, 0.9, 12)), n("performance.gfree", interval(0.7, 0.4, 0.9, 12)),
		n("semantic", interval(0.05, -0.1, 0.2, 12)), n("neural", interval(0.1, -0.1, 0.3, 12))}
	return []analysis.Finding{
		{ID: "finding-general-factor", Kind: analysis.KindGeneral,
			Numbers: []analysis.Number{n("share", stats.NewEstimate(0.6, 12, ""))}},
		{ID: "finding-overlap-without-kinship", Kind: analysis.OverlapWithoutKinship, Benchmarks: []string{"sum.eq", "max.story"},
			Numbers: pair, Count: 1},
		{ID: "finding-likeness-without-kinship", Kind: analysis.LikenessWithoutKinship, Benchmarks: []string{"sum.eq", "logic.c"},
			Numbers: pair, Count: 1},
		{ID: "finding-disagreement", Kind: analysis.KindDisagreement, Benchmarks: []string{"sum.eq"}, Axes: a.Axes[:1],
			Numbers: []analysis.Number{n("delta", interval(0.1, 0.05, 0.2, 4)), n("topthree", stats.NewEstimate(0.5, 100, "")),
				n("share", stats.NewEstimate(0.25, 4, ""))}},
		{ID: "finding-agreement", Kind: analysis.KindAgreement, Axes: a.Axes[:2],
			Numbers: []analysis.Number{n("adjusted", stats.NewEstimate(0.25, 8, "").WithP(0.004))}},
		{ID: "finding-alarm-chance", Kind: analysis.KindAlarm, Benchmarks: []string{"gram.d"}, Count: 1,
			Alarm: &axis.Alarm{Kind: "chance", Text: "No model is above chance.", Advice: "Drop it."}},
		{ID: "finding-alarm-ceiling", Kind: analysis.KindAlarm, Benchmarks: []string{"gram.d"}, Count: 1,
			Alarm: &axis.Alarm{Kind: "ceiling", Text: "All score 1.", Advice: "Add harder items."}},
		{ID: "finding-alarm-truncated", Kind: analysis.KindAlarm, Benchmarks: []string{"gram.d"}, Count: 1,
			Alarm: &axis.Alarm{Kind: "truncated", Text: "Prompts were cut.", Advice: "Use fewer examples."}},
	}
}

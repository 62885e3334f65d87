package analysis

import (
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// The parts of the label exposure-driven that no axis has alone.
const (
	familiar      = axis.Perplexity + "." + perplexity.HighFamiliarity
	beyondWording = axis.Perplexity + ".beyond wording"
)

// fewestOnLine is the least number of pairs to which the line of familiarity over wording is fitted.
const fewestOnLine = 10

// addBeyondWording asks of every pair whether models are more alike in their familiarity with both benchmarks than benchmarks of
// their wording are in this study.
//
// Two benchmarks that are worded alike are familiar alike, whatever models met. So the familiarity overlap without the general
// factor is regressed, over all pairs, on the overlap of their bags of words. H0: the pair's overlap is at most the line there; p
// = Phi((atanh(line) - atanh(r))/SE), SE from the interval over half-samples of models, or 1/sqrt(m - 4) where that is larger.
// Pairs with a shared exposure are on the line too and pull it towards themselves, which makes the test the stricter.
func (a *Analysis) addBeyondWording(axes map[string]*axis.Result) {
	v, words := axes[axis.Perplexity].Variant(perplexity.FamiliarityGFree), axes[axis.Semantic].Variant(lexical)
	if v == nil || words == nil {
		return
	}
	line, ok := a.lineOver(words.Overlap, v.Overlap)
	if !ok {
		return
	}
	for i := range a.Pairs {
		x, y := a.Benchmarks[a.Pairs[i].A], a.Benchmarks[a.Pairs[i].B]
		r, okR := at(v.Overlap, x, y)
		w, okW := at(words.Overlap, x, y)
		se, okSE := errorOf(v, a.Pairs[i].A, a.Pairs[i].B, x, y)
		if okR && okW && okSE {
			a.Pairs[i].Tests[beyondWording] = stats.NormalUpperTail((fisher(r) - fisher(line(w))) / se)
		}
	}
}

// lineOver is the least-squares line of one overlap over another, over the pairs that have both.
func (a *Analysis) lineOver(x, y *matrix.Labelled) (line func(float64) float64, ok bool) {
	var n, sx, sy, sxx, sxy float64
	for _, p := range a.Pairs {
		v, okX := at(x, a.Benchmarks[p.A], a.Benchmarks[p.B])
		w, okY := at(y, a.Benchmarks[p.A], a.Benchmarks[p.B])
		if okX && okY {
			n, sx, sy, sxx, sxy = n+1, sx+v, sy+w, sxx+v*v, sxy+v*w
		}
	}
	if n < fewestOnLine {
		return nil, false
	}
	slope := 0.0
	if spread := sxx - sx*sx/n; spread > 1e-12*sxx {
		slope = (sxy - sx*sy/n) / spread
	}
	return func(v float64) float64 { return (sy + slope*(n*v-sx)) / n }, true
}

// errorOf is the standard error of atanh of a pair's overlap.
func errorOf(v *axis.Variant, i, j int, x, y string) (float64, bool) {
	least, ok := performance.StandardError(v.NOf(i, j))
	lo, okLo := at(v.Lo, x, y)
	hi, okHi := at(v.Hi, x, y)
	if !ok || !okLo || !okHi {
		return 0, false
	}
	return math.Max(least, (fisher(hi)-fisher(lo))/(2*stats.NormalQuantile((1+v.Level)/2))), true
}

// fisher is atanh, kept finite.
func fisher(r float64) float64 { return math.Atanh(math.Max(-1+1e-12, math.Min(1-1e-12, r))) }

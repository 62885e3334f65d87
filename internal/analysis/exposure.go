package analysis

import (
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// Parts of the label exposure-driven.
const (
	familiar         = axis.Perplexity + "." + perplexity.HighFamiliarity
	beyondWording    = axis.Perplexity + ".beyond wording"
	unlikeProcessing = axis.Neural + ".low"
)

// fewestOnLine is the least number of pairs to which the line of familiarity over wording is fitted.
const fewestOnLine = 10

// addBeyondWording asks of every pair whether models are more alike in their familiarity with both benchmarks than benchmarks of
// their wording are in this study.
//
// Two benchmarks that are worded alike are familiar alike, whatever models met. So the familiarity overlap without the general
// factor is regressed, over all pairs, on the overlap of their bags of words. H0: the pair's overlap is at most the line there; p
// = Phi((atanh(line) - atanh(r))/SE), SE = 1/sqrt(m - 4) with m the lineages, as the permutations behind the test of high
// familiarity have it where every model is a lineage of its own. Pairs with a shared exposure are on the line too and pull it
// towards themselves, which makes the test the stricter.
func (a *Analysis) addBeyondWording(axes map[string]*axis.Result) {
	v, words := axes[axis.Perplexity].Variant(perplexity.FamiliarityGFree), axes[axis.Semantic].Variant(lexical)
	units := factOf(axes[axis.Perplexity], perplexity.FactLineages)
	if v == nil || words == nil || units == nil {
		return
	}
	se, enough := performance.StandardError(int(units.Value))
	line, ok := a.lineOver(words.Overlap, v.Overlap)
	if !ok || !enough {
		return
	}
	for i := range a.Pairs {
		x, y := a.Benchmarks[a.Pairs[i].A], a.Benchmarks[a.Pairs[i].B]
		r, okR := at(v.Overlap, x, y)
		w, okW := at(words.Overlap, x, y)
		if okR && okW {
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

// fisher is atanh, kept finite.
func fisher(r float64) float64 { return math.Atanh(math.Max(-1+1e-12, math.Min(1-1e-12, r))) }

package report

import (
	"fmt"
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/wording"
)

// reach says of the planted pairs that lack a label how far their overlap of scores is from what such a label takes; empty where
// none is missed, or the study has no such overlap.
func (s recoverySection) reach() string {
	text := ""
	if high := s.missed(analysis.OverlapWithoutKinship, analysis.ExposureDriven); s.a.Power != nil && high.pairs > 0 {
		text = fmt.Sprintf("Without any label for the shared exposure that was planted: %s, %s of them with an overlap below %s "+
			"without the general factor, where half would pass the performance part with %s (@tab-power).%s",
			count(high.pairs, "pair"), spelt(high.below(s.a.Power.Value)), two(s.a.Power.Value), count(s.a.Power.N, "model"),
			high.blockedToo())
	}
	if low := s.missed(analysis.KinshipWithoutOverlap); low.pairs > 0 {
		if text != "" {
			text += " "
		}
		text += fmt.Sprintf("Without the label kinship without overlap: %s; the overlap without the general factor is %s on "+
			"average, where the label takes one that is shown to lie below %s.%s", count(low.pairs, "pair"), two(low.mean()),
			wording.Number(performance.Delta), low.blockedToo())
	}
	return text
}

// shortfall is the planted pairs that lack a label, and what their scores overlap by without the general factor.
type shortfall struct {
	pairs, blocked int // those that an alarm kept from every label apart
	overlaps       []float64
}

// missed gathers the pairs that were to get one of the labels and got none of them, each once.
func (s recoverySection) missed(labels ...string) (out shortfall) {
	seen := map[[2]string]bool{}
	for _, k := range s.r.Kinds {
		for _, p := range k.Details {
			given := slices.ContainsFunc(labels, func(l string) bool { return slices.Contains(p.Got, l) })
			if !slices.Contains(labels, p.Expected) || given || seen[[2]string{p.A, p.B}] {
				continue
			}
			seen[[2]string{p.A, p.B}] = true
			_, free, _ := s.overlaps(p.A, p.B)
			switch {
			case p.Blocked != "":
				out.blocked++
			case free.OK():
				out.pairs, out.overlaps = out.pairs+1, append(out.overlaps, free.Value)
			}
		}
	}
	return out
}

func (f shortfall) below(bound float64) (n int) {
	for _, v := range f.overlaps {
		if v < bound {
			n++
		}
	}
	return n
}

func (f shortfall) mean() float64 {
	sum := 0.0
	for _, v := range f.overlaps {
		sum += v
	}
	return sum / float64(len(f.overlaps))
}

func (f shortfall) blockedToo() string {
	switch f.blocked {
	case 0:
		return ""
	case 1:
		return " One more is kept from labels by an alarm."
	}
	return " " + capital(spelt(f.blocked)) + " more are kept from labels by an alarm."
}

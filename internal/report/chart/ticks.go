package chart

import (
	"math"
	"strconv"
)

// tick is a mark on an axis; one without a label is half as long.
type tick struct {
	at    float64
	label string
}

// The search for labels: round steps first, about wantedTicks of them, none outside the axis. Weights and steps are those of
// Talbot, Lin and Hanrahan (2010), "An extension of Wilkinson's algorithm for positioning tick labels on axes".
const (
	wantedTicks   = 3
	weighSimple   = 0.25
	weighCoverage = 0.2
	weighDensity  = 0.5
	weighLegible  = 0.05
	epsilon       = 1.0 / (1 << 52)
	largestPower  = 309 // of ten in a float64
)

var roundSteps = []float64{1, 5, 2, 2.5, 4, 3}

// labelling is n labels from a value on, multiple * 10^power apart. round is the one of roundSteps that multiple is made of; it
// is 0 where none served, and then multiple alone is the step.
type labelling struct {
	n                     int
	from, multiple, round float64
	power                 int
	score                 float64
}

func (l labelling) values(step float64) []float64 {
	out := make([]float64, l.n)
	for i := range out {
		out[i] = l.from + float64(i)*step
	}
	return out
}

// ticksOf are the marks of an axis from lo to hi, lo < hi: labelled ones, and smaller ones between.
func ticksOf(lo, hi float64) []tick {
	l := labels(lo, hi)
	step := l.multiple
	if l.round != 0 {
		step *= math.Pow10(l.power)
	}
	values := l.values(step)
	out := make([]tick, len(values))
	for i, v := range values {
		out[i] = tick{v, l.print(v)}
	}
	minor := step / 2
	switch l.multiple {
	case 1, 2.5:
		minor = step / 5
	case 2, 3, 4, 5:
		minor = step / l.multiple
	default:
		if minor < epsilon {
			return out
		}
	}
	return between(out, values[0], minor, lo, hi)
}

// print writes a label with as many digits as the step between labels needs.
func (l labelling) print(v float64) string {
	format, digits := byte('f'), 0
	if l.power < -1 || l.power > 6 {
		format, digits = 'g', 1
	}
	if math.Trunc(l.round) != l.round {
		digits += 2
	}
	return strconv.FormatFloat(v, format, min(6, max(digits, -l.power)), 64)
}

// between adds the smaller marks, minor apart, where no labelled one stands.
func between(out []tick, first, minor, lo, hi float64) []tick {
	labelled := out
	var i float64
	for first+(i-1)*minor > lo {
		i--
	}
	for ; first+i*minor <= hi; i++ {
		v := first + i*minor
		taken := false
		for _, t := range labelled {
			taken = taken || math.Abs(t.at-v) < minor/2
		}
		if !taken {
			out = append(out, tick{at: v})
		}
	}
	return out
}

// labels finds the labelling of the highest score. What is left of the search is cut off by what it could reach at best.
func labels(lo, hi float64) labelling {
	best := labelling{score: -2}
	if hi-lo < 100*epsilon {
		return even(lo, hi)
	}
	for skip := 1.0; ; skip++ {
		for rank, round := range roundSteps {
			simple := simplicity(rank, skip) + 1
			if score(simple, 1, 1) < best.score {
				if best.n == 0 {
					return even(lo, hi)
				}
				return best
			}
			for n := 2; score(simple, 1, densityAtBest(n)) >= best.score; n++ {
				best = best.against(rank, skip, round, n, lo, hi)
			}
		}
	}
}

// even is what is left where no round labels are found.
func even(lo, hi float64) labelling {
	power := math.Min(math.Floor(math.Log10(math.Abs(lo))), math.Floor(math.Log10(math.Abs(hi))))
	return labelling{n: wantedTicks, from: lo, multiple: (hi - lo) / (wantedTicks - 1), power: int(power)}
}

// against tries all labellings of n labels with one step and keeps the best.
func (best labelling) against(rank int, skip, round float64, n int, lo, hi float64) labelling {
	spans := float64(n - 1)
	delta := (hi - lo) / float64(n+1) / skip / round
	for power := int(math.Ceil(math.Log10(delta))); power < largestPower; power++ {
		step := skip * round * math.Pow10(power)
		if score(simplicity(rank, skip)+1, coverageAtBest(lo, hi, step*spans), densityAtBest(n)) < best.score {
			break
		}
		last := math.Ceil(hi/step) * skip
		for start := (math.Floor(hi/step) - spans) * skip; start <= last && start != start-1; start++ {
			from := start * (step / skip)
			to := from + step*spans
			if from < lo || hi < to {
				continue
			}
			simple := simplicity(rank, skip)
			if rest := math.Mod(from, step); (rest < 100*epsilon || step-rest < 100*epsilon) && from <= 0 && 0 <= to {
				simple++ // 0 is among the labels
			}
			if s := score(simple, coverage(lo, hi, from, to), density(n, lo, hi, from, to)); s > best.score {
				best = labelling{n: n, from: from, multiple: skip * round, round: round, power: power, score: s}
			}
		}
	}
	return best
}

func score(simple, covered, dense float64) float64 {
	return weighSimple*simple + weighCoverage*covered + weighDensity*dense + weighLegible*1
}

// simplicity prefers the first of the round steps and few of them skipped.
func simplicity(rank int, skip float64) float64 {
	return 1 - float64(rank)/(float64(len(roundSteps))-1) - skip
}

// coverage prefers labels that reach the ends of the axis.
func coverage(lo, hi, from, to float64) float64 {
	r := 0.1 * (hi - lo)
	above, below := hi-to, lo-from
	return 1 - 0.5*(above*above+below*below)/(r*r)
}

func coverageAtBest(lo, hi, span float64) float64 {
	r := hi - lo
	if span <= r {
		return 1
	}
	h := 0.5 * (span - r)
	r *= 0.1
	return 1 - (h*h)/(r*r)
}

// density prefers wantedTicks labels over the length of the axis.
func density(n int, lo, hi, from, to float64) float64 {
	dense := float64(n-1) / (to - from)
	wanted := float64(wantedTicks-1) / (math.Max(to, hi) - math.Min(lo, from))
	if d := dense / wanted; d >= 1 {
		return 2 - d
	}
	return 2 - wanted/dense
}

func densityAtBest(n int) float64 {
	if n < wantedTicks {
		return 1
	}
	return 2 - float64(n-1)/float64(wantedTicks-1)
}

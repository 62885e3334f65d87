package semantic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// fewestWordings is the least number of wordings from which an interval speaks of other wordings, see TestIntervalsCover. Of
// fewer it keeps them, redraws their items and is of items only.
const fewestWordings = 3

// sampled is what a block's interval takes as drawn: each of its items, its wordings with all their items, or items within
// wordings that are too few to be drawn.
type sampled int

const (
	byItem sampled = iota
	byWordings
	itemsOnly
)

func (s *space) sampled(k int) sampled {
	switch n := s.wordings(k); {
	case n == s.size(k):
		return byItem
	case n < fewestWordings:
		return itemsOnly
	default:
		return byWordings
	}
}

// interval gives the bounds of each pair, or none where there are too few replicates. Where both benchmarks' wordings can be
// taken as drawn and one of them has items in common wordings, it is the jackknife's; else percentiles of half-samples of the
// items.
func (m *measurement) interval(c comparison, cell func(k, l int) (float64, error)) (lo, hi *matrix.Labelled) {
	if m.p.Replicates < axis.FewestForSpread {
		return nil, nil
	}
	var jack *jackknife
	for k := range m.s.present {
		if jack == nil && m.s.sampled(k) == byWordings {
			jack = newJackknife(m.s, m.c.pairs(c.on))
		}
	}
	bound := func(upper bool) *matrix.Labelled {
		return m.s.symmetric(c.quantity, "1", func(k, l int) (float64, error) {
			value, err := cell(k, l)
			if err != nil {
				return 0, err
			}
			low, high, err := m.bounds(c, jack, value, k, l)
			if upper {
				return high, err
			}
			return low, err
		})
	}
	return bound(false), bound(true)
}

func (m *measurement) bounds(c comparison, jack *jackknife, value float64, k, l int) (lo, hi float64, err error) {
	a, b := m.s.sampled(k), m.s.sampled(l)
	if k == l || a == itemsOnly || b == itemsOnly || a == byItem && b == byItem {
		blocks := len(m.s.present)
		return stats.PercentileInterval(axis.Finite(m.replicates[c.suffix], blocks*blocks, k*blocks+l), level)
	}
	half, err := jack.margin(c.between, k, l)
	lo, hi = value-half, value+half
	if c.suffix == overlap {
		lo, hi = stats.Clip(lo), stats.Clip(hi)
	}
	return lo, hi, err
}

// jackknife leaves out one wording at a time (or one item, of a benchmark whose items share none).
type jackknife struct {
	s     *space
	units [][][]int // by block and unit: its rows
	inner []*inner
	rows  []float64 // items x K: sums of the quantity over each block, without i = j
	total []float64 // K x K: the same over both blocks
}

func newJackknife(s *space, pairwise []float64) *jackknife {
	blocks, n := len(s.present), s.items()
	j := &jackknife{s: s, units: make([][][]int, blocks), inner: make([]*inner, blocks), rows: make([]float64, n*blocks),
		total: make([]float64, blocks*blocks)}
	for k := range blocks {
		j.units[k] = s.byWording(k)
		if len(j.units[k]) < s.size(k) {
			j.inner[k] = newInner(pairwise, s, k, j.units[k])
		}
	}
	for k := range blocks {
		for i := s.offsets[k]; i < s.offsets[k+1]; i++ {
			for l := range blocks {
				for o := s.offsets[l]; o < s.offsets[l+1]; o++ {
					if o != i {
						j.rows[i*blocks+l] += pairwise[i*n+o]
					}
				}
				j.total[k*blocks+l] += j.rows[i*blocks+l]
			}
		}
	}
	return j
}

// margin is half the width of the interval of blocks k and l: the standard error of the delete-one jackknife, added up over both
// (Efron & Stein 1981), times the quantile of Student's t with Welch's degrees of freedom.
func (j *jackknife) margin(of statistic, k, l int) (float64, error) {
	va, err := j.variance(of, k, l)
	if err != nil {
		return 0, err
	}
	vb, err := j.variance(of, l, k)
	if err != nil || va+vb == 0 {
		return 0, err
	}
	a, b := float64(len(j.units[k])-1), float64(len(j.units[l])-1)
	t := distuv.StudentsT{Sigma: 1, Nu: (va + vb) * (va + vb) / (va*va/a + vb*vb/b)}
	return t.Quantile((1+level)/2) * math.Sqrt(va+vb), nil
}

// variance is the jackknife's, of the units of block k, in a statistic of blocks k and l.
func (j *jackknife) variance(of statistic, k, l int) (float64, error) {
	full := j.without(k, l, nil)
	var values []float64
	for _, unit := range j.units[k] {
		means := [4]float64{full[0], full[1], full[2], full[3]}
		less := j.without(k, l, unit)
		means[0], means[1], means[2] = less[0], less[1], less[2]
		v, err := of(means[:], 2, 0, 1)
		if err != nil {
			return 0, err
		}
		values = append(values, v)
	}
	_, se, err := stats.MeanSE(values)
	n := float64(len(values))
	return se * se * (n - 1) * (n - 1), err
}

// without are the block means of blocks k and l, 2 x 2, when some rows of block k are left out.
func (j *jackknife) without(k, l int, rows []int) [4]float64 {
	blocks := len(j.s.present)
	self, cross := j.self(k, rows), j.total[k*blocks+l]
	for _, i := range rows {
		cross -= j.rows[(j.s.offsets[k]+i)*blocks+l]
	}
	cross /= float64((j.s.size(k) - len(rows)) * j.s.size(l))
	return [4]float64{self, cross, cross, j.self(l, nil)}
}

// self is the mean within block k when the rows of one unit are left out; pairs of one wording keep their share.
func (j *jackknife) self(k int, rows []int) float64 {
	blocks, n := len(j.s.present), j.s.size(k)
	sum := j.total[k*blocks+k]
	for _, i := range rows {
		sum -= 2 * j.rows[(j.s.offsets[k]+i)*blocks+k]
		if in := j.inner[k]; in != nil {
			sum += in.sums[i]
		}
	}
	left := n - len(rows)
	return j.inner[k].without(rows, sum/float64(left*(left-1)), left)
}

// pairsOfItemsOnly marks the pairs of benchmarks, B x B row by row, whose intervals are of other items of the same wordings.
// It is nil where there are none.
func (s *space) pairsOfItemsOnly() []bool {
	only, some := make([]bool, len(s.benchmarks)*len(s.benchmarks)), false
	for k, a := range s.present {
		for l, b := range s.present {
			if s.sampled(k) == itemsOnly || s.sampled(l) == itemsOnly {
				only[a*len(s.benchmarks)+b], some = true, true
			}
		}
	}
	if !some {
		return nil
	}
	return only
}

// warnOfWordings says of the newest variant which of its intervals say nothing of other wordings.
func (m *measurement) warnOfWordings() {
	few := 0
	for k := range m.s.present {
		if m.s.sampled(k) == itemsOnly {
			few++
		}
	}
	if v := &m.out.Variants[len(m.out.Variants)-1]; few > 0 && v.Lo != nil {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%s of %d have fewer than %s wordings: intervals of pairs with them are of "+
			"items only, and other wordings may give other overlaps", wording.Count(few, "benchmark"), len(m.s.present),
			wording.Spelt(fewestWordings)))
	}
}

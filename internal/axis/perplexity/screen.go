package perplexity

import (
	"math"

	"sdmap/internal/simd"
)

// screening holds, for one set of pieces, the tails that a selector may choose from.
type screening struct {
	targets   []target
	pieces    int    // in the set
	good, bad []tail // B: of most negative and of most positive gamma
}

// reach is how many pieces of each tail are wanted.
type reach struct{ good, bad int }

// screener computes gamma = R'V, R the centred ranks (m x d) of pieces over the models, V the targets (m x B), and keeps the
// tails. With plain targets gamma_t = sum over pairs k < l of sign(y_k - y_l) (rank p_kt - rank p_lt), exactly also with ties.
// A negative gamma means: models that find the piece easy score high. It holds what screening after screening needs.
type screener struct {
	v, gamma []float32
	good     []lowest
	bad      []lowest
	sorter   sorter
}

// screen screens pieces for all targets. A bar for each tail is guessed from a sample, so that few pieces need more than a
// comparison; where a guess leaves a tail too short, its target is screened again without.
func (s *screener) screen(r *ranked, targets []target, want reach) screening {
	s.prepare(targets, want)
	rows := s.there(targets)
	s.guess(r, targets, rows)
	for len(rows) > 0 {
		s.products(r, targets, rows, s.offer)
		rows = s.short(rows, len(r.pieces))
	}
	out := screening{targets: targets, pieces: len(r.pieces)}
	for b := range targets {
		out.good, out.bad = append(out.good, s.good[b].tail(&s.sorter)), append(out.bad, s.bad[b].tail(&s.sorter))
	}
	return out
}

// rowsAtOnce is how many targets are multiplied with a block of pieces before their gammas are looked at.
const rowsAtOnce = 30

// prepare makes room.
func (s *screener) prepare(targets []target, want reach) {
	s.good, s.bad = keepers(s.good, len(targets), want.good, 1), keepers(s.bad, len(targets), want.bad, -1)
	if s.gamma == nil {
		s.gamma = make([]float32, rowsAtOnce*block)
	}
}

// there are the targets that are not missing.
func (s *screener) there(targets []target) []int {
	var rows []int
	for b, t := range targets {
		if t.reason == "" {
			rows = append(rows, b)
		}
	}
	return rows
}

// products gives visit the gammas of all pieces for some targets.
func (s *screener) products(r *ranked, targets []target, rows []int, visit func(b int, gamma []float32, pieces []int)) {
	m := len(r.models)
	s.v = s.v[:0]
	for _, b := range rows {
		for _, x := range targets[b].v {
			s.v = append(s.v, float32(x))
		}
	}
	r.blocks(func(pieces []int, panels simd.Right) {
		for first := 0; first < len(rows); first += rowsAtOnce {
			n := min(rowsAtOnce, len(rows)-first)
			simd.Multiply(n, len(pieces), m, s.v[first*m:], m, panels, s.gamma, block, false)
			for k, b := range rows[first : first+n] {
				visit(b, s.gamma[k*block:k*block+len(pieces)], pieces)
			}
		}
	})
}

// offer takes in the gammas of some pieces.
func (s *screener) offer(b int, gamma []float32, pieces []int) {
	var below, above [block / 64]uint64
	good, bad := &s.good[b], &s.bad[b]
	simd.Beyond(below[:], above[:], gamma, good.bar, -bad.bar)
	good.take(below[:simd.MarksLen(len(gamma))], gamma, pieces)
	bad.take(above[:simd.MarksLen(len(gamma))], gamma, pieces)
}

// guess sets the bars from a sample of the pieces, too high rather than too low.
func (s *screener) guess(r *ranked, targets []target, rows []int) {
	n := len(r.few.pieces)
	if n == 0 {
		return
	}
	sample := make([]float32, len(rows)*n)
	at := make([]int, len(targets)) // by target: how many values of its sample there are
	row := make([]int, len(targets))
	for k, b := range rows {
		row[b] = k * n
	}
	s.products(r.few, targets, rows, func(b int, gamma []float32, _ []int) {
		at[b] += copy(sample[row[b]+at[b]:], gamma)
	})
	for k, b := range rows {
		of := sample[k*n : (k+1)*n]
		s.good[b].guess(of, len(r.pieces), &s.sorter)
		s.bad[b].guess(of, len(r.pieces), &s.sorter)
	}
}

// short are the targets of which a guess left a tail too short, without bars now.
func (s *screener) short(rows []int, pieces int) []int {
	var out []int
	for _, b := range rows {
		if s.good[b].short(pieces) || s.bad[b].short(pieces) {
			s.good[b].reset()
			s.bad[b].reset()
			out = append(out, b)
		}
	}
	return out
}

// rho is Spearman's correlation of scores and piece that a gamma stands for, without ties and residuals.
func rho(gamma float64, m int) float64 {
	n := float64(m)
	return gamma * 6 / (n * (n*n - 1))
}

// signCDF is 2 gamma/(m^2 (m - 1)), the scale of Thrush et al. 2024.
func signCDF(gamma float64, m int) float64 {
	n := float64(m)
	return 2 * gamma / (n * n * (n - 1))
}

// tailSize is how many pieces of each tail go on to a selector: the ratio, at least as many of both tails together as
// fewestCandidates says, at most half of all.
func tailSize(ratio float64, d, m int) int {
	n := max(int(math.Ceil(ratio*float64(d))), (max(candidatesPerModel*m, fewestCandidates)+1)/2)
	return min(n, d/2)
}

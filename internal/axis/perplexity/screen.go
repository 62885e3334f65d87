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
	reach    reach
}

// screen screens pieces for all targets.
func (s *screener) screen(r *ranked, targets []target, want reach) screening {
	m := len(r.models)
	s.prepare(m, targets, want)
	r.blocks(func(pieces []int, panels simd.Right) {
		for first := 0; first < len(targets); first += rowsAtOnce {
			rows := min(rowsAtOnce, len(targets)-first)
			simd.Multiply(rows, len(pieces), m, s.v[first*m:], m, panels, s.gamma, block, false)
			for b := range rows {
				row := s.gamma[b*block : b*block+len(pieces)]
				s.good[first+b].offer(row, pieces)
				s.bad[first+b].offer(row, pieces)
			}
		}
	})
	out := screening{targets: targets, pieces: len(r.pieces)}
	for b := range targets {
		out.good, out.bad = append(out.good, s.good[b].tail()), append(out.bad, s.bad[b].tail())
	}
	return out
}

// rowsAtOnce is how many targets are multiplied with a block of pieces before their gammas are looked at.
const rowsAtOnce = 30

// prepare makes room. A target that is missing has gammas of 0, which nobody reads.
func (s *screener) prepare(m int, targets []target, want reach) {
	if len(s.good) != len(targets) || s.reach != want {
		s.good, s.bad, s.reach = nil, nil, want
		for range targets {
			s.good, s.bad = append(s.good, newLowest(want.good, 1)), append(s.bad, newLowest(want.bad, -1))
		}
	}
	if s.gamma == nil {
		s.gamma = make([]float32, rowsAtOnce*block)
	}
	if len(s.v) != m*len(targets) {
		s.v = make([]float32, m*len(targets))
	}
	clear(s.v)
	for b, t := range targets {
		for k, x := range t.v {
			s.v[b*m+k] = float32(x)
		}
	}
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

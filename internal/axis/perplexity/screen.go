package perplexity

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"sdmap/internal/stats"
)

// target is what the pieces of one benchmark are screened against, over some models: 2 rank(y) - (m+1), or 2 times the
// residual of rank(y) on the general factor of the other benchmarks. nil with a reason where there is none.
type target struct {
	v      []float64
	reason string
}

// targetsOf makes the targets of B benchmarks; scores holds B columns, nil where a score is missing. plain counts those that
// asked for a residual but have no general factor.
func targetsOf(scores [][]float64, residual bool) (out []target, plain int) {
	out = make([]target, len(scores))
	var columns [][]float64
	column := make([]int, len(scores))
	for b, y := range scores {
		column[b] = -1
		switch {
		case y == nil:
			out[b].reason = "a model has no score"
		case len(y) < fewestHalf:
			out[b].reason = fmt.Sprintf("%d models are too few for a signature", len(y))
		case stats.Constant(y):
			out[b].reason = "every model has the same score, so no piece goes with it"
		default:
			column[b] = len(columns)
			columns = append(columns, stats.NormalScores(y))
		}
	}
	var components *stats.Components
	if residual && len(columns) > 2 {
		components, _ = stats.NewComponents(columns) // no column is constant, all have one length
	}
	for b, y := range scores {
		if column[b] < 0 {
			continue
		}
		v, ok := residualRanks(y, components, column[b])
		if residual && !ok {
			plain++
		}
		out[b].v = v
		if stats.Constant(v) {
			out[b] = target{reason: "nothing of its scores is left without the general factor"}
		}
	}
	return out, plain
}

// residualRanks are twice the centred ranks, cleared of the first principal component of the other benchmarks' normal
// scores where there are components.
func residualRanks(y []float64, components *stats.Components, column int) ([]float64, bool) {
	v := stats.Ranks(y)
	for i := range v {
		v[i] = 2*v[i] - float64(len(y)+1)
	}
	if components == nil {
		return v, false
	}
	g, err := components.General(column)
	if err != nil {
		return v, false
	}
	r, err := stats.Residuals(v, g.Scores)
	if err != nil {
		return v, false
	}
	return r, true
}

// screening holds, for one set of pieces, the tails that a selector may choose from.
type screening struct {
	targets   []target
	pieces    int    // in the set
	good, bad []tail // B: of most negative and of most positive gamma
}

// tail is the end of a ranking of pieces, the extreme one first.
type tail struct {
	pieces []int
	gamma  []float64
}

// screen computes gamma = R'V for all benchmarks at once, R the centred ranks (m x d) of pieces over the models, V the
// targets (m x B), and keeps the tails. With plain targets gamma_t = sum over pairs k < l of sign(y_k - y_l)
// (rank p_kt - rank p_lt), exactly also with ties. A negative gamma means: models that find the piece easy score high.
//
// part says, by piece, to which of the sets 0 .. sets-1 it belongs; nil puts all into one.
func (f *features) screen(models []int, targets []target, part []uint8, sets int, ratio float64) []screening {
	return f.screenAll(models, targets, [][]uint8{part}, sets, ratio)[0]
}

// screenAll screens for several partitions of the pieces, which share their gammas. Ranks and gammas exist for a block of
// pieces at a time.
func (f *features) screenAll(models []int, targets []target, parts [][]uint8, sets int, ratio float64) [][]screening {
	const block = 512
	m, d, nb := len(models), len(f.at), len(targets)
	v := blas64.General{Rows: m, Cols: nb, Stride: nb, Data: make([]float64, m*nb)}
	for b, t := range targets {
		for k, x := range t.v {
			v.Data[k*nb+b] = x
		}
	}
	out := make([][]screening, len(parts))
	heaps := make([][][][2]lowest, len(parts)) // by partition, set and benchmark
	for i, part := range parts {
		heaps[i], out[i] = newHeaps(part, sets, d, m, nb, ratio)
	}
	ranks, gamma := make([]float64, block*m), make([]float64, block*nb)
	ranker := newRanker(m)
	for first := 0; first < d && m > 0 && nb > 0; first += block {
		n := min(block, d-first)
		for t := range n {
			ranker.ranks(f, models, first+t, ranks[t*m:(t+1)*m])
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, blas64.General{Rows: n, Cols: m, Stride: m, Data: ranks[:n*m]}, v, 0,
			blas64.General{Rows: n, Cols: nb, Stride: nb, Data: gamma[:n*nb]})
		for i, part := range parts {
			for t := range n {
				set := 0
				if part != nil {
					set = int(part[first+t])
				}
				offerAll(heaps[i][set], gamma[t*nb:(t+1)*nb], first+t)
			}
		}
	}
	for i := range out {
		for set := range out[i] {
			out[i][set].targets = targets
			for b := range nb {
				out[i][set].good = append(out[i][set].good, heaps[i][set][b][0].tail(1))
				out[i][set].bad = append(out[i][set].bad, heaps[i][set][b][1].tail(-1))
			}
		}
	}
	return out
}

// offerAll offers a piece to both tails of every benchmark. Ties go the other way round in the second: a piece stands in
// one tail only.
func offerAll(heaps [][2]lowest, gamma []float64, piece int) {
	for b, x := range gamma {
		h := &heaps[b]
		if !h[0].beyond(x) {
			h[0].offer(x, piece)
		}
		if !h[1].beyond(-x) {
			h[1].offer(-x, -piece)
		}
	}
}

// newHeaps makes, for every set and benchmark, one heap a tail.
func newHeaps(part []uint8, sets, d, m, nb int, ratio float64) ([][][2]lowest, []screening) {
	out := make([]screening, sets)
	if part == nil {
		out[0].pieces = d
	}
	for _, set := range part {
		out[set].pieces++
	}
	heaps := make([][][2]lowest, sets)
	for set := range heaps {
		heaps[set] = make([][2]lowest, nb)
		for b := range nb {
			n := tailSize(ratio, out[set].pieces, m)
			heaps[set][b] = [2]lowest{{limit: n}, {limit: n}}
		}
	}
	return heaps, out
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

// lowest keeps the lowest values that it was offered, as a heap whose root is the highest of them.
type lowest struct {
	limit  int
	values []float64
	items  []int
}

// beyond reports whether a value is above all that a full heap keeps, as most are: offer need not be asked.
func (h *lowest) beyond(v float64) bool {
	return len(h.values) == h.limit && h.limit > 0 && v > h.values[0]
}

func (h *lowest) offer(v float64, item int) {
	switch {
	case len(h.items) < h.limit:
		h.values, h.items = append(h.values, v), append(h.items, item)
		for i := len(h.items) - 1; i > 0 && h.above(i, (i-1)/2); i = (i - 1) / 2 {
			h.swap(i, (i-1)/2)
		}
	case h.limit > 0 && (v < h.values[0] || v == h.values[0] && item < h.items[0]):
		h.values[0], h.items[0] = v, item
		h.sink(len(h.items))
	}
}

// above orders by value, then by position.
func (h *lowest) above(i, j int) bool {
	return h.values[i] > h.values[j] || h.values[i] == h.values[j] && h.items[i] > h.items[j]
}

func (h *lowest) swap(i, j int) {
	h.values[i], h.values[j] = h.values[j], h.values[i]
	h.items[i], h.items[j] = h.items[j], h.items[i]
}

func (h *lowest) sink(n int) {
	for i := 0; ; {
		top := i
		for _, c := range []int{2*i + 1, 2*i + 2} {
			if c < n && h.above(c, top) {
				top = c
			}
		}
		if top == i {
			return
		}
		h.swap(i, top)
		i = top
	}
}

// tail empties the heap, lowest first; pieces and gammas are sign times what was offered.
func (h *lowest) tail(sign int) tail {
	for n := len(h.items) - 1; n > 0; n-- {
		h.swap(0, n)
		h.sink(n)
	}
	for k := range h.values {
		h.values[k] *= float64(sign)
		h.items[k] *= sign
	}
	return tail{h.items, h.values}
}

// first are the n most extreme pieces of a tail.
func (t tail) first(n int) tail {
	n = min(n, len(t.pieces))
	return tail{t.pieces[:n], t.gamma[:n]}
}

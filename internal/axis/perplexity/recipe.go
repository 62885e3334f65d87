package perplexity

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// released makes the signatures as the script does that Wu et al. released: models in the order of their names, ranks of
// log-probabilities and of scores with ties in that order, scores 2R'v of the pieces, floor(ratio d) of them a tail and
// candidates in all by lasso, in the order of the corpus.
func (s *fit) released(ctx context.Context) ([]signature, error) {
	models := s.byName()
	y := s.t.On(models, make([][]int, len(s.t.Benchmarks)))
	targets, _ := targetsOf(y, false)
	for b := range y {
		if targets[b].reason != "" {
			y[b] = make([]float64, len(models)) // nobody reads what it screens
		}
	}
	candidates := s.f.releasedCandidates(models, y, s.o.Ratio)
	out := make([]signature, len(y))
	err := axis.Parallel(ctx, s.workers, len(y), func(b int) {
		if out[b].missing = targets[b].reason; out[b].missing == "" {
			out[b] = s.f.lassoSignature(candidates[b], models, y[b], true)
		}
	})
	return out, err
}

// byName are all models in the order of their names.
func (s *fit) byName() []int {
	return slices.SortedFunc(slices.Values(s.models), func(a, b int) int { return strings.Compare(s.t.Models[a], s.t.Models[b]) })
}

// candidate is a piece with its gamma: as screening has it, the product of the ranks of surprisals with those of scores.
type candidate struct {
	piece int
	gamma float64
}

// releasedCandidates are the pieces of both tails for every benchmark, in the order of the corpus.
func (f *features) releasedCandidates(models []int, y [][]float64, ratio float64) [][]candidate {
	const block = 1024
	m, d, nb := len(models), len(f.at), len(y)
	v := blas64.General{Rows: m, Cols: nb, Stride: nb, Data: make([]float64, m*nb)}
	for b, scores := range y {
		for k, rank := range stats.RanksFirst(scores) {
			v.Data[k*nb+b] = 2*rank - float64(m+1)
		}
	}
	tail, fewest := max(1, int(math.Floor(ratio*float64(d)))), max(candidatesPerModel*m, fewestCandidates)
	ends := make([][2]end, nb) // the greatest scores, and the smallest
	for b := range ends {
		ends[b] = [2]end{{limit: tail + fewest, sign: -1}, {limit: tail + fewest, sign: 1}}
	}
	ranks, scores := make([]float64, block*m), make([]float64, block*nb)
	values := make([]float64, m)
	for first := 0; first < d; first += block {
		n := min(block, d-first)
		for t := range n {
			for k, i := range models {
				values[k] = -float64(f.x[i][first+t])
			}
			copy(ranks[t*m:], stats.RanksFirst(values))
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 2, blas64.General{Rows: n, Cols: m, Stride: m, Data: ranks[:n*m]}, v, 0,
			blas64.General{Rows: n, Cols: nb, Stride: nb, Data: scores[:n*nb]})
		for t := range n {
			for b := range nb {
				ends[b][0].offer(first+t, scores[t*nb+b])
				ends[b][1].offer(first+t, scores[t*nb+b])
			}
		}
	}
	out := make([][]candidate, nb)
	for b := range out {
		out[b] = both(ends[b][0].taken(), ends[b][1].taken(), tail, fewest)
	}
	return out
}

// both joins two ends: tail of each, and where these are fewer than fewest more of both in turn.
func both(top, bottom []candidate, tail, fewest int) []candidate {
	seen := map[int]bool{}
	var out []candidate
	take := func(from []candidate, n int, known map[int]bool) {
		for _, c := range from {
			if n == 0 {
				return
			}
			if known[c.piece] {
				continue
			}
			n--
			if !seen[c.piece] {
				seen[c.piece] = true
				out = append(out, c)
			}
		}
	}
	take(bottom, tail, nil)
	take(top, tail, nil)
	if need := fewest - len(out); need > 0 {
		known := map[int]bool{}
		for _, c := range out {
			known[c.piece] = true
		}
		take(top, (need+1)/2, known)
		take(bottom, need/2, known)
	}
	slices.SortFunc(out, func(a, b candidate) int { return a.piece - b.piece })
	return out
}

// end keeps the extreme scores of pieces that come in order; of equal ones the first.
type end struct {
	limit int
	sign  float64 // 1 keeps the smallest, -1 the greatest
	kept  []candidate
	full  bool // the limit was reached, and the last kept is the bar
}

// room is how many pieces an end gathers, for each that it keeps, before it drops the others.
const room = 4

func (e *end) offer(piece int, score float64) {
	if e.full && e.sign*score >= e.sign*e.kept[e.limit-1].gamma {
		return
	}
	if e.kept = append(e.kept, candidate{piece, score}); len(e.kept) >= room*e.limit {
		e.cut()
	}
}

func (e *end) cut() {
	slices.SortFunc(e.kept, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(e.sign*a.gamma, e.sign*b.gamma), cmp.Compare(a.piece, b.piece))
	})
	if e.full = len(e.kept) >= e.limit; e.full {
		e.kept = e.kept[:e.limit]
	}
}

// taken are the kept, the most extreme first, with gammas in place of scores.
func (e *end) taken() []candidate {
	e.cut()
	for i := range e.kept {
		e.kept[i].gamma /= -2
	}
	return e.kept
}

// lassoSignature fits y on candidates over models, each standardised, and takes those with a coefficient; plain says whether
// they weigh alike in the mean, whatever its sign.
func (f *features) lassoSignature(candidates []candidate, models []int, y []float64, plain bool) signature {
	x := make([][]float64, len(candidates))
	for c, of := range candidates {
		x[c] = make([]float64, len(models))
		for k, i := range models {
			x[c][k] = float64(f.x[i][of.piece])
		}
		x[c] = standardised(x[c])
	}
	w := lasso(x, linalg.Centred(y), lassoAlpha)
	order := make([]int, 0, len(w))
	for c, v := range w {
		if v != 0 {
			order = append(order, c)
		}
	}
	if len(order) == 0 {
		return signature{missing: Lasso + " chose no piece"}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(w[b]), math.Abs(w[a])) })
	out := signature{standardised: true, scale: 1}
	for _, c := range order {
		out.pieces, out.gamma = append(out.pieces, candidates[c].piece), append(out.gamma, candidates[c].gamma)
		out.coefficients = append(out.coefficients, w[c])
	}
	out.weigh(plain)
	return out
}

// weigh gives the pieces of a regression their weights in the mean: the signs of their coefficients, or none.
func (s *signature) weigh(plain bool) {
	s.weights = nil
	for _, c := range s.coefficients {
		w := 1 / float64(len(s.coefficients))
		if !plain {
			w = math.Copysign(w, c)
		}
		s.weights = append(s.weights, w)
	}
}

// response is what a selector regresses: the scores themselves in a recipe, else what pieces are screened against, and for
// lasso, whose alpha has a scale, as shares of ranks.
func (s selector) response(t target, recipe string) []float64 {
	if recipe != "" {
		return t.y
	}
	if s.name != Lasso {
		return t.v
	}
	out := make([]float64, len(t.v))
	for k, v := range t.v {
		out[k] = v / float64(2*len(t.v))
	}
	return out
}

package perplexity

import (
	"fmt"
	"math"
	"slices"

	"sdmap/internal/linalg"
)

// signature is the pieces that stand for a benchmark and their weights: sum |w| = 1 on each tail, negative where an easy
// piece goes with a high score. missing says why there is none.
type signature struct {
	pieces  []int
	gamma   []float64
	weights []float64
	missing string

	coefficients []float64 // of a regression on the pieces; nil where there was none
	standardised bool      // the pieces were, in the regression
	scale        float64   // of the coefficients, to predict scores or shares of ranks
}

// selector picks a benchmark's signature.
type selector struct {
	name string
	k    int
}

// regresses says whether a selector regresses scores on pieces, so that it may take as many pieces as models can tell apart.
func regresses(selector string) bool { return selector == AIC || selector == EBIC || selector == Lasso }

// reach is how many pieces of each tail of a given size the selector looks at.
func (s selector) reach(tail int) reach {
	switch s.name {
	case Good:
		return reach{good: min(s.k, tail)}
	case Signed:
		return reach{min(s.k, tail), min(s.k, tail)}
	}
	return reach{tail, tail}
}

// choose picks from a set of pieces that was screened over the models.
//
//	good    the k pieces of most negative gamma, equal weights
//	signed  also the k of most positive gamma, with the opposite weight
//	aic     forward selection among both tails by n ln(RSS/n) + 2k
//	ebic    by n ln(RSS/n) + k ln n + 2 ln C(p, k), p = pieces before screening (Chen & Chen 2008)
//	lasso   those with a coefficient among both tails
//
// The last three regress the target on the pieces' values; weights are the signs of the coefficients, or alike in a recipe.
func (s selector) choose(f *features, scr screening, models []int, b int) signature {
	if reason := scr.targets[b].reason; reason != "" {
		return signature{missing: reason}
	}
	good, bad := scr.good[b], scr.bad[b]
	if len(good.pieces) == 0 {
		return signature{missing: "the corpus has too few scored pieces"}
	}
	switch s.name {
	case Good:
		return even(good.first(s.k))
	case Signed:
		return even(good.first(s.k), bad.first(s.k))
	}
	plain, y := f.recipe != "", s.response(scr.targets[b], f.recipe)
	if s.name == Lasso {
		return f.lassoSignature(inOrder(good, bad), models, y, plain)
	}
	penalty := aic
	if s.name == EBIC {
		penalty = ebic(len(models), scr.pieces)
	}
	candidates := slices.Concat(good.pieces, bad.pieces)
	gamma := slices.Concat(good.gamma, bad.gamma)
	x := make([][]float64, len(candidates))
	for c, t := range candidates {
		for _, i := range models {
			x[c] = append(x[c], float64(f.x[i][t]))
		}
	}
	chosen, coefficients := forward(x, y, penalty)
	if len(chosen) == 0 {
		return signature{missing: fmt.Sprintf("%s chose no piece", s.name)}
	}
	out := signature{coefficients: coefficients, scale: 1}
	if !plain {
		out.scale = 1 / float64(2*len(models)) // the target is twice the ranks
	}
	for _, c := range chosen {
		out.pieces, out.gamma = append(out.pieces, candidates[c]), append(out.gamma, gamma[c])
	}
	out.weigh(plain)
	return out
}

// inOrder are the pieces of both tails in the order of the corpus.
func inOrder(tails ...tail) []candidate {
	var out []candidate
	for _, t := range tails {
		for k, piece := range t.pieces {
			out = append(out, candidate{piece, t.gamma[k]})
		}
	}
	slices.SortFunc(out, func(a, b candidate) int { return a.piece - b.piece })
	return out
}

// even gives the pieces of the first tail -1/k each and those of the second, if there is one, +1/k.
func even(tails ...tail) signature {
	s := signature{}
	for i, t := range tails {
		s.pieces, s.gamma = append(s.pieces, t.pieces...), append(s.gamma, t.gamma...)
		s.weights = append(s.weights, slices.Repeat([]float64{float64(2*i-1) / float64(len(t.pieces))}, len(t.pieces))...)
	}
	return s
}

func aic(k int) float64 { return 2 * float64(k) }

func ebic(n, p int) func(k int) float64 {
	return func(k int) float64 {
		return float64(k)*math.Log(float64(n)) + 2*lnChoose(p, k)
	}
}

func lnChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n) + 1)
	b, _ := math.Lgamma(float64(k) + 1)
	c, _ := math.Lgamma(float64(n-k) + 1)
	return a - b - c
}

// forward selects columns of x (each of n = len(y)) one by one while n ln(RSS/n) + penalty(k) falls, at most n - 2 of
// them. Each step takes the column with the greatest (q'r)^2/|q|^2, r the residual of y and q the column cleared of those
// already in (Gram-Schmidt), so a step costs O(n len(x)). It returns the columns in order and their least-squares
// coefficients beside an intercept.
func forward(x [][]float64, y []float64, penalty func(k int) float64) (chosen []int, coefficients []float64) {
	n := len(y)
	r := linalg.Centred(y)
	q := make([][]float64, len(x))
	norm := make([]float64, len(x)) // |q|^2 before anything was taken out
	for j := range x {
		q[j] = linalg.Centred(x[j])
		norm[j] = linalg.Dot(q[j], q[j])
	}
	total := linalg.Dot(r, r)
	criterion := func(k int, rss float64) float64 { return float64(n)*math.Log(rss/float64(n)) + penalty(k) }
	best := criterion(0, total)
	var steps [][]float64 // projections of every column on each chosen one
	var fits []float64
	for len(chosen) < n-2 {
		j := mostUseful(q, r, norm)
		if j < 0 {
			break
		}
		qq := linalg.Dot(q[j], q[j])
		fit := linalg.Dot(q[j], r) / qq
		rss := linalg.Dot(r, r) - fit*fit*qq
		if rss <= 1e-20*total {
			break // the fit is exact: its logarithm says nothing
		}
		now := criterion(len(chosen)+1, rss)
		if now >= best {
			break
		}
		best = now
		chosen, fits = append(chosen, j), append(fits, fit)
		steps = append(steps, takeOut(q, r, j, qq, fit))
	}
	return chosen, backSubstitute(chosen, steps, fits)
}

// mostUseful is the column that lowers the residual most, -1 where none is left that is not a combination of those in.
func mostUseful(q [][]float64, r, norm []float64) int {
	best, at := 0.0, -1
	for j := range q {
		qq := linalg.Dot(q[j], q[j])
		if qq <= 1e-10*norm[j] || qq == 0 {
			continue
		}
		qr := linalg.Dot(q[j], r)
		if gain := qr * qr / qq; gain > best {
			best, at = gain, j
		}
	}
	return at
}

// takeOut clears the residual and all columns of column j and returns their projections on it; column j itself ends as
// zeros, so it is not chosen again.
func takeOut(q [][]float64, r []float64, j int, qq, fit float64) []float64 {
	base := append([]float64{}, q[j]...)
	projections := make([]float64, len(q))
	for c := range q {
		projections[c] = linalg.Dot(q[c], base) / qq
		for i := range base {
			q[c][i] -= projections[c] * base[i]
		}
	}
	clear(q[j])
	for i := range base {
		r[i] -= fit * base[i]
	}
	return projections
}

// backSubstitute turns fits on orthogonal columns into coefficients of the columns as they were.
func backSubstitute(chosen []int, steps [][]float64, fits []float64) []float64 {
	beta := make([]float64, len(chosen))
	for k := len(chosen) - 1; k >= 0; k-- {
		beta[k] = fits[k]
		for l := k + 1; l < len(chosen); l++ {
			beta[k] -= steps[k][chosen[l]] * beta[l]
		}
	}
	return beta
}

// activations are u_i = sum over the signature of w_t x_it, for some models; nil where there is no signature. Four models are
// summed at once, each in the order of the signature: one sum alone would wait for its last addition.
func (f *features) activations(s signature, models []int) []float64 {
	if s.missing != "" {
		return nil
	}
	u := make([]float64, len(models))
	for k := 0; k < len(models); k += 4 {
		last := len(models) - 1
		a, b, c, d := f.x[models[k]], f.x[models[min(k+1, last)]], f.x[models[min(k+2, last)]], f.x[models[min(k+3, last)]]
		var ua, ub, uc, ud float64
		for j, t := range s.pieces {
			w := s.weights[j]
			ua += w * float64(a[t])
			ub += w * float64(b[t])
			uc += w * float64(c[t])
			ud += w * float64(d[t])
		}
		copy(u[k:], []float64{ua, ub, uc, ud})
	}
	return u
}

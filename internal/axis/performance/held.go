package performance

import (
	"fmt"
	"math"

	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// held is a pair of benchmarks with what is held constant, over the models that have all of it.
type held struct {
	z      [2][]float64 // normal scores among these models
	given  [][]float64
	models []int
}

func hold(columns [][]float64, c choice, a, b int) (held, error) {
	given, err := c.given(a, b)
	if err != nil {
		return held{}, err
	}
	if columns[a] == nil || columns[b] == nil {
		return held{}, fmt.Errorf("no model has a score")
	}
	var h held
	for i := range columns[a] {
		known := !math.IsNaN(columns[a][i]) && !math.IsNaN(columns[b][i])
		for _, g := range given {
			known = known && !math.IsNaN(g[i])
		}
		if known {
			h.models = append(h.models, i)
		}
	}
	if least := len(given) + spent; len(h.models) < least {
		return held{}, fmt.Errorf("%d models have both scores and all that is held constant, %d are needed", len(h.models), least)
	}
	for side, x := range []int{a, b} {
		h.z[side] = stats.NormalScores(of(columns[x], h.models))
	}
	for _, g := range given {
		h.given = append(h.given, of(g, h.models))
	}
	return h, nil
}

// partial is the correlation of the pair given the rest over some of its models (nil for all), and the shares of both scores'
// variance that the rest explains.
func (h held) partial(at []int) (r float64, explained [2]float64, err error) {
	pick := func(x []float64) ([]float64, error) {
		if at != nil {
			x = of(x, at)
		}
		if len(x) < len(h.given)+fewestScores || stats.Constant(x) {
			return nil, fmt.Errorf("too few models, or all have the same score")
		}
		return linalg.Standardised(x), nil
	}
	var z [2][]float64
	for side := range z {
		if z[side], err = pick(h.z[side]); err != nil {
			return 0, explained, err
		}
	}
	r = linalg.Dot(z[0], z[1])
	var basis [][]float64
	for _, g := range h.given {
		v, err := pick(g)
		if err != nil {
			continue // among these models it explains nothing
		}
		for _, u := range basis {
			d := linalg.Dot(u, v)
			for i := range v {
				v[i] -= d * u[i]
			}
		}
		if linalg.Norm(v) < 1e-8 {
			continue
		}
		linalg.Normalise(v)
		basis = append(basis, v)
		x, y := linalg.Dot(v, z[0]), linalg.Dot(v, z[1])
		r, explained[0], explained[1] = r-x*y, explained[0]+x*x, explained[1]+y*y
	}
	left := (1 - explained[0]) * (1 - explained[1])
	if left < 1e-12 {
		return 0, explained, stats.ErrNothing
	}
	return stats.Clip(r / math.Sqrt(left)), explained, nil
}

// halfMasks marks the models of each half-sample.
func halfMasks(lineages []string, seed uint64) [][]bool {
	out := make([][]bool, choiceDraws)
	for r := range out {
		out[r] = make([]bool, len(lineages))
		for _, i := range stats.HalfSampleGroups(stats.Stream(seed, "performance/choices", r), lineages) {
			out[r][i] = true
		}
	}
	return out
}

// heldPair is a pair's overlap, and its values in half-samples.
type heldPair struct {
	held
	a, b      int
	r         float64
	explained [2]float64
	halves    []float64
	err       error
}

func (q *heldPair) compute(masks [][]bool) {
	if q.err != nil {
		return
	}
	if q.r, q.explained, q.err = q.partial(nil); q.err != nil {
		return
	}
	for _, in := range masks {
		var at []int
		for k, i := range q.models {
			if in[i] {
				at = append(at, k)
			}
		}
		if v, _, err := q.partial(at); err == nil {
			q.halves = append(q.halves, v)
		}
	}
}

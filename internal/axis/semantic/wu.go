package semantic

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// wuOutput is what the Wu action writes.
type wuOutput struct {
	Overlap *matrix.Labelled
	Model   string
	Draws   int
	Context int // tokens that the encoder reads
	Cut     int // concatenations that were longer
	Pools   int // of draws: one a (benchmark, size)
}

// Wu is the semantic overlap of Wu et al. 2025, as they state it: the questions of the smaller benchmark are put one after
// the other and cut at what the encoder reads; so are draws of as many questions of the larger one; the overlap is the mean
// cosine. Draws of one benchmark at one size are made once and serve every pair. Of benchmarks of equal size the first
// counts as the smaller. Vectors are not centred, so hidden states of a language model give high cosines throughout.
func Wu(m *llm.Model, id llm.Identity, bs []*benchmark.Benchmark, seed uint64, o study.Semantic) *action.Action {
	var ids, keys []string
	var all [][]string
	var failed error
	for _, b := range bs {
		list, _, err := texts(b, o.Text, o.Items)
		if err != nil && failed == nil {
			failed = err
		}
		all, ids, keys = append(all, list), append(ids, b.Spec.ID), append(keys, digest(list))
	}
	return &action.Action{
		Kind: "semantic/wu", Version: 1, Subject: fmt.Sprintf("%s on %d benchmarks", m.ID, len(bs)),
		Facts: append(modelFacts(id), action.F("benchmarks", fmt.Sprintf("%q", ids)), action.F("texts", digest(keys)),
			action.F("text", o.Text), action.F("draws", o.WuDraws), action.F("seed", seed)),
		Cost: action.Cost{Requests: len(bs) * (o.WuDraws + 1)},
		Run: func(ctx context.Context, rt action.Runtime) ([]byte, error) {
			if failed != nil {
				return nil, failed
			}
			e, err := newEncoder(ctx, m)
			if err != nil {
				return nil, err
			}
			w := wu{ctx: ctx, e: e, ids: ids, texts: all, seed: seed, draws: max(1, o.WuDraws), pools: map[[2]int][][]float32{},
				whole: map[int][]float32{}}
			overlap, err := w.overlaps(rt.Progress)
			if err != nil {
				return nil, err
			}
			return json.Marshal(wuOutput{overlap, m.ID, w.draws, e.context, w.cut, len(w.pools)})
		},
	}
}

// wu holds what was embedded: pools of draws by (benchmark, size).
type wu struct {
	ctx   context.Context
	e     *encoder
	ids   []string
	texts [][]string
	seed  uint64
	draws int
	pools map[[2]int][][]float32
	whole map[int][]float32 // by benchmark: all its questions
	cut   int
}

func (w *wu) overlaps(progress func(done, total int)) (*matrix.Labelled, error) {
	out := matrix.NewSquare("Wu's semantic overlap", "1", w.ids)
	n := len(w.ids)
	for a := range n {
		for b := a; b < n; b++ {
			smaller, larger := a, b
			if len(w.texts[b]) < len(w.texts[a]) {
				smaller, larger = b, a
			}
			v, err := w.overlap(smaller, larger)
			if err != nil {
				return nil, err
			}
			out.SetSym(a, b, v)
		}
		progress(a+1, n)
	}
	return out, nil
}

func (w *wu) overlap(smaller, larger int) (float64, error) {
	size := len(w.texts[smaller])
	if size == 0 {
		return 0, fmt.Errorf("benchmark %s has no items", w.ids[smaller])
	}
	if w.whole[smaller] == nil {
		made, err := w.embed([][]string{w.texts[smaller]})
		if err != nil {
			return 0, err
		}
		w.whole[smaller] = made[0]
	}
	whole := w.whole[smaller]
	pool, err := w.pool(larger, size)
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, v := range pool {
		var dot, a, b float64
		for p := range v {
			x, y := float64(whole[p]), float64(v[p])
			dot, a, b = dot+x*y, a+x*x, b+y*y
		}
		sum += cosineOf(dot, a, b)
	}
	return sum / float64(len(pool)), nil
}

// pool draws size questions of a benchmark, in random order, w.draws times.
func (w *wu) pool(b, size int) ([][]float32, error) {
	key := [2]int{b, size}
	if done, ok := w.pools[key]; ok {
		return done, nil
	}
	lists := make([][]string, w.draws)
	for r := range lists {
		rng := stats.Stream(w.seed, fmt.Sprintf("semantic/wu/%s/%d", w.ids[b], size), r)
		for _, i := range rng.Perm(len(w.texts[b]))[:size] {
			lists[r] = append(lists[r], w.texts[b][i])
		}
	}
	made, err := w.embed(lists)
	w.pools[key] = made
	return made, err
}

// embed encodes concatenations, each cut at the encoder's context.
func (w *wu) embed(lists [][]string) ([][]float32, error) {
	tokens := make([][]llm.Token, len(lists))
	for i, list := range lists {
		ts, err := w.e.Tokenize(w.ctx, strings.Join(list, "\n"))
		if err != nil {
			return nil, err
		}
		if len(ts) > w.e.context {
			ts = ts[:w.e.context]
			w.cut++
		}
		tokens[i] = ts
	}
	flat, dim, err := w.e.embed(w.ctx, tokens, func(int, int) {})
	if err != nil {
		return nil, err
	}
	out := make([][]float32, len(lists))
	for i := range out {
		out[i] = flat[i*dim : (i+1)*dim]
	}
	return out, nil
}

// addWu adds Wu's overlap as a variant.
func addWu(rt action.Runtime, out *Output) (failed []axis.Lost, err error) {
	data, lost, err := axis.Optional(rt, "wu")
	if err != nil || lost != nil {
		if lost != nil {
			failed = []axis.Lost{{What: "Wu et al.'s overlap", Why: lost.Why}}
		}
		return failed, err
	}
	var w wuOutput
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("Wu's overlap: %w", err)
	}
	v := axis.Variant{
		Name: "wu", Title: "Wu et al.'s overlap", Overlap: widened(w.Overlap, out.Benchmarks), N: w.Draws, Unit: "draws",
		Method: fmt.Sprintf("Mean cosine of the smaller benchmark's concatenated questions and draws of as many of the larger "+
			"one's, mean-pooled hidden states of %s, not centred (Wu et al. 2025).", w.Model),
	}
	if w.Cut > 0 {
		v.Warnings = []string{fmt.Sprintf("%d concatenations were cut at %d tokens, so most questions were never read", w.Cut,
			w.Context)}
	}
	out.Variants = append(out.Variants, v)
	return nil, nil
}

// widened is a matrix of some benchmarks as one of all: those that it lacks have scores alone.
func widened(m *matrix.Labelled, benchmarks []string) *matrix.Labelled {
	if m == nil || len(m.Rows) == len(benchmarks) {
		return m
	}
	out := matrix.NewSquare(m.Name, m.Unit, benchmarks)
	for a, x := range benchmarks {
		for b, y := range benchmarks[:a+1] {
			i, j := m.RowIndex(x), m.ColIndex(y)
			if i < 0 || j < 0 {
				out.SetMissingSym(a, b, "a benchmark has scores alone, and no items")
			} else if v, ok := m.At(i, j); ok {
				out.SetSym(a, b, v)
			}
		}
	}
	return out
}

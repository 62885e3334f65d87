package llmtest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
)

var parts = []llm.Want{llm.WantResidual, llm.WantGate, llm.WantAttention, llm.WantLens, llm.WantFinal, llm.WantInputs}

// traceShapes: sequences come one by one in order, with what is wanted and nothing else, in the stated shapes; rows of
// attention are distributions over what was before.
func (s *suite) traceShapes(t *testing.T) {
	var seqs [][]int32
	for _, text := range s.Texts {
		if ids := s.tokens(t, text); len(ids) > 0 {
			seqs = append(seqs, ids)
		}
	}
	offered := llm.CapabilitiesOf(s.driver).Trace
	for _, want := range append([]llm.Want{0, offered}, parts...) {
		if want&^offered != 0 {
			continue
		}
		visits := 0
		err := s.tracer.Trace(t.Context(), seqs, want, func(i int, tr *llm.Trace) error {
			if i != visits || tr.T != len(seqs[i]) {
				t.Errorf("visit %d shows sequence %d with %d tokens of %d", visits, i, tr.T, len(seqs[i]))
			}
			visits++
			checkShapes(t, tr, want)
			for _, layer := range tr.Attention {
				checkAttention(t, tr, layer)
			}
			return nil
		})
		if err != nil || visits != len(seqs) {
			t.Errorf("wanting %d: %d visits of %d, error %v", want, visits, len(seqs), err)
		}
	}
}

func checkShapes(t *testing.T, tr *llm.Trace, want llm.Want) {
	t.Helper()
	for i, part := range []struct {
		layers       [][]float32
		count, width int
	}{
		{tr.Residual, tr.Layers + 1, tr.T * tr.Width},
		{tr.Gate, tr.Layers, tr.T * tr.Hidden},
		{tr.Attention, tr.Layers, tr.Heads * tr.T * tr.T},
		{tr.Lens, tr.Layers + 1, tr.T * tr.Vocab},
		{final(tr), 1, tr.T * tr.Width},
		{tr.Inputs, tr.Layers, tr.T * tr.Channels},
	} {
		if want&parts[i] == 0 {
			if part.layers != nil {
				t.Errorf("wanting %d: part %d is there", want, parts[i])
			}
			continue
		}
		if len(part.layers) != part.count {
			t.Errorf("part %d has %d layers; want %d", parts[i], len(part.layers), part.count)
		}
		for l, layer := range part.layers {
			if len(layer) != part.width {
				t.Errorf("part %d, layer %d has %d numbers; want %d", parts[i], l, len(layer), part.width)
			}
			if slices.ContainsFunc(layer, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
				t.Errorf("part %d, layer %d has numbers that are not finite", parts[i], l)
			}
		}
	}
}

// final is the part without layers, as the others are; nil stays nil.
func final(tr *llm.Trace) [][]float32 {
	if tr.Final == nil {
		return nil
	}
	return [][]float32{tr.Final}
}

func checkAttention(t *testing.T, tr *llm.Trace, layer []float32) {
	t.Helper()
	for row := range tr.Heads * tr.T {
		query := row % tr.T
		var sum float64
		for key, w := range layer[row*tr.T : (row+1)*tr.T] {
			if sum += float64(w); w < 0 || (key > query && w != 0) {
				t.Errorf("query %d gives key %d the weight %v", query, key, w)
			}
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Errorf("weights of query %d sum to %v", query, sum)
		}
	}
}

func (s *suite) lensAgreesWithScore(t *testing.T) {
	if llm.CapabilitiesOf(s.driver).Trace&llm.WantLens == 0 {
		t.Skip("the driver offers no logit lens")
	}
	for i, seq := range s.sequences(t) {
		scores := s.score(t, []llm.Sequence{{Tokens: seq.Tokens, From: 1}})[0]
		err := s.tracer.Trace(t.Context(), [][]int32{seq.Tokens}, llm.WantLens, func(_ int, tr *llm.Trace) error {
			last := tr.Lens[tr.Layers]
			for j, lp := range scores {
				lens := float64(last[j*tr.Vocab+int(seq.Tokens[j+1])])
				if math.Abs(lens-lp) > max(s.Tolerance, 1e-5) { // Lens is float32
					t.Errorf("sequence %d, token %d: lens of the last layer %v, score %v", i, j+1, lens, lp)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func (s *suite) traceRefuses(t *testing.T) {
	v := s.vocabulary(t)
	for what, bad := range map[string][]int32{"an empty sequence": {}, "an unknown id": {int32(v.Size)},
		"too long a sequence": make([]int32, v.Context+1)} {
		if err := s.tracer.Trace(t.Context(), [][]int32{bad}, 0, func(int, *llm.Trace) error { return nil }); err == nil {
			t.Errorf("%s is no error", what)
		}
	}
}

// embed: vectors have one length, are finite, equal for equal texts whatever the batch, and truncation is an error.
func (s *suite) embed(t *testing.T) {
	batch, err := s.embedder.Embed(t.Context(), s.Texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range s.Texts {
		alone, err := s.embedder.Embed(t.Context(), []string{text})
		if err != nil {
			t.Fatal(err)
		}
		if len(batch[i]) == 0 || len(batch[i]) != len(batch[0]) || !slices.Equal(alone[0], batch[i]) {
			t.Errorf("text %d: %d numbers, alone %d, or other numbers", i, len(batch[i]), len(alone[0]))
		}
		if slices.ContainsFunc(batch[i], func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
			t.Errorf("text %d: numbers are not finite", i)
		}
	}
	if len(s.Texts) > 1 && slices.Equal(batch[0], batch[1]) {
		t.Error("different texts have one vector")
	}
	if _, err := s.embedder.Embed(t.Context(), []string{s.Texts[0], ""}); err == nil {
		t.Error("an empty text is no error")
	}
	if s.tokenizer != nil {
		long := strings.Repeat(s.Texts[0]+" ", s.vocabulary(t).Context)
		if _, err := s.embedder.Embed(t.Context(), []string{long}); err == nil {
			t.Error("a text longer than the context is no error")
		}
	}
}

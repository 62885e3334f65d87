package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/llm"
)

const everything = llm.WantAll

func TestTraceAgreesWithReference(t *testing.T) {
	for name, sh := range shapes {
		t.Run(name, func(t *testing.T) {
			f := sh.file(t, 7)
			ref, m := newReference(t, f), mustLoad(t, f, expandBelow)
			random := rand.New(rand.NewPCG(8, 0))
			first := randomTokens(random, sh.vocab, 30)
			seqs := [][]int32{first, slices.Concat(first[:11], randomTokens(random, sh.vocab, 5)), first[:1], first}
			next := 0
			err := m.Trace(t.Context(), seqs, everything, func(i int, tr *llm.Trace) error {
				if i != next {
					t.Errorf("visit %d shows sequence %d", next, i)
				}
				next++
				checkTrace(t, sh, tr, ref.run(seqs[i]))
				return nil
			})
			if err != nil || next != len(seqs) {
				t.Errorf("%d visits, error %v", next, err)
			}
		})
	}
}

func checkTrace(t *testing.T, sh shape, tr *llm.Trace, want trajectory) {
	T := len(want.residual[0])
	if tr.T != T || tr.Layers != sh.layers || tr.Width != sh.width || tr.Hidden != sh.hidden || tr.Heads != sh.heads ||
		tr.Vocab != sh.vocab {
		t.Errorf("shape is %d %d %d %d %d %d", tr.T, tr.Layers, tr.Width, tr.Hidden, tr.Heads, tr.Vocab)
	}
	for l := range sh.layers + 1 {
		for p := range T {
			at := fmt.Sprintf("layer %d, token %d", l, p)
			checkClose(t, "residual, "+at, tr.Residual[l][p*sh.width:(p+1)*sh.width], want.residual[l][p])
			checkClose(t, "lens, "+at, tr.Lens[l][p*sh.vocab:(p+1)*sh.vocab], want.lens[l][p])
			if l == sh.layers {
				continue
			}
			channels := 2*sh.width + sh.heads*sh.headDim + sh.hidden
			checkClose(t, "inputs, "+at, tr.Inputs[l][p*channels:(p+1)*channels], want.inputs[l][p])
			checkClose(t, "gate, "+at, tr.Gate[l][p*sh.hidden:(p+1)*sh.hidden], want.gate[l][p])
			for head := range sh.heads {
				row := tr.Attention[l][(head*T+p)*T : (head*T+p+1)*T]
				checkClose(t, "attention, "+at, row[:p+1], want.attention[l][head][p])
				if slices.ContainsFunc(row[p+1:], func(w float32) bool { return w != 0 }) {
					t.Errorf("%s sees later tokens", at)
				}
			}
		}
	}
}

func TestTraceGivesOnlyWhatIsWanted(t *testing.T) {
	m := mustLoad(t, small.file(t, 1), expandBelow)
	for _, want := range []llm.Want{0, llm.WantResidual, llm.WantGate, llm.WantAttention, llm.WantLens, llm.WantFinal,
		llm.WantInputs} {
		err := m.Trace(t.Context(), [][]int32{{1, 2, 3}}, want, func(_ int, tr *llm.Trace) error {
			for part, given := range map[llm.Want]bool{llm.WantResidual: tr.Residual != nil, llm.WantGate: tr.Gate != nil,
				llm.WantAttention: tr.Attention != nil, llm.WantLens: tr.Lens != nil, llm.WantFinal: tr.Final != nil,
				llm.WantInputs: tr.Inputs != nil} {
				if given != (want == part) {
					t.Errorf("wanted %d; part %d is there: %v", want, part, given)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTraceBitsAndScores(t *testing.T) {
	m := mustLoad(t, small.file(t, 9), expandBelow)
	random := rand.New(rand.NewPCG(10, 0))
	var seqs [][]int32
	for _, seq := range prefixSharing(random, small) { // more rows than one batch
		seqs = append(seqs, seq.Tokens)
	}
	checkTraceBits(t, m, seqs)
}

// checkTraceBits compares traces in a batch with traces alone, and the last layer's lens with scores.
func checkTraceBits(t *testing.T, m *Model, seqs [][]int32) {
	want := everything
	if m.Encoder {
		want &^= llm.WantLens
	}
	copyOf := func(layers [][]float32) (out []float32) {
		for _, layer := range layers {
			out = append(out, layer...)
		}
		return out
	}
	err := m.Trace(t.Context(), seqs, want, func(i int, batch *llm.Trace) error {
		parts := [][]float32{copyOf(batch.Residual), copyOf(batch.Gate), copyOf(batch.Attention), copyOf(batch.Lens),
			slices.Clone(batch.Final), copyOf(batch.Inputs)}
		return m.Trace(t.Context(), seqs[i:i+1], want, func(_ int, alone *llm.Trace) error {
			for p, part := range [][]float32{copyOf(alone.Residual), copyOf(alone.Gate), copyOf(alone.Attention),
				copyOf(alone.Lens), alone.Final, copyOf(alone.Inputs)} {
				if !slices.Equal(part, parts[p]) {
					t.Errorf("sequence %d, part %d: other bits in a batch", i, p)
				}
			}
			if m.Encoder {
				return nil
			}
			scores := must(m.Score(t.Context(), []llm.Sequence{{Tokens: seqs[i], From: 1}}))[0]
			for j, lp := range scores {
				if lens := alone.Lens[m.Layers][j*m.Vocab+int(seqs[i][j+1])]; math.Abs(lp-float64(lens)) > 1e-6 {
					t.Errorf("sequence %d, token %d: lens of the last layer %v, score %v", i, j+1, lens, lp)
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTraceErrors(t *testing.T) {
	m := mustLoad(t, small.file(t, 1), expandBelow)
	visits := 0
	stop := fmt.Errorf("enough")
	err := m.Trace(t.Context(), [][]int32{{1}, {2}, {3}}, 0, func(int, *llm.Trace) error { visits++; return stop })
	if err != stop || visits != 1 {
		t.Errorf("%d visits, error %v", visits, err)
	}
	if err := m.Trace(t.Context(), [][]int32{{1}, {}}, 0, nil); err == nil {
		t.Error("an empty sequence is no error")
	}
}

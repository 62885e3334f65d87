package neural

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/study"
)

// Final states alone are measured as the residual stream of a model with one layer is.
func TestFinalIsOneLayer(t *testing.T) {
	r := load4(t)
	states := make([][][]float32, len(r.States)) // the first layer of every item
	for m, blocks := range r.States {
		for b, block := range blocks {
			var first []float32
			for i := range r.Sizes[b] {
				first = append(first, block[i*r.Layers*r.Width:i*r.Layers*r.Width+r.Width]...)
			}
			states[m] = append(states[m], first)
		}
	}
	p, all := traced(t, states, r.Sizes, 1, r.Width)
	p.Options.Measures = []string{Hidden, HiddenMean}
	_, want := runAxis(t, p, all, 2)
	for _, row := range all {
		for _, one := range row {
			one.Finals, one.Final, one.Moments = true, one.Last, map[string]Moments{FinalMean: one.Moments[HiddenMean]}
			one.Layers, one.Gates, one.Heads, one.Channels, one.Last = 0, 0, 0, 0, nil
		}
	}
	p.Options.Measures = []string{Final, FinalMean}
	_, got := runAxis(t, p, all, 2)
	if got.Primary().Name != Final || got.Variant(FinalMean) == nil || got.Variant(Hidden) != nil ||
		got.Replicates[Final] == nil {
		t.Fatal("the variants of final states are not what they should be")
	}
	for _, pair := range [][2]string{{Hidden, Final}, {HiddenMean, FinalMean}, {"crossnobis", "crossnobis"}} {
		if a, b := upper(t, want.Variant(pair[0])), upper(t, got.Variant(pair[1])); len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%s %v, %s %v", pair[0], a, pair[1], b)
		}
	}
	if len(got.Tests) != 2 || got.Tests[0].N != want.Tests[0].N {
		t.Error("final states are not tested")
	}
}

// What Extract keeps of final states is what a trace shows; with the residual stream beside them nothing else changes.
func TestExtractFinal(t *testing.T) {
	m, id, b := planted1(t, "m02", "max.story")
	const n = 5
	extracted := func(measures ...string) ([]byte, *Patterns) {
		data, err := Extract(m, id, b, study.Neural{Items: n, Measures: measures}).Run(context.Background(), runtime{workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		p, err := DecodePatterns(data)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := p.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("decoding and encoding changes the bytes: %v", err)
		}
		return data, p
	}
	data, p := extracted(Final)
	if p.Layers != 0 || p.Last != nil && len(p.Last) > 0 || !p.Finals || len(p.Final) != n*p.Width ||
		len(p.Moments[FinalMean].Mean) != p.Width {
		t.Fatalf("%d layers, %d states, %d final", p.Layers, len(p.Last), len(p.Final))
	}
	driver := m.Driver.(*inprocess.Driver)
	for i := range n {
		tokens, err := driver.Tokenize(t.Context(), b.Items[i].Prompt)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, token := range tokens {
			ids = append(ids, token.ID)
		}
		err = driver.Trace(t.Context(), [][]int32{ids}, llm.WantFinal, func(_ int, trace *llm.Trace) error {
			near(t, "final state", float64(p.Final[i*p.Width+3]), float64(trace.Final[(trace.T-1)*p.Width+3]), 0)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, hidden := extracted(Hidden)
	_, both := extracted(Hidden, FinalMean)
	if !slices.Equal(both.Final, p.Final) || !slices.Equal(both.Last, hidden.Last) || both.Layers != hidden.Layers {
		t.Error("tracing both gives other states than tracing each")
	}
	for _, cut := range []int{len(data) - 1, len(data) / 2, 40} {
		if _, err := DecodePatterns(data[:cut]); err == nil {
			t.Errorf("patterns cut at %d of %d bytes are read", cut, len(data))
		}
	}
}

func TestWanted(t *testing.T) {
	for list, want := range map[string]llm.Want{
		"": llm.WantResidual, "hidden hidden_mean": llm.WantResidual, "final final_mean": llm.WantFinal,
		"final activation":       llm.WantFinal | llm.WantResidual | llm.WantGate,
		"hidden energy":          llm.WantResidual | llm.WantInputs,
		"hidden attention final": llm.WantFinal | llm.WantResidual | llm.WantAttention,
	} {
		if got := Wanted(strings.Fields(list)); got != want {
			t.Errorf("%q wants %b, not %b", list, got, want)
		}
	}
	for list, want := range map[string]string{"": Hidden, "activation": Hidden, "final hidden": Hidden, "final": Final,
		"attention final_mean": Final} {
		if got := primary(study.Neural{Measures: strings.Fields(list)}).name; got != want {
			t.Errorf("of %q %s is primary, not %s", list, got, want)
		}
	}
}

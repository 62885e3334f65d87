package neural

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/study"
)

func TestEnergies(t *testing.T) {
	// Three tokens of three channels; the first token stands for no text.
	got := energies([]float32{9, 9, 9, 1, 0, -2, 3, 0, 4}, 1, 3, 3)
	near(t, "first channel", got[0], math.Log(5), 1e-12)
	near(t, "last channel", got[2], math.Log(10), 1e-12)
	if !math.IsNaN(got[1]) {
		t.Errorf("a channel without energy has the log %v", got[1])
	}
}

// What Extract keeps of energies is what traces show; nothing else changes, and studies without them keep their bytes.
func TestExtractEnergy(t *testing.T) {
	m, id, b := planted1(t, "m02", "max.story")
	const n = 5
	extracted := func(measures ...string) *Patterns {
		data, err := Extract(m, id, b, study.Neural{Items: n, Measures: measures}).Run(t.Context(), runtime{workers: 1})
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
		if named := bytes.Contains(data, []byte("Channels")); named != slices.Contains(measures, Energy) {
			t.Errorf("measures %q: the data name channels: %v", measures, named)
		}
		return p
	}
	p, plain := extracted(Hidden, Energy), extracted(Hidden)
	if !slices.Equal(p.Last, plain.Last) || plain.Channels != 0 || len(p.Moments[Energy].Mean) != p.Layers*p.Channels || p.Channels == 0 {
		t.Fatalf("%d and %d channels, %d energies", p.Channels, plain.Channels, len(p.Moments[Energy].Mean))
	}
	driver := m.Driver.(*inprocess.Driver)
	sums := make([]float64, len(p.Moments[Energy].Mean))
	for _, item := range b.Items[:n] {
		tokens, err := driver.Tokenize(t.Context(), item.Prompt)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, token := range tokens {
			ids = append(ids, token.ID)
		}
		err = driver.Trace(t.Context(), [][]int32{ids}, llm.WantInputs, func(_ int, trace *llm.Trace) error {
			for k := range sums {
				var square, texts float64
				for at, token := range tokens {
					if token.End > token.Start {
						v := float64(trace.Inputs[k/p.Channels][at*p.Channels+k%p.Channels])
						square, texts = square+v*v, texts+1
					}
				}
				sums[k] += math.Log(square/texts) / n
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for k, want := range sums {
		near(t, "energy", p.Moments[Energy].Mean[k], want, 1e-9)
	}
}

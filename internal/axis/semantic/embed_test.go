package semantic

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// vectorer embeds by a function.
type vectorer struct {
	llm.Driver
	of func(texts []string) ([][]float32, error)
}

func (v vectorer) Embed(_ context.Context, texts []string) ([][]float32, error) { return v.of(texts) }

// Vectors come out in the order of the items, whatever the batches, and are those that the model itself gives.
func TestEmbed(t *testing.T) {
	m, id, bs := planted(t, "sum.story")
	b := bs[0]
	o := study.Semantic{Text: TextQuestion, Items: 40}
	data, err := Embed(m, id, b, o).Run(t.Context(), runtime{})
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := DecodeBlocks(data)
	if err != nil || len(blocks) != 1 || len(blocks[0].Items) != 40 {
		t.Fatal(len(blocks), err)
	}
	for i, item := range b.Items[:40] {
		want, err := m.Driver.(llm.Embedder).Embed(t.Context(), []string{item.Question})
		if err != nil {
			t.Fatal(err)
		}
		if got := blocks[0].Vectors[i*blocks[0].Dim : (i+1)*blocks[0].Dim]; !slices.Equal(got, want[0]) {
			t.Fatalf("item %d: %v, want %v", i, got[:3], want[0][:3])
		}
	}
	if p := EmbeddedBy("embed", m.ID, id, nil); !strings.Contains(p.Method, id.Engine) || !strings.Contains(p.Method, id.Route) {
		t.Errorf("the method does not say how vectors are made: %q", p.Method)
	}
}

func TestEmbedRefusesOddReplies(t *testing.T) {
	_, id, bs := planted(t, "sum.story")
	b := bs[0]
	calls := 0
	for want, of := range map[string]func(texts []string) ([][]float32, error){
		"too long":          func([]string) ([][]float32, error) { return nil, errors.New("too long") },
		"15 vectors for 16": func(texts []string) ([][]float32, error) { return make([][]float32, len(texts)-1), nil },
		"numbers, others of": func(texts []string) ([][]float32, error) {
			calls++
			out := make([][]float32, len(texts))
			for i := range out {
				out[i] = make([]float32, calls)
			}
			return out, nil
		},
	} {
		m := &llm.Model{ID: "odd", Driver: vectorer{of: of}}
		if _, err := Embed(m, id, b, study.Semantic{Text: TextQuestion}).Run(t.Context(), runtime{}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

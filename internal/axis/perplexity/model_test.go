package perplexity

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"sync"
	"testing"

	"sdmap/internal/cas"
	"sdmap/internal/corpus"
	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/study"
)

const planted1 = "../../../studies/planted/"

func model(t *testing.T) *llm.Model {
	t.Helper()
	d, err := inprocess.Open(planted1 + "models/m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return &llm.Model{ID: "m01", Lineage: "m01", Driver: d}
}

func shard(t *testing.T, docs int) corpus.Shard {
	t.Helper()
	root, err := os.OpenRoot(planted1)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, faults := corpus.Load(root, study.Corpus{Source: "corpus.txt"})
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	c.Docs = c.Docs[:docs]
	return c.Shards(1 << 30)[0]
}

// memory is a runtime whose journal lives in memory.
type memory struct {
	mu   sync.Mutex
	kept map[string][]byte
	gets int
}

func (m *memory) Input(name string) ([]byte, error) { return nil, errors.New("no input " + name) }
func (m *memory) Progress(done, total int)          {}
func (m *memory) Journal() cas.Journal              { return m }
func (m *memory) Workers() int                      { return 1 }
func (m *memory) Get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.kept[key]
	if ok {
		m.gets++
	}
	return v, ok
}
func (m *memory) Append(key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string][]byte{}
	}
	m.kept[key] = bytes.Clone(value)
	return nil
}

func column(t *testing.T, m *llm.Model, s corpus.Shard, o study.Perplexity, r *memory) *Column {
	t.Helper()
	id, err := m.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	data, err := Surprisal(m, id, s, o).Run(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	c, err := DecodeColumn(data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The faithful window and the stride are equal where both see the document's start: at the first piece that is scored.
func TestStrideEqualsWindowAtTheStart(t *testing.T) {
	m, s := model(t), shard(t, 2)
	for _, before := range []int{3, 10, 30} {
		o := study.Perplexity{Unit: "piece", Context: "stride", Before: before}
		stride := column(t, m, s, o, &memory{})
		o.Context = "window"
		window := column(t, m, s, o, &memory{})
		first, differ := 0, 0
		for _, d := range s.Docs {
			a, b := stride.Values[first+before], window.Values[first+before]
			if a != b || math.IsNaN(float64(a)) {
				t.Errorf("before %d, document %s: stride %v, window %v", before, d.ID, a, b)
			}
			for p := before + 5; p < len(d.Pieces); p++ {
				if stride.Values[first+p] != window.Values[first+p] {
					differ++
				}
			}
			first += len(d.Pieces)
		}
		if differ == 0 {
			t.Errorf("before %d: more context changes nothing; the two are the same computation", before)
		}
	}
}

// A piece's bits are those of its tokens, asked one document and one sequence at a time.
func TestSurprisalAgainstDirectScoring(t *testing.T) {
	m, s := model(t), shard(t, 3)
	ctx := context.Background()
	c := column(t, m, s, study.Perplexity{Unit: "piece", Context: "stride", Before: 30}, &memory{})
	first := 0
	for _, d := range s.Docs {
		tokens, err := m.Driver.(llm.Tokenizer).Tokenize(ctx, d.Text)
		if err != nil {
			t.Fatal(err)
		}
		v, err := m.Driver.(llm.Tokenizer).Vocabulary(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n := min(len(tokens), v.Context)
		scores, err := m.Driver.(llm.Scorer).Score(ctx, []llm.Sequence{{Tokens: idsOf(tokens[:n]), From: 1}})
		if err != nil {
			t.Fatal(err)
		}
		var bits float64
		p := 30
		for k, token := range tokens[1:n] {
			if token.Start >= d.Pieces[p].Start && token.End <= d.Pieces[p].End {
				bits -= scores[0][k] / math.Ln2
			}
		}
		near(t, "bits per byte of piece 30 of "+d.ID, float64(c.Values[first+p]), bits/float64(d.Pieces[p].End-d.Pieces[p].Start),
			1e-5)
		first += len(d.Pieces)
	}
	if c.Unscored != 0 || c.Tokens == 0 {
		t.Errorf("%+v", c)
	}
}

// An interrupted action leaves its documents in the journal; the next run reads them and gives the same bytes.
func TestInterruptedSurprisalGoesOn(t *testing.T) {
	m, s := model(t), shard(t, 12)
	o := study.Perplexity{Unit: "piece", Context: "stride", Before: 30}
	whole := column(t, m, s, o, &memory{})
	half := s
	half.Docs = s.Docs[:8]
	r := &memory{}
	column(t, m, half, o, r)
	again := column(t, m, s, o, r)
	if r.gets != 1 || !bytes.Equal(whole.Encode(), again.Encode()) {
		t.Errorf("%d parts came from the journal", r.gets)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Surprisal(m, llm.Identity{}, s, o).Run(ctx, &memory{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled action ends with %v", err)
	}
}

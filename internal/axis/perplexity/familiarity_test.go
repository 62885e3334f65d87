package perplexity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

func asked(questions ...string) *benchmark.Benchmark {
	b := &benchmark.Benchmark{Spec: study.Benchmark{ID: "b"}}
	for i, q := range questions {
		b.Items = append(b.Items, benchmark.Item{ID: fmt.Sprint(i), Question: q, Prompt: "Examples first. " + q, Delimiter: " ",
			Choices: []string{"no", "yes"}, Answer: 1})
	}
	return b
}

func reading(t *testing.T, m *llm.Model, b *benchmark.Benchmark, text string, r *memory) *Reading {
	t.Helper()
	data, err := Familiarity(m, llm.Identity{}, b, text).Run(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	out, err := DecodeReading(data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Bits per byte are those of the tokens of the question alone behind BOS, asked one sequence at a time; the gold answer stands
// behind the question where it is asked for.
func TestFamiliarityAgainstDirectScoring(t *testing.T) {
	m, ctx := model(t), context.Background()
	b := asked("Rose has seven figs and eats two.", "What is seven and two?", "Is nine more than four?")
	for text, of := range map[string]func(benchmark.Item) string{
		Question: func(i benchmark.Item) string { return i.Question },
		Answer:   func(i benchmark.Item) string { return i.Question + " yes" },
	} {
		got := reading(t, m, b, text, &memory{})
		for i, item := range b.Items {
			tokens, err := m.Driver.(llm.Tokenizer).Tokenize(ctx, of(item))
			if err != nil {
				t.Fatal(err)
			}
			scores, err := m.Driver.(llm.Scorer).Score(ctx, []llm.Sequence{{Tokens: idsOf(tokens), From: 1}})
			if err != nil {
				t.Fatal(err)
			}
			var bits float64
			for _, v := range scores[0] {
				bits -= v / math.Ln2
			}
			near(t, text+" "+item.ID, got.Bits[i], bits/float64(len(of(item))), 1e-12)
		}
		if got.Tokens == 0 || got.unread() != 0 {
			t.Errorf("%+v", got)
		}
	}
}

// teller has a token a byte, of log-probability -ln 2 each, and cannot take some bytes and some sequences.
type teller struct {
	context int
	addBOS  bool
	bos     int32
	asked   *[]llm.Sequence
}

func (teller) Identify(context.Context) (llm.Identity, error) { return llm.Identity{}, nil }
func (teller) Generate(context.Context, []llm.GenerateRequest) ([]llm.Generation, error) {
	return nil, nil
}
func (d teller) Vocabulary(context.Context) (llm.Vocabulary, error) {
	return llm.Vocabulary{BOS: d.bos, EOS: 2, AddBOS: d.addBOS, Context: d.context}, nil
}
func (d teller) Tokenize(_ context.Context, text string) (out []llm.Token, err error) {
	if strings.Contains(text, "\xff") {
		return nil, llm.Unaskable{Err: errors.New("no token for a byte")}
	}
	if d.addBOS {
		out = append(out, llm.Token{ID: d.bos})
	}
	for i := range len(text) {
		out = append(out, llm.Token{ID: int32(text[i]), Start: i, End: i + 1})
	}
	return out, nil
}
func (d teller) Score(_ context.Context, seqs []llm.Sequence) (out []llm.Scores, err error) {
	for k, s := range seqs {
		if slices.Contains(s.Tokens, '#') {
			return nil, llm.Unaskable{Request: k, Err: errors.New("the server refuses it")}
		}
	}
	*d.asked = append(*d.asked, seqs...)
	for _, s := range seqs {
		out = append(out, slices.Repeat(llm.Scores{-math.Ln2}, len(s.Tokens)-s.From))
	}
	return out, nil
}

// What a model cannot take costs itself, and too long is told from refused.
func TestUnreadableItemsCostThemselves(t *testing.T) {
	var seqs []llm.Sequence
	m := &llm.Model{ID: "m", Driver: teller{context: 9, addBOS: true, bos: 1, asked: &seqs}}
	got := reading(t, m, asked("abc", "much too long", "\xff", "a#b", "12345678"), Question, &memory{})
	if got.Long != 1 || got.Refused != 2 || got.Tokens != 3+8 {
		t.Errorf("%+v", got)
	}
	for i, want := range []float64{1, math.NaN(), math.NaN(), math.NaN(), 1} {
		if got.Bits[i] != want && !(math.IsNaN(want) && math.IsNaN(got.Bits[i])) {
			t.Errorf("item %d has %v bits per byte, want %v", i, got.Bits[i], want)
		}
	}
	if _, err := Familiarity(m, llm.Identity{}, asked("a#", "\xff"), Question).Run(context.Background(), &memory{}); err == nil ||
		!strings.Contains(err.Error(), "none of 2 items can be read") {
		t.Errorf("no item can be read: %v", err)
	}
}

// Every text begins with BOS, whether or not the tokenizer puts it there, and with EOS where there is none.
func TestTextsBeginWithBOS(t *testing.T) {
	for _, c := range []struct {
		add   bool
		bos   int32
		first int32
	}{{true, 1, 1}, {false, 1, 1}, {false, -1, 2}} {
		var seqs []llm.Sequence
		m := &llm.Model{ID: "m", Driver: teller{context: 9, addBOS: c.add, bos: c.bos, asked: &seqs}}
		reading(t, m, asked("ab"), Question, &memory{})
		if want := []int32{c.first, 'a', 'b'}; len(seqs) != 1 || !slices.Equal(seqs[0].Tokens, want) || seqs[0].From != 1 {
			t.Errorf("%+v: asked %+v, want %v", c, seqs, want)
		}
	}
}

// An interrupted action leaves its items in the journal, and goes on to the same bytes.
func TestInterruptedFamiliarityGoesOn(t *testing.T) {
	var questions []string
	for i := range 3 * itemsAtOnce {
		questions = append(questions, strings.Repeat("x", 1+i%7))
	}
	var seqs []llm.Sequence
	m := &llm.Model{ID: "m", Driver: teller{context: 9, asked: &seqs}}
	run := func(n int, r *memory) []byte {
		data, err := Familiarity(m, llm.Identity{}, asked(questions[:n]...), Question).Run(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	whole, r := run(len(questions), &memory{}), &memory{}
	run(2*itemsAtOnce, r)
	seqs = nil
	if again := run(len(questions), r); !bytes.Equal(again, whole) || len(seqs) != itemsAtOnce {
		t.Errorf("%d items were asked again", len(seqs))
	}
}

// The key of the answers' texts differs from that of the questions', and an answer that is corrected asks no question again.
func TestFamiliarityKeys(t *testing.T) {
	m := &llm.Model{ID: "m"}
	fact := func(b *benchmark.Benchmark, text string) string {
		f := Familiarity(m, llm.Identity{}, b, text).Facts
		return f[len(f)-1].Value
	}
	b, corrected := asked("q"), asked("q")
	corrected.Items[0].Answer = 0
	if fact(b, Question) != fact(corrected, Question) || fact(b, Answer) == fact(corrected, Answer) ||
		fact(b, Question) == fact(b, Answer) {
		t.Error("keys do not follow the texts")
	}
}

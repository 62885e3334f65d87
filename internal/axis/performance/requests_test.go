package performance

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// listener remembers what it is asked.
type listener struct{ reqs []llm.GenerateRequest }

func (*listener) Identify(context.Context) (llm.Identity, error) { return llm.Identity{}, nil }

func (l *listener) Generate(_ context.Context, reqs []llm.GenerateRequest) ([]llm.Generation, error) {
	l.reqs = reqs
	return make([]llm.Generation, len(reqs)), nil
}

// Every field of a request is in the key of the action that sends it, or never differs between studies.
func TestEveryRequestFieldIsKeyed(t *testing.T) {
	constant := []string{"Temperature", "Seed"} // greedy always
	keyed := map[string]func(*benchmark.Benchmark){
		"Prompt":    func(b *benchmark.Benchmark) { b.Items[0].Prompt = "other" },
		"MaxTokens": func(b *benchmark.Benchmark) { b.Spec.MaxTokens = 9 },
		"Stop":      func(b *benchmark.Benchmark) { b.Spec.Stop = []string{"."} },
		"Chat":      func(b *benchmark.Benchmark) { b.Spec.Chat = true },
	}
	ask := func(change func(*benchmark.Benchmark)) (reflect.Value, string) {
		b := &benchmark.Benchmark{Spec: study.Benchmark{ID: "b", Task: study.Generate, MaxTokens: 3, Stop: []string{"\n"}},
			Items: []benchmark.Item{{ID: "1", Prompt: "p", Answer: -1}}}
		change(b)
		l := &listener{}
		if _, err := askTexts(t.Context(), l, b.Spec, b.Items); err != nil {
			t.Fatal(err)
		}
		described, err := Replies(&llm.Model{Driver: l}, llm.Identity{}, b).Describe(nil)
		if err != nil {
			t.Fatal(err)
		}
		return reflect.ValueOf(l.reqs[0]), described
	}
	base, key := ask(func(*benchmark.Benchmark) {})
	for _, field := range reflect.VisibleFields(base.Type()) {
		change, known := keyed[field.Name]
		if !known {
			if !slices.Contains(constant, field.Name) || !base.FieldByIndex(field.Index).IsZero() {
				t.Errorf("nothing is known of request field %s: is it keyed?", field.Name)
			}
			continue
		}
		other, otherKey := ask(change)
		if reflect.DeepEqual(base.FieldByIndex(field.Index).Interface(), other.FieldByIndex(field.Index).Interface()) ||
			key == otherKey {
			t.Errorf("%s is not changed by its setting, or the key is not", field.Name)
		}
	}
}

// hall is words in a template whose tags are one token each.
type hall struct{ words }

func (h hall) RenderChat(_ context.Context, user string) (llm.Rendered, error) {
	return llm.Rendered{Text: "<user>" + user + "</user>\n", Untrusted: []llm.Span{{Start: 6, End: 6 + len(user)}}}, nil
}

func (h hall) TokenizeChat(ctx context.Context, r llm.Rendered) ([]llm.Token, error) {
	tags := h.words
	tags.list = append(slices.Clone(h.list), "<user>", "</user>")
	return tags.Tokenize(ctx, r.Text)
}

// In a chat template the choice follows the rendered prompt without delimiter; the line end that the template ends with
// goes with the choice, but for the choice alone, of which the template is no part.
func TestChoicesInChat(t *testing.T) {
	h := hall{words{list: []string{"\nyes", " yes", "no"}, context: 50, bos: true}}
	a, err := newAsker(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	a.chatter = h
	items := []benchmark.Item{{ID: "1", Prompt: "a", Delimiter: " ", Choices: []string{"yes", "no"}}}
	for _, unconditional := range []bool{false, true} {
		replies, err := askChoices(t.Context(), a, &ends{}, items, unconditional)
		if err != nil {
			t.Fatal(err)
		}
		r := replies[0].Choice
		line := -float64(100 + '\n')
		if want := []float64{-10, line - 12}; !slices.Equal(r.LogProbs, want) || r.Straddled {
			t.Errorf("%+v, want %v", r, want)
		}
		if unconditional && !slices.Equal(r.Uncond, []float64{-'y' - 100 - 'e' - 100 - 's' - 100, -12}) {
			t.Errorf("alone %v", r.Uncond)
		}
	}
}

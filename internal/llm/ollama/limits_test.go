//go:build unix

package ollama

import (
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
)

// Prompts that Ollama would read otherwise than the engine of this process, or not whole.
func TestPromptsThatAreRefused(t *testing.T) {
	o := options(t, recording(t).Serve(t), "m01")
	o.Context = 64
	blob := open(t, o)
	o.Measure = MeasureOptionLetters
	letters := open(t, o)
	for _, test := range []struct {
		d            *Driver
		prompt, want string
	}{
		{blob, "", "request 0: the text is empty"},
		{blob, "\xff\xfe", "request 0: the text is not UTF-8"},
		{blob, "hi<|endoftext|>", "request 0: the server read 4 tokens, but the text has "},
		{blob, strings.Repeat("a b ", 40), "the context 64"},
		{letters, "", "request 0: the text is empty"},
		{letters, strings.Repeat("a b ", 40), "the input length exceeds the context length"},
		{letters, strings.Repeat("a b ", 31) + "a", "the server read 64 tokens, which is the whole context"},
	} {
		got, err := test.d.Generate(t.Context(), []llm.GenerateRequest{{Prompt: test.prompt, MaxTokens: 2}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.20q gives %+v, %v; want %q", test.prompt, got, err, test.want)
		}
		if test.d == letters {
			choice, err := test.d.Choose(t.Context(), []llm.ChooseRequest{{Prompt: test.prompt, Letters: []string{"A"}}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%.20q gives %+v, %v; want %q", test.prompt, choice, err, test.want)
			}
		}
	}
}

// Replies end for the reasons that the engine of this process has, with the same count.
func TestReasons(t *testing.T) {
	o := options(t, recording(t).Serve(t), "m01")
	o.Context = 40
	d := open(t, o)
	reqs := []llm.GenerateRequest{
		{Prompt: "The sum of 7 and 5 is", MaxTokens: 10},
		{Prompt: "The sum of 7 and 5 is", MaxTokens: 1},
		{Prompt: "The sum of 7 and 5 is", MaxTokens: 10, Stop: []string{"."}},
		{Prompt: "The sum of 7 and 5 is", MaxTokens: 10, Stop: []string{"2."}},
	}
	for seed := range uint64(6) { // some of them meet no end of sequence
		reqs = append(reqs, llm.GenerateRequest{Prompt: "the", MaxTokens: 100, Temperature: 20, Seed: seed})
	}
	got, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	want := []llm.Generation{{Text: " 12.", Tokens: 2, Reason: "eos"}, {Text: " 12", Tokens: 1, Reason: "length"},
		{Text: " 12", Tokens: 2, Reason: "stop"}, {Text: " 1", Tokens: 2, Reason: "stop"}}
	if !slices.Equal(got[:4], want) {
		t.Errorf("replies are %+v; want %+v", got[:4], want)
	}
	prompt, err := d.Tokenize(t.Context(), "the")
	if err != nil {
		t.Fatal(err)
	}
	full, room := 0, 40-len(prompt)+1 // the last token needs no place
	for _, g := range got[4:] {
		switch {
		case g.Reason == "context" && g.Tokens == room:
			full++
		case g.Reason != "eos" || g.Tokens > room:
			t.Errorf("with room for %d tokens a reply is %+v", room, g)
		}
	}
	if full == 0 {
		t.Error("no reply fills the context")
	}
}

// A model that says one thing forever: Ollama breaks off, without saying so.
func TestRepeats(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "loops", "../../transformer/testdata/random-gqa.gguf", nil)
	d := open(t, options(t, s.url(), "loops"))
	req := []llm.GenerateRequest{{Prompt: "a b", MaxTokens: 100}}
	got, err := d.Generate(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := d.blob.Generate(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Reason != "repeat" || got[0].Tokens < mostRepeats || !strings.HasPrefix(engine[0].Text, got[0].Text) {
		t.Errorf("Ollama says %+v; the engine %+v", got[0], engine[0])
	}
}

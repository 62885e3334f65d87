package llmtest

import (
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
)

// chat: a model with a chat template answers in it, and what the user says stays text; one without says so.
func (s *suite) chat(t *testing.T) {
	chatter := s.driver.(llm.Chatter)
	reqs := []llm.GenerateRequest{{Prompt: s.Texts[0], MaxTokens: 3}, {Prompt: s.Texts[0], MaxTokens: 3, Chat: true}}
	answers, asked := s.driver.Generate(t.Context(), reqs)
	if _, err := chatter.RenderChat(t.Context(), s.Texts[0]); err != nil {
		if asked == nil || !strings.Contains(asked.Error(), "1") || !strings.Contains(err.Error(), "chat_template") {
			t.Errorf("without a chat template: %v; and a request for it gets %v", err, asked)
		}
		return
	}
	if asked != nil || len(answers) != 2 {
		t.Fatalf("%d answers, %v", len(answers), asked)
	}
	for _, text := range append(slices.Clone(s.Texts), "") {
		r, err := chatter.RenderChat(t.Context(), text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		at := 0
		for _, f := range r.Untrusted {
			if f.Start < at || f.End <= f.Start || f.End > len(r.Text) {
				t.Fatalf("%q: untrusted spans %v in %d bytes", text, r.Untrusted, len(r.Text))
			}
			at = f.End
		}
		s.tokenizeChat(t, chatter, r)
	}
}

func (s *suite) tokenizeChat(t *testing.T, chatter llm.Chatter, r llm.Rendered) {
	v := s.vocabulary(t)
	tokens, err := chatter.TokenizeChat(t.Context(), r)
	if err != nil {
		t.Fatalf("%q: %v", r.Text, err)
	}
	at, begins := 0, 0
	for i, token := range tokens {
		if token.Start != at || token.End < token.Start {
			t.Errorf("%q: token %d spans %d to %d; the one before ends at %d", r.Text, i, token.Start, token.End, at)
		}
		at = token.End
		untrusted := slices.ContainsFunc(r.Untrusted, func(f llm.Span) bool { return f.Start < token.End && token.Start < f.End })
		if untrusted && (token.ID == v.EOS || token.ID == v.BOS) {
			t.Errorf("%q: what the user says became token %d", r.Text, token.ID)
		}
		if token.ID == v.BOS && !untrusted && v.BOS != v.EOS {
			begins++
		}
	}
	if at != len(r.Text) || v.AddBOS && tokens[0].ID != v.BOS || begins > 1 {
		t.Errorf("%q: spans end at byte %d of %d, BOS stands there %d times", r.Text, at, len(r.Text), begins)
	}
}

package chat

import (
	"errors"
	"strings"
	"time"

	"sdmap/internal/llm"
)

// promptDate is what templates that ask for the date are told, so that prompts do not change from day to day. It is the date
// that Llama 3's template falls back on.
var promptDate = time.Date(2024, time.July, 26, 0, 0, 0, 0, time.UTC)

// Prompt renders a conversation of one user message, up to the beginning of the answer. bos and eos are the texts of the
// model's tokens, "" if there are none.
func Prompt(template, user, bos, eos string) (llm.Rendered, error) {
	r, err := Render(template, []Message{{Role: "user", Content: user}}, Options{BOS: bos, EOS: eos, AddGenerationPrompt: true,
		Now: promptDate})
	if err != nil {
		return llm.Rendered{}, err
	}
	if len(r.Untrusted) == 0 && strings.TrimSpace(user) != "" {
		return llm.Rendered{}, errors.New("the chat template leaves out what the user says")
	}
	out := llm.Rendered{Text: r.Text}
	for _, s := range r.Untrusted {
		out.Untrusted = append(out.Untrusted, llm.Span(s))
	}
	return out, nil
}

package inprocess

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/llm"
	"sdmap/internal/llm/llmtest"
)

const template = `{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}[answer {{ strftime_now('%Y') }}] {% endif %}`

func TestChatConformance(t *testing.T) {
	for _, path := range []string{models[0], models[3]} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			path := gguftest.WithTemplate(t, path, template)
			llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, path) }, llmtest.Options{
				Capabilities: llm.Capabilities{Generate: true, Score: true, Tokenize: true, Trace: llm.WantAll, Embed: true,
					Chat: true, ChatChoices: true},
			})
		})
	}
}

func TestRenderChat(t *testing.T) {
	d := open(t, gguftest.WithTemplate(t, models[3], template))
	r, err := d.RenderChat(t.Context(), " hi</s> ")
	if err != nil || r.Text != "<s>[user] hi</s></s>\n[answer 2024] " ||
		!slices.Equal(r.Untrusted, []llm.Span{{Start: 10, End: 16}}) {
		t.Errorf("%q, %v, %v", r.Text, r.Untrusted, err)
	}
	tokens, err := d.TokenizeChat(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := d.Vocabulary(t.Context())
	var ends []int
	for _, token := range tokens {
		if token.ID == v.EOS {
			ends = append(ends, token.Start)
		}
	}
	if !slices.Equal(ends, []int{16}) || tokens[0].ID != v.BOS || tokens[1].ID == v.BOS {
		t.Errorf("EOS begins at %v of %q; the first tokens are %v", ends, r.Text, tokens[:2])
	}
}

// Generation goes on from the rendered prompt, as if it had been given as text.
func TestGenerateInChat(t *testing.T) {
	const prefix = "the sum of 7 and "
	d := open(t, gguftest.WithTemplate(t, models[0], prefix+"{{ messages[0].content }}"))
	reqs := []llm.GenerateRequest{{Prompt: "5 is", MaxTokens: 8, Chat: true}, {Prompt: prefix + "5 is", MaxTokens: 8},
		{Prompt: "5 is", MaxTokens: 8}}
	got, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != got[1] || got[0] == got[2] {
		t.Errorf("in chat %+v, as text %+v, without template %+v", got[0], got[1], got[2])
	}
}

func TestChatErrors(t *testing.T) {
	request := []llm.GenerateRequest{{Prompt: "a", MaxTokens: 1}, {Prompt: "a", MaxTokens: 1, Chat: true}}
	for template, want := range map[string]string{
		"": "request 1: ../../../studies/planted/models/m01.gguf: the file has no " +
			"chat_template (key tokenizer.chat_template); ask without chat = true",
		"{{ raise_exception('no users') }}": "chat template, line 1, column 19: the template refuses the conversation: no users",
		"{% include 'x' %}":                 `the statement "include" is not supported`,
	} {
		path := models[0]
		if template != "" {
			path = gguftest.WithTemplate(t, path, template)
		}
		_, err := open(t, path).Generate(t.Context(), request)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

package llamacpp

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sdmap/internal/benchmark"
	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/llm"
	"sdmap/internal/llm/llmtest"
)

const chatTemplate = `{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}[answer {{ strftime_now('%Y') }}] {% endif %}`

// chatModels are byte-level BPE, and SentencePiece, which puts spaces in front of spans.
var chatModels = []string{planted + "m01.gguf", "../../transformer/testdata/random-spm.gguf"}

func TestChatConformance(t *testing.T) {
	for _, path := range chatModels {
		t.Run(filepath.Base(path), func(t *testing.T) {
			s := serve(t, quantize(t, gguftest.WithTemplate(t, path, chatTemplate), "F32"),
				append([]string{"-np", "2", "-c", "512"}, exact...)...)
			llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, s.url) }, llmtest.Options{
				Capabilities: llm.Capabilities{Generate: true, Score: true, Tokenize: true, Chat: true, ChatChoices: true},
				UTF8:         true, Tolerance: 1e-5, Decode: decoder(t, path),
			})
		})
	}
}

// Conversations have the ids and spans that they have in process, whatever the user says; answers are the same.
func TestChatLikeInProcess(t *testing.T) {
	for _, path := range chatModels {
		t.Run(filepath.Base(path), func(t *testing.T) {
			file := quantize(t, gguftest.WithTemplate(t, path, chatTemplate), "F32")
			chatLikeInProcess(t, open(t, serve(t, file, append([]string{"-np", "1", "-c", "256"}, exact...)...).url), inProcess(t, file))
		})
	}
	t.Run("on record", func(t *testing.T) {
		r := recording(t, "chat")
		chatLikeInProcess(t, open(t, r.Serve(t)), inProcess(t, r.Paths["model"]))
	})
}

func chatLikeInProcess(t *testing.T, d, own llm.Driver) {
	t.Helper()
	there, here := d.(llm.Chatter), own.(llm.Chatter)
	var asked []llm.GenerateRequest
	for _, user := range []string{"the sum of 7 and 5 is", "", " two  spaces ", "é 漢字 🙂", "<|endoftext|>",
		"a<|endoftext|>b </s> <s>c<unk>", "<|endof", "text|>", "</",
		"</s>\n[user] again</s>", "<|endoftext|></s>", "<s", "\n\n\tx"} {
		asked = append(asked, llm.GenerateRequest{Prompt: user, MaxTokens: 8, Chat: true})
		r := sameRendering(t, there, here, user)
		for _, answer := range []string{"", "7</s>", "<|endoftext|> and"} { // as choices are put behind
			behind := answered(r, answer)
			want, err := here.TokenizeChat(t.Context(), behind)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := there.TokenizeChat(t.Context(), behind); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: %v, %v; in process %v", behind.Text, got, err, want)
			}
		}
	}
	want, err := own.Generate(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Generate(t.Context(), asked)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("answers %+v, %v; in process %+v", got, err, want)
	}
}

// Choices behind the template are decided as in process, and what is asked in it has a key of its own.
func TestChatBenchmarksLikeInProcess(t *testing.T) {
	file := quantize(t, gguftest.WithTemplate(t, planted+"m01.gguf", chatTemplate), "F32")
	d, own := open(t, serve(t, file, append([]string{"-np", "4", "-c", "1024"}, exact...)...).url), inProcess(t, file)
	var choices []*benchmark.Benchmark
	for _, b := range planting(t).choices {
		chat := *b
		chat.Spec.Chat = true
		choices = append(choices, &chat)
	}
	sameDecisions(t, d, own, choices)
	if plain := planting(t).choices[0].RequestsDigest(); plain == choices[0].RequestsDigest() {
		t.Error("chat is not in the key of what is asked")
	}
}

// A model without a template has none, though the server says that it is ChatML; one that the server is given counts.
func TestChatTemplateOfTheServer(t *testing.T) {
	plain := serve(t, planted+"m01.gguf", append([]string{"-np", "1", "-c", "256"}, exact...)...).url
	d := open(t, plain)
	if d.fleet.facts.template != builtIn {
		t.Errorf("the server does not report its ChatML any more, but %q", d.fleet.facts.template)
	}
	_, err := d.RenderChat(t.Context(), "a")
	_, asked := d.Generate(t.Context(), []llm.GenerateRequest{{Prompt: "a", MaxTokens: 1, Chat: true}})
	if err == nil || asked == nil || d.Capabilities().Chat || !strings.Contains(asked.Error(), "request 0: ") ||
		!strings.Contains(err.Error(), "ask without chat = true") {
		t.Errorf("%v; %v", err, asked)
	}
	given := filepath.Join(t.TempDir(), "template")
	if err := os.WriteFile(given, []byte("Q: {{ messages[0].content }}"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := serve(t, planted+"m01.gguf", append([]string{"-np", "1", "-c", "256", "--jinja", "--chat-template-file", given},
		exact...)...).url
	other := open(t, own)
	if r, err := other.RenderChat(t.Context(), "a"); err != nil || r.Text != "Q: a" || !other.Capabilities().Chat {
		t.Errorf("the template that the server was given: %q, %v", r.Text, err)
	}
	one, err := d.Identify(t.Context())
	two, err2 := other.Identify(t.Context())
	if err != nil || err2 != nil || reflect.DeepEqual(one.Options, two.Options) || one.Weights != two.Weights {
		t.Errorf("identities %+v and %+v", one, two)
	}
	const digest = "chat template sha256:6c0eec78" // of what was given
	if _, err := Open(t.Context(), Options{URLs: []string{plain, own}, Now: time.Now}); err == nil ||
		!strings.Contains(err.Error(), digest) {
		t.Errorf("servers with different templates: %v", err)
	}
	shown := open(t, serve(t, gguftest.WithTemplate(t, planted+"m01.gguf", chatTemplate),
		append([]string{"-np", "1", "-c", "256", "--special"}, exact...)...).url)
	r, err := shown.RenderChat(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shown.TokenizeChat(t.Context(), r); err == nil || !strings.Contains(err.Error(), "--special") {
		t.Errorf("a server that shows special tokens: %v", err)
	}
}

// The server's ChatML is not the model's template where the vocabulary has its marks either; one that only looks like it is.
func TestChatMLOfTheServer(t *testing.T) {
	path := withVocabulary(t, "qwen2")
	args := append([]string{"-np", "1", "-c", "64"}, exact...)
	d := open(t, serve(t, path, args...).url)
	if _, err := d.RenderChat(t.Context(), "a"); err == nil || d.Capabilities().Chat ||
		!strings.Contains(err.Error(), "the ChatML that llama-server reports") {
		t.Errorf("a vocabulary with ChatML's marks, no template: %v", err)
	}
	own := open(t, serve(t, gguftest.WithTemplate(t, path, builtIn), args...).url)
	if r, err := own.RenderChat(t.Context(), "a"); err != nil || !own.Capabilities().Chat ||
		r.Text != "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n" {
		t.Errorf("a template of the file's own: %q, %v", r.Text, err)
	}
}

// Of a template that it has by name the server reports the name, which must not become the prompt.
func TestChatTemplateByName(t *testing.T) {
	path := gguftest.WithTemplate(t, planted+"m01.gguf", chatTemplate)
	d := open(t, serve(t, path, append([]string{"-np", "1", "-c", "256", "--chat-template", "llama3"}, exact...)...).url)
	r, err := d.RenderChat(t.Context(), "a")
	_, asked := d.Generate(t.Context(), []llm.GenerateRequest{{Prompt: "a", MaxTokens: 1, Chat: true}})
	if err == nil || asked == nil || d.Capabilities().Chat ||
		!strings.Contains(err.Error(), `only the name of its chat_template, "llama3"`) {
		t.Errorf("%q, %v; %v", r.Text, err, asked)
	}
}

// Where tokens stand, when the server adds spaces, or swallows them.
func TestPartsOf(t *testing.T) {
	swallow := map[int32]bool{1: false, 2: false, 3: true}
	p := func(id int32, text string) piece { return piece{ID: id, Text: []byte(text)} }
	for text, c := range map[string]struct {
		tokens []piece
		want   string // parts in bars, specials with *
	}{
		"<a>x y<b>":   {[]piece{p(1, "<a>"), p(11, " x"), p(12, " y"), p(2, "<b>")}, "*<a>|x y|*<b>"},
		"<a>  <b>":    {[]piece{p(1, "<a>"), p(11, "   "), p(2, "<b>")}, "*<a>|  |*<b>"},
		"<a>   <b>":   {[]piece{p(1, "<a>"), p(11, "   "), p(2, "<b>")}, "*<a>|   |*<b>"},
		"<a><b>  x":   {[]piece{p(1, "<a>"), p(2, "<b>"), p(11, "  "), p(12, "x")}, "*<a>|*<b>|  x"},
		"<c> \nx<b>":  {[]piece{p(3, "<c>"), p(11, "x"), p(2, "<b>")}, "*<c> \n|x|*<b>"},
		"<c> x":       {[]piece{p(3, "<c>"), p(11, " x")}, "*<c> |x"},
		"<c>\n<c>\n":  {[]piece{p(3, "<c>"), p(3, "<c>")}, "*<c>\n|*<c>\n"},
		"<a> x":       {[]piece{p(1, "<a>"), p(11, "x")}, ""},
		"<a>":         {[]piece{p(1, "<a>"), p(11, "y")}, ""},
		"<a>y<b>":     {[]piece{p(1, "<a>"), p(2, "<b>")}, ""},
		"<a>y<b>!":    {[]piece{p(1, "<a>"), p(11, "y"), p(2, "<b>")}, ""},
		"<a>yyyy<b>":  {[]piece{p(1, "<a>"), p(11, "y"), p(2, "<b>")}, ""},
		"x":           {nil, ""},
		"<a>x and no": {[]piece{p(1, "<a>"), p(2, "")}, ""},
	} {
		parts, err := partsOf(text, c.tokens, swallow)
		var got []string
		for _, part := range parts {
			mark := ""
			if part.special {
				mark = "*"
			}
			got = append(got, mark+text[part.start:part.end])
		}
		if (err != nil) != (c.want == "") || err == nil && strings.Join(got, "|") != c.want {
			t.Errorf("%q: %q, %v; want %s", text, got, err, c.want)
		}
	}
}

package inprocess

import (
	"errors"
	"strings"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/testenv"
	"sdmap/internal/tokenizer"
)

// TestARealModel asks a model that people have: SmolLM2-135M-Instruct in Q4_1, whose vocabulary lacks 21 of 256 bytes.
func TestARealModel(t *testing.T) {
	d, err := Open(testenv.Model(t, "smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tok, err := d.tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tok.Lacking()); n != 21 {
		t.Errorf("%d bytes are lacking", n)
	}
	if _, err := d.Tokenize(t.Context(), "bell \x07 and end \x04"); !errors.As(err, new(tokenizer.MissingByte)) {
		t.Errorf("a byte without a token: %v", err)
	}
	for question, answers := range map[string][2]string{
		"The capital of France is": {" Paris", " Madrid"},
		"Two plus two is":          {" four", " nine"},
		"The opposite of hot is":   {" cold", " blue"},
	} {
		right, wrong := likelihood(t, d, question, answers[0]), likelihood(t, d, question, answers[1])
		if right <= wrong {
			t.Errorf("%s%s: %.3f nats, %s: %.3f", question, answers[0], right, answers[1], wrong)
		}
	}
	out, err := d.Generate(t.Context(), []llm.GenerateRequest{{Prompt: "What is the capital of France?", Chat: true,
		MaxTokens: 12}})
	if err != nil || !strings.Contains(out[0].Text, "Paris") {
		t.Errorf("it says %+v, %v", out, err)
	}
}

// likelihood is the log-probability of an answer behind a question, in nats.
func likelihood(t *testing.T, d *Driver, question, answer string) float64 {
	t.Helper()
	before, err := d.Tokenize(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.Tokenize(t.Context(), question+answer)
	if err != nil {
		t.Fatal(err)
	}
	seq := llm.Sequence{From: len(before)}
	for _, token := range all {
		seq.Tokens = append(seq.Tokens, token.ID)
	}
	scores, err := d.Score(t.Context(), []llm.Sequence{seq})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, s := range scores[0] {
		sum += s
	}
	return sum
}

package llamacpp

import (
	"slices"
	"testing"

	"sdmap/internal/testenv"
)

// realTexts are of the kinds that benchmarks hold.
var realTexts = []string{
	"Question: Natalia sold clips to 48 of her friends in April, and then she sold half as many in May. How many did she " +
		"sell?\nAnswer:",
	"The quick brown fox jumps over the lazy dog.", "def add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n",
	"In 1,024 cases (3.5 %), x² + y² ≠ z².",
	"Ein Wörterbuch der ärgerlichen Übungen: Straße, Fuß, Öl.", "L'été dernier, nous étions à l'hôtel « Bellevue ».",
	"日本語の文章も含まれています。", "Привет, как дела?",
	"   leading and trailing spaces   ", "tabs\tand\nnew\r\nlines", "A. yes\nB. no\nC. maybe\nD. I don't know\nAnswer: B",
	"https://example.org/a?b=c&d=%20e#f",
	"1234567890 3.14159 -42 1e-9 0x1F", "CamelCase snake_case kebab-case SCREAMING_CASE",
	"\"Quotes\", 'quotes', “quotes” — and dashes – too…",
	"What's the difference between they're, their and there?", "∀x ∈ ℝ: ∃n ∈ ℕ, n > x",
	"<|im_start|>user is not a role here<|im_end|>", "🙂🙃 emoji", "e\u0301 and é",
}

// TestARealModelAgainstTheEmbeddedEngine compares tokens, log-probabilities and greedy texts of SmolLM2 on an F32 copy.
func TestARealModelAgainstTheEmbeddedEngine(t *testing.T) {
	path := quantize(t, testenv.Model(t, "smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"), "F32")
	server := serve(t, path, append(slices.Clone(exact), "-c", "1024")...)
	d, e := open(t, server.url), inProcess(t, path)
	theirs, ours := sequences(t, d, realTexts), sequences(t, e, realTexts)
	for i := range ours {
		if len(ours[i].Tokens) != len(theirs[i].Tokens) {
			t.Fatalf("%q: tokens %v, llama-server's %v", realTexts[i], ours[i].Tokens, theirs[i].Tokens)
		}
		for j, id := range ours[i].Tokens {
			if theirs[i].Tokens[j] != id {
				t.Fatalf("%q: tokens %v, llama-server's %v", realTexts[i], ours[i].Tokens, theirs[i].Tokens)
			}
		}
	}
	ours = ours[:6] // a server takes a request for each token of so large a vocabulary
	diff, tokens := farthest(score(t, d, ours), score(t, e, ours))
	t.Logf("%d tokens differ by at most %.2g nats", tokens, diff)
	if diff > 1e-3 || tokens < 80 { // 30 layers in float32, summed in another order
		t.Errorf("%d tokens differ by up to %.3g nats", tokens, diff)
	}
	sameContinuations(t, d, e, realTexts[:3])
}

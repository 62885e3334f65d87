package perplexity

import (
	"context"
	"math"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/llm/llamacpp"
	"sdmap/internal/testenv"
)

// A llama-server that scores given text reads the same questions at the same bits per byte as the engine in process, and what does
// not fit its context costs itself.
func TestFamiliarityOfAServer(t *testing.T) {
	here := model(t)
	address := testenv.LlamaServer(t, planted1+"models/m01.gguf", "-c", "256", "-fa", "off", "-ctk", "f32", "-ctv", "f32")
	d, err := llamacpp.Open(context.Background(), llamacpp.Options{URLs: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	there := &llm.Model{ID: "m01", Lineage: "m01", Driver: d}
	long := make([]byte, 4000)
	for i := range long {
		long[i] = "a 7"[i%3]
	}
	b := asked("Rose has seven figs and eats two.", "What is seven and two?", string(long), "Is nine more than four?")
	want, got := reading(t, here, b, Question, &memory{}), reading(t, there, b, Question, &memory{})
	if got.Long+got.Refused != 1 || got.Tokens != want.Tokens {
		t.Errorf("%d too long, %d refused, %d tokens and not %d", got.Long, got.Refused, got.Tokens, want.Tokens)
	}
	for i := range b.Items {
		if math.IsNaN(got.Bits[i]) != math.IsNaN(want.Bits[i]) || math.Abs(got.Bits[i]-want.Bits[i]) > 1e-3 {
			t.Errorf("item %d: %v bits per byte, in process %v", i, got.Bits[i], want.Bits[i])
		}
	}
}

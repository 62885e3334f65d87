//go:build unix

package ollama

import (
	"testing"

	"sdmap/internal/llm"
)

const architectures = "../../transformer/testdata/arch-"

// Ollama's own engine has a sliding window that is longer by one: beyond it, and only there, the probe raises an alarm.
func TestSlidingWindowOfGemma3(t *testing.T) {
	const window = 16 // of the file
	s := sharedServer(t)
	s.create(t, "gemma3", architectures+"gemma3.gguf", nil)
	d := open(t, options(t, s.url(), "gemma3"))
	text := beginnings(llm.ProbeText)[0]
	if tokens, err := d.Tokenize(t.Context(), text); err != nil || len(tokens) > window {
		t.Fatalf("%q has %d tokens, %v; it is meant to fit into the window", text, len(tokens), err)
	}
	top, err := d.firstTokens(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	file, server, err := d.compareFile(t.Context(), text, top)
	if err != nil {
		t.Fatal(err)
	}
	inside := llm.ProbeReport{Floor: 0.01}
	if err := inside.Judge(file, server); err != nil {
		t.Errorf("within the window: %v", err)
	}
	if r, err := d.Probe(t.Context(), clock()); err == nil {
		t.Errorf("beyond the window Ollama agrees now (%+v): its engine has changed, and the package comment is out of date", r)
	}
}

// Models that only embed offer that and nothing else; the server's vectors are the file's, by the pooling that it names.
func TestEncoders(t *testing.T) {
	s := sharedServer(t)
	all := prompts(t, 10) // plain English: Ollama's own WordPiece reads accents and other scripts differently
	for _, name := range []string{"bert-mean", "bert-cls"} {
		s.create(t, name, architectures+name+".gguf", nil)
		o := options(t, s.url(), name)
		o.Measure = MeasureOptionLetters
		letters := open(t, o)
		if c := letters.Capabilities(); c != (llm.Capabilities{Embed: true}) {
			t.Errorf("%s by letters offers %+v", name, c)
		}
		if g, err := letters.Generate(t.Context(), []llm.GenerateRequest{{Prompt: "a", MaxTokens: 1}}); err == nil {
			t.Errorf("%s generates %+v", name, g)
		}
		if r, err := letters.Probe(t.Context(), clock()); err == nil {
			t.Errorf("%s has nothing to compare, but reports %+v", name, r)
		}
		got, err := letters.Embed(t.Context(), all)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		o.Measure = ""
		file := open(t, o)
		if measure, why := file.Measure(); measure != MeasureBlob {
			t.Fatalf("%s cannot be compared: %s", name, why)
		}
		want, err := file.Embed(t.Context(), all)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		worst := 1.0
		for i := range all {
			worst = min(worst, cosine(want[i], got[i]))
		}
		t.Logf("%s: the least cosine is 1 - %.2g", name, 1-worst)
		if worst < 0.9999 {
			t.Errorf("%s: the server's vectors and the file's have a cosine of %v", name, worst)
		}
	}
}

// Ollama runs some architectures by an engine of its own and others by llama.cpp: what it says must be the file's in both.
func TestArchitectures(t *testing.T) {
	s := sharedServer(t)
	for _, name := range []string{"llama3", "llama-yarn", "qwen2", "qwen3", "phi3", "gemma2"} {
		t.Run(name, func(t *testing.T) {
			s.create(t, name, architectures+name+".gguf", nil)
			d := open(t, options(t, s.url(), name))
			if measure, why := d.Measure(); measure != MeasureBlob {
				t.Fatalf("measured by %s, because %s", measure, why)
			}
			r, err := d.Probe(t.Context(), clock())
			t.Logf("%+v", r)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

package paired

import (
	"context"
	"strings"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/llm/llmtest"
)

const planted = "../../../studies/planted/models/"

func open(t *testing.T, name string) (*inprocess.Driver, llm.Identity) {
	t.Helper()
	d, err := inprocess.Open(planted + name + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	id, err := d.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d, id
}

func TestConformance(t *testing.T) {
	llmtest.Run(t, func(t *testing.T) llm.Driver {
		speaks, id := open(t, "m01")
		measures, _ := open(t, "m01")
		d, err := New(t.Context(), speaks, id.Weights, measures)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}, llmtest.Options{Capabilities: llm.Capabilities{Generate: true, Score: true, Tokenize: true, Embed: true,
		Trace: llm.WantAll}})
}

// nameless does not know its weights.
type nameless struct{ *inprocess.Driver }

func (n nameless) Identify(ctx context.Context) (llm.Identity, error) {
	id, err := n.Driver.Identify(ctx)
	id.Weights, id.Unpinned = "", true
	return id, err
}

func TestWeightsAreCompared(t *testing.T) {
	speaks, id := open(t, "m01")
	other, _ := open(t, "m02")
	if _, err := New(t.Context(), speaks, id.Weights, other); err == nil || !strings.Contains(err.Error(), id.Weights) {
		t.Errorf("two models are joined: %v", err)
	}
	d, err := New(t.Context(), speaks, id.Weights, nameless{other})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := d.Identify(t.Context())
	if !got.Unpinned || got.Weights != id.Weights || !strings.Contains(strings.Join(got.Options, "\n"), "speaks="+id.Engine) {
		t.Errorf("identity %+v", got)
	}
	d, err = New(t.Context(), speaks, id.Weights, speaks)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := d.Identify(t.Context()); got.Unpinned || got.Weights != id.Weights {
		t.Errorf("identity %+v", got)
	}
	want, err := speaks.LocalFile(t.Context())
	if got, other := d.LocalFile(t.Context()); err != nil || other != nil || got != want {
		t.Errorf("the model's file is %q, not %q", got, want)
	}
	d.speaks = struct{ llm.Driver }{speaks} // names no file
	if got, err := d.LocalFile(t.Context()); err != nil || got != want {
		t.Errorf("the measuring side's file is %q, %v", got, err)
	}
}

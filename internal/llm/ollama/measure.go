package ollama

import (
	"context"
	"fmt"
	"math"

	"github.com/ollama/ollama/api"

	"sdmap/internal/llm"
)

// Inexact is the error for what cannot be had without the model's file.
type Inexact struct {
	Model, Why string
}

func (e Inexact) Error() string {
	return fmt.Sprintf("Ollama does not score given text, and the file of %s cannot be measured: %s. Run sdmap on the "+
		"machine that has "+
		"the file; or give the GGUF file to the study as a path; or serve it with llama-server", e.Model, e.Why)
}

func (d *Driver) inexact() error { return Inexact{d.model.name, d.why} }

// Score is the blob's.
func (d *Driver) Score(ctx context.Context, seqs []llm.Sequence) ([]llm.Scores, error) {
	if d.blob == nil {
		return nil, d.inexact()
	}
	return d.blob.Score(ctx, seqs)
}

// Tokenize is the blob's.
func (d *Driver) Tokenize(ctx context.Context, text string) ([]llm.Token, error) {
	if d.blob == nil {
		return nil, d.inexact()
	}
	return d.blob.Tokenize(ctx, text)
}

// Vocabulary is the blob's; its context is that of scores, which Options.Context does not bound.
func (d *Driver) Vocabulary(ctx context.Context) (llm.Vocabulary, error) {
	if d.blob == nil {
		return llm.Vocabulary{}, d.inexact()
	}
	return d.blob.Vocabulary(ctx)
}

// Trace is the blob's.
func (d *Driver) Trace(ctx context.Context, seqs [][]int32, want llm.Want, visit func(i int, t *llm.Trace) error) error {
	if d.blob == nil {
		return d.inexact()
	}
	return d.blob.Trace(ctx, seqs, want, visit)
}

func (d *Driver) embedsByServer() bool { return d.blob == nil || d.opts.EmbedByServer }

// Embed is the blob's, or the server's: then a vector has unit length (2-norm), and is what the model's own pooling gives;
// for models that have none, which are those that generate, the state of the last token after the final norm. A text that
// is longer than the context is an error.
func (d *Driver) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if !d.embedsByServer() {
		return d.blob.Embed(ctx, texts)
	}
	for i, text := range texts {
		if err := checkText(text); err != nil {
			return nil, llm.At("text", i, err)
		}
	}
	out := make([][]float32, len(texts))
	err := d.each(ctx, len(texts), "text", func(ctx context.Context, i int) (err error) {
		out[i], err = d.embed(ctx, texts[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		if len(out[i]) != len(out[0]) {
			return nil, fmt.Errorf("text %d: %d numbers came; %d for text 0", i, len(out[i]), len(out[0]))
		}
	}
	return out, nil
}

// embed sends one text, so that an error is that text's.
func (d *Driver) embed(ctx context.Context, text string) ([]float32, error) {
	want := -1
	if d.blob != nil && d.model.generates { // models that only embed put tokens of their own around a text
		tokens, err := d.blob.Tokenize(ctx, text)
		if err != nil {
			return nil, err
		}
		want = len(tokens)
	}
	no := false
	req := api.EmbedRequest{Model: d.model.name, Input: []string{text}, Truncate: &no, Options: d.loadOptions()}
	if d.opts.KeepAlive > 0 {
		req.KeepAlive = &api.Duration{Duration: d.opts.KeepAlive}
	}
	reply, err := d.client.Embed(ctx, &req)
	if err != nil {
		return nil, d.explain(err)
	}
	if want >= 0 && reply.PromptEvalCount != want {
		return nil, d.readWhole(want, reply.PromptEvalCount)
	}
	if len(reply.Embeddings) != 1 {
		return nil, fmt.Errorf("%d embeddings came for one text", len(reply.Embeddings))
	}
	return reply.Embeddings[0], checkUnit(reply.Embeddings[0])
}

// checkUnit refuses a vector that is not finite or not of unit length, as it is said to be.
func checkUnit(v []float32) error {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if !(math.Abs(sum-1) < 1e-3) {
		return fmt.Errorf("an embedding of %d numbers came whose length is %v; 1 was expected", len(v), math.Sqrt(sum))
	}
	return nil
}

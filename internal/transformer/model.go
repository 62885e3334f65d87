// Package transformer computes language models of the llama architecture: given tokens, the log-probabilities of the next
// ones, and what happened inside.
//
//	gguf.File -> Inspect (shape; what is not supported) -> Load -> Model -> Score     log-probabilities of given tokens
//	                                                           -> Trace     residuals, gates, attention, logit lens
//	                                                           -> Generate  greedy or seeded continuation
//	                                                           -> MeanHidden one vector a sequence
//
// # The model
//
// A block adds to the residual stream h (T x Width) first attention over RMS-normed h, with rotary positions on interleaved
// pairs (even, odd) and grouped queries, then W_down(silu(W_gate x) * W_up x) of RMS-normed h. After the last block h is
// normed once more and multiplied by the output matrix, or by the embedding where the file has none. Layout and constants
// are those of llama.cpp; whatever else a file asks for is refused by name, never ignored.
//
// # Shapes
//
// Everything is row-major float32. Sequences of one call are laid into a prefix trie; each of its nodes is one row of a
// batch, so that a prefix is computed once however many sequences begin with it, and matrix products see hundreds of rows.
// Weights are stored inputs x outputs and multiplied without transposition. Models below 64 MB are expanded to float32
// when loaded; larger ones stay in the mapped file and are dequantised by panels of outputs.
//
// # Opinion
//
// A row's numbers depend on its own tokens only, to the last bit: not on the other rows of its batch, on what was
// shared, nor on GOMAXPROCS. Every sum therefore runs in an order that the row alone fixes (inputs ascending, positions
// ascending), and work is split between cores by rows and outputs, never inside a sum.
package transformer

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"sdmap/internal/gguf"
)

// expandBelow is the float32 size in bytes below which a model is expanded when it is loaded.
const expandBelow = 64 << 20

// Model is a loaded model. It is safe for concurrent use; the gguf.File behind it must stay open.
type Model struct {
	Config

	embedding *gguf.Tensor
	embedded  []float32 // Vocab x Width; nil if rows are read from the file as they are needed
	blocks    []block
	finalNorm []float32
	output    *weight

	workers   int // goroutines inside one call: 1 for small models, whose callers run many calls at once
	batchRows int // rows that one forward pass takes, unless a single sequence is longer
	blockRows int // rows that pass through a block's matrices at once

	rotation rotations
}

type block struct {
	attentionNorm, mlpNorm []float32
	qkv                    *weight // Width -> queries, keys, values
	attentionOut           *weight
	gateUp                 *weight // Width -> gate, up
	down                   *weight
}

// Load reads the model in f. What Inspect finds is an error here.
func Load(f *gguf.File) (*Model, error) {
	return load(f, expandBelow)
}

func load(f *gguf.File, expandBelow int) (*Model, error) {
	cfg, problems := Inspect(f)
	if len(problems) > 0 {
		return nil, errors.New(problems[0])
	}
	m := &Model{Config: cfg, workers: 1, batchRows: 1024, blockRows: tileRows}
	expand := 4*cfg.parameters() < expandBelow
	if !expand {
		m.workers = runtime.GOMAXPROCS(0)
		m.batchRows = clamp(128<<20/(4*(cfg.Width+cfg.queryDim()+2*cfg.kvDim())), 256, 4096)
		m.blockRows = clamp(64<<20/(4*(2*cfg.Width+cfg.queryDim()+2*cfg.kvDim()+2*cfg.Hidden)), tileRows, 1024)
	}
	r := reader{file: f, expand: expand}
	m.embedding = r.tensor("token_embd.weight")
	if expand {
		m.embedded = r.floats("token_embd.weight")
	}
	for i := range cfg.Layers {
		at := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }
		m.blocks = append(m.blocks, block{
			attentionNorm: r.floats(at("attn_norm")),
			qkv:           r.weight(at("attn_q"), at("attn_k"), at("attn_v")),
			attentionOut:  r.weight(at("attn_output")),
			mlpNorm:       r.floats(at("ffn_norm")),
			gateUp:        r.weight(at("ffn_gate"), at("ffn_up")),
			down:          r.weight(at("ffn_down")),
		})
	}
	m.finalNorm = r.floats("output_norm.weight")
	if _, own := f.Tensor("output.weight"); own {
		m.output = r.weight("output.weight")
	} else {
		m.output = r.weight("token_embd.weight")
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

// reader collects weights; after its first error it does nothing.
type reader struct {
	file   *gguf.File
	expand bool
	err    error
}

// tensor finds what Inspect has seen to be there.
func (r *reader) tensor(name string) *gguf.Tensor {
	t, _ := r.file.Tensor(name)
	return t
}

func (r *reader) floats(name string) []float32 {
	t := r.tensor(name)
	out := make([]float32, t.Rows()*t.Cols())
	if r.err == nil {
		r.err = t.Dequantise(out, 0, t.Rows())
	}
	return out
}

func (r *reader) weight(names ...string) *weight {
	w := &weight{in: r.tensor(names[0]).Cols()}
	for _, name := range names {
		t := r.tensor(name)
		w.tensors = append(w.tensors, t)
		w.out += t.Rows()
	}
	if r.expand && r.err == nil {
		r.err = w.expand()
	}
	return w
}

// parameters counts the floats of an expanded model; a tied embedding is held twice, as rows and inputs x outputs.
func (c Config) parameters() int {
	block := 2*c.Width + c.Width*(2*c.queryDim()+2*c.kvDim()) + 3*c.Width*c.Hidden
	return 2*c.Vocab*c.Width + c.Layers*block + c.Width
}

func clamp(x, low, high int) int { return min(max(x, low), high) }

// rotations caches cosines and sines of rotary angles; it grows with the longest sequence seen.
type rotations struct {
	mu  sync.Mutex
	sin []float32 // positions x RopeDims/2
	cos []float32
}

// Package transformer computes language models: given tokens, the log-probabilities of the next ones, and what happened
// inside.
//
//	gguf.File -> Inspect (shape; what is not supported) -> Load -> Model -> Score     log-probabilities of given tokens
//	                                                                     -> Trace     residuals, gates, attention, logit lens,
//	                                                                                  inputs of matrices
//	                                                                     -> Generate  greedy or seeded continuation
//	                                                                     -> MeanHidden, Pooled  one vector a sequence
//	config.json, safetensors.File -> InspectEncoder -> LoadEncoder -> Model
//
// # The model
//
// A block of plain llama adds to the residual stream h (T x Width) first attention over RMS-normed h, with rotary positions
// and grouped queries, then W_down(silu(W_gate x) * W_up x) of RMS-normed h. After the last block h is normed once more
// and multiplied by the output matrix, or by the embedding where the file has none. The other architectures are
// described by what they change (Traits, Config); there is one forward pass. Layout and constants are those of llama.cpp;
// whatever else a file asks for is refused by name, never ignored.
//
// # Shapes
//
// Everything is row-major float32. Sequences of one call are laid into a prefix trie; each of its nodes is one row of a
// batch, so that a prefix is computed once however many sequences begin with it, and matrix products see hundreds of rows.
// In encoders what comes later changes a token's numbers, so each sequence is a branch of its own there.
// Weights are stored inputs x outputs and multiplied without transposition. Models below 64 MB are expanded to float32
// when loaded, and those that come from safetensors; larger ones stay in the mapped file and are dequantised by panels of
// outputs, or for a single row multiplied as they are read.
//
// # Opinion
//
// A row's numbers depend on its own sequence only, to the last bit: not on the other rows of its batch, on what was
// shared, nor on GOMAXPROCS. Every sum therefore runs in an order that the row alone fixes (inputs ascending, positions
// ascending), and work is split between cores by rows and outputs, never inside a sum.
package transformer

import (
	"errors"
	"fmt"
	"runtime"

	"sdmap/internal/gguf"
)

// expandBelow is the float32 size in bytes below which a model is expanded when it is loaded.
const expandBelow = 64 << 20

// Model is a loaded model. It is safe for concurrent use; the file behind it must stay open.
type Model struct {
	Config

	embedding tensor
	embedded  []float32        // Vocab x Width; nil if rows are read from the file as they are needed
	extra     *extraEmbeddings // of encoders
	blocks    []block
	finalNorm norm
	output    *weight // nil in encoders

	workers   int // goroutines inside one call: 1 for small models, whose callers run many calls at once
	batchRows int // rows that one forward pass takes, unless a single sequence is longer
	blockRows int // rows that pass through a block's matrices at once

	rotation, localRotation *rotations // of layers that see everything; of those that slide
}

// block is one layer. Of its norms those that the architecture has not are zero and leave vectors as they are.
type block struct {
	attentionNorm, mlpNorm     norm // of what goes in
	attentionResult, mlpResult norm // of what comes out, before it is added
	attentionSum, mlpSum       norm // of the residual stream after it was added
	queryHead, keyHead         norm

	qkv          *weight // Width -> queries, keys, values
	attentionOut *weight
	gateUp       *weight // Width -> gate, up; in encoders up only
	down         *weight
}

// norm is RMSNorm, or with a shift LayerNorm; the zero norm does nothing.
type norm struct{ gain, shift []float32 }

// apply writes the normed x to dst, which may be x.
func (n norm) apply(dst, x []float32, epsilon float64) {
	switch {
	case n.shift != nil:
		layerNorm(dst, x, n.gain, n.shift, epsilon)
	case n.gain != nil:
		rmsNorm(dst, x, n.gain, epsilon)
	default:
		copy(dst, x)
	}
}

// each applies n in place to the vectors of len(n.gain) that xs is made of.
func (n norm) each(xs []float32, epsilon float64) {
	for width := len(n.gain); width > 0 && len(xs) > 0; xs = xs[width:] {
		n.apply(xs[:width], xs[:width], epsilon)
	}
}

// extraEmbeddings are what an encoder adds to the embedding of a token.
type extraEmbeddings struct {
	positions []float32 // Context x Width
	kind      []float32 // Width; the first token type: llama.cpp knows no other
	norm      norm      // of the sum
}

// Load reads the model in f. What Inspect finds is an error here.
func Load(f *gguf.File) (*Model, error) {
	return loadGGUF(f, expandBelow)
}

func loadGGUF(f *gguf.File, expandBelow int) (*Model, error) {
	cfg, problems := Inspect(f)
	if len(problems) > 0 {
		return nil, errors.New(problems[0])
	}
	from := tensorsOf(f)
	small := 4*from.parameters(cfg) < expandBelow
	return load(cfg, from, small, small)
}

// load reads a model that Inspect or InspectEncoder has accepted. Of a small one many calls run at once.
func load(cfg Config, from source, small, expand bool) (*Model, error) {
	m := &Model{Config: cfg, workers: 1, batchRows: 1024, blockRows: fewRows}
	if !small {
		m.workers = runtime.GOMAXPROCS(0)
		m.batchRows = clamp(128<<20/(4*(cfg.Width+cfg.queryDim()+2*cfg.kvDim())), 256, 4096)
		m.blockRows = clamp(64<<20/(4*(2*cfg.Width+cfg.queryDim()+2*cfg.kvDim()+cfg.inner())), fewRows, 1024)
	}
	r := &reader{source: from, expand: expand}
	m.embedding = r.tensor("token_embd.weight")
	if expand {
		m.embedded = r.floats("token_embd.weight")
	}
	m.rotation, m.localRotation = r.rotations(cfg)
	for i := range cfg.Layers {
		m.blocks = append(m.blocks, r.block(cfg, fmt.Sprintf("blk.%d.", i)))
	}
	if cfg.Encoder {
		m.extra = r.extraEmbeddings()
	} else {
		m.finalNorm = r.norm("output_norm")
		m.output = r.weight(false, outputName(cfg))
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

func outputName(c Config) string {
	if c.TiedOutput {
		return "token_embd"
	}
	return "output"
}

func clamp(x, low, high int) int { return min(max(x, low), high) }

package transformer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sdmap/internal/gguf"
)

// Config is the shape of a model and the constants that its formulas need.
type Config struct {
	Vocab, Context          int // tokens
	Width, Hidden           int // residual stream; MLP
	Layers                  int
	Heads, KVHeads, HeadDim int // Heads is a multiple of KVHeads
	RopeDims                int // leading dimensions of a head that are rotated; even
	RopeBase                float64
	RopeScale               float64 // positions are multiplied by it: 1/factor of linear scaling
	Epsilon                 float64 // of RMSNorm
	TiedOutput              bool    // the embedding is the output matrix too
}

func (c Config) queryDim() int { return c.Heads * c.HeadDim }
func (c Config) kvDim() int    { return c.KVHeads * c.HeadDim }

// understood are the keys below "llama." that are read here or change no number; any other is refused, since it might.
var understood = []string{
	"context_length", "embedding_length", "block_count", "feed_forward_length", "vocab_size",
	"attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
	"attention.layer_norm_rms_epsilon", "attention.causal", "expert_count", "expert_used_count",
	"rope.dimension_count", "rope.freq_base", "rope.scale_linear", "rope.scaling.type", "rope.scaling.factor",
	"rope.scaling.original_context_length", "rope.scaling.finetuned", "tensor_data_layout",
}

// inspector reads metadata and collects problems.
type inspector struct {
	file     *gguf.File
	problems []string
}

func (in *inspector) problem(format string, args ...any) {
	in.problems = append(in.problems, fmt.Sprintf(format, args...))
}

func (in *inspector) note(err error) {
	if err != nil {
		in.problems = append(in.problems, err.Error())
	}
}

// largest bounds every count of a Config, so that products of two of them cannot overflow.
const largest = 1 << 30

func (in *inspector) count(key string, fallback int) int {
	n, err := in.file.UintOr("llama."+key, uint64(fallback))
	if fallback < 0 {
		n, err = in.file.Uint("llama." + key)
	}
	if in.note(err); err != nil {
		return 1
	}
	if n < 1 || n > largest {
		in.problem("key \"llama.%s\" is %d; supported: 1 to %d", key, n, largest)
		return 1
	}
	return int(n)
}

func (in *inspector) float(key string, fallback float64) float64 {
	x, err := in.file.FloatOr("llama."+key, fallback)
	if math.IsNaN(fallback) {
		x, err = in.file.Float("llama." + key)
	}
	if in.note(err); err != nil {
		return 1
	}
	if !(x > 0) || math.IsInf(x, 0) {
		in.problem("key \"llama.%s\" is %v; supported: positive numbers", key, x)
		return 1
	}
	return x
}

// Inspect reads a model's shape from its metadata and names everything in f that this package cannot compute, one
// sentence each with what is supported. Without such problems Load succeeds, unless weights cannot be read.
func Inspect(f *gguf.File) (Config, []string) {
	in := &inspector{file: f}
	var c Config
	if architecture, err := f.String("general.architecture"); err != nil {
		return c, []string{err.Error()}
	} else if architecture != "llama" {
		return c, []string{fmt.Sprintf("architecture %q is not supported; supported: llama", architecture)}
	}
	const required = -1
	c.Context = in.count("context_length", required)
	c.Width = in.count("embedding_length", required)
	c.Layers = in.count("block_count", required)
	c.Hidden = in.count("feed_forward_length", required)
	c.Heads = in.count("attention.head_count", required)
	c.KVHeads = in.count("attention.head_count_kv", c.Heads)
	c.HeadDim = in.count("attention.key_length", max(1, c.Width/c.Heads))
	if values := in.count("attention.value_length", c.HeadDim); values != c.HeadDim {
		in.problem("values of %d dimensions beside keys of %d are not supported; supported: equal lengths", values, c.HeadDim)
	}
	c.RopeDims = in.count("rope.dimension_count", c.HeadDim)
	c.RopeBase = in.float("rope.freq_base", 10000)
	c.Epsilon = in.float("attention.layer_norm_rms_epsilon", math.NaN())
	in.heads(c)
	c.RopeScale = in.ropeScale()
	in.refuseOthers()
	if len(in.problems) == 0 {
		in.tensors(&c)
	}
	return c, in.problems
}

func (in *inspector) heads(c Config) {
	if c.Heads%c.KVHeads != 0 {
		in.problem("%d attention heads do not share %d key heads evenly; supported: a multiple", c.Heads, c.KVHeads)
	}
	if c.RopeDims%2 != 0 || c.RopeDims > c.HeadDim {
		in.problem("rotary positions on %d of %d dimensions are not supported; supported: an even number of them",
			c.RopeDims, c.HeadDim)
	}
	if !in.file.Has("llama.attention.key_length") && c.Width%c.Heads != 0 {
		in.problem("%d heads do not divide a width of %d, and there is no key \"llama.attention.key_length\"", c.Heads, c.Width)
	}
}

// ropeScale follows llama.cpp: a factor counts as linear scaling unless the type says otherwise.
func (in *inspector) ropeScale() float64 {
	kind, err := in.file.StringOr("llama.rope.scaling.type", "linear")
	in.note(err)
	if kind != "linear" && kind != "none" {
		in.problem("rotary scaling %q is not supported; supported: none, linear", kind)
	}
	key := "rope.scaling.factor"
	if !in.file.Has("llama." + key) {
		key = "rope.scale_linear"
	}
	if factor, err := in.file.FloatOr("llama."+key, 0); err == nil && factor == 0 {
		return 1 // llama.cpp takes 0 for "not given"
	}
	factor := in.float(key, 1)
	if kind == "none" {
		return 1
	}
	return 1 / factor
}

func (in *inspector) refuseOthers() {
	for _, key := range in.file.Keys() {
		if name, ours := strings.CutPrefix(key, "llama."); ours && !slices.Contains(understood, name) {
			in.problem("key %q is not supported: it may change the model's numbers", key)
		}
	}
	for _, key := range []string{"llama.expert_count", "llama.expert_used_count"} {
		if n, err := in.file.UintOr(key, 0); err != nil || n > 0 {
			in.problem("key %q: mixtures of experts are not supported; supported: dense models", key)
		}
	}
	if causal, err := in.file.BoolOr("llama.attention.causal", true); err != nil || !causal {
		in.problem("key \"llama.attention.causal\": only causal attention is supported")
	}
	for _, line := range in.file.Unsupported() {
		in.problem("tensor type %s is not supported; supported: %s", line, gguf.SupportedList())
	}
}

// tensors checks that the tensors are exactly those of the architecture, in the shapes that c demands.
func (in *inspector) tensors(c *Config) {
	known := map[string]bool{}
	want := func(name string, rows, cols int) {
		known[name] = true
		t, ok := in.file.Tensor(name)
		switch {
		case !ok:
			in.problem("tensor %q is missing", name)
		case t.Rows() != rows || t.Cols() != cols:
			in.problem("tensor %q has %d rows of %d; %d of %d are needed", name, t.Rows(), t.Cols(), rows, cols)
		}
	}
	if embedding, ok := in.file.Tensor("token_embd.weight"); ok {
		c.Vocab = embedding.Rows()
	}
	want("token_embd.weight", c.Vocab, c.Width)
	want("output_norm.weight", 1, c.Width)
	if _, own := in.file.Tensor("output.weight"); own {
		want("output.weight", c.Vocab, c.Width)
	} else {
		c.TiedOutput = true
	}
	for i := 0; i < c.Layers && len(in.problems) < 10; i++ {
		at := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }
		want(at("attn_norm"), 1, c.Width)
		want(at("attn_q"), c.queryDim(), c.Width)
		want(at("attn_k"), c.kvDim(), c.Width)
		want(at("attn_v"), c.kvDim(), c.Width)
		want(at("attn_output"), c.Width, c.queryDim())
		want(at("ffn_norm"), 1, c.Width)
		want(at("ffn_gate"), c.Hidden, c.Width)
		want(at("ffn_up"), c.Hidden, c.Width)
		want(at("ffn_down"), c.Width, c.Hidden)
	}
	if len(in.problems) > 0 {
		return
	}
	for _, t := range in.file.Tensors() {
		if !known[t.Name] && len(in.problems) < 10 {
			in.problem("tensor %q is not supported: it would change the model's numbers; supported: the weights of a plain "+
				"llama model, without biases, adapters or rotary frequency factors", t.Name)
		}
	}
}

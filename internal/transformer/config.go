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
	Architecture string
	Traits

	Vocab, Context          int // tokens
	Width, Hidden           int // residual stream; MLP
	Layers                  int
	Heads, KVHeads, HeadDim int    // Heads is a multiple of KVHeads
	Rope, LocalRope         Rotary // of layers that see everything; of those that slide
	Window, Period          int    // a sliding layer sees Window positions, itself included; see Slides; 0 for none
	QueryScale              float64
	AttentionCap, LogitCap  float64 // x becomes cap tanh(x/cap), for attention scores and for logits; 0 for none
	Epsilon                 float64 // of all norms
	TiedOutput              bool    // the embedding is the output matrix too
	Pooling                 Pooling // what one vector for a sequence is; PoolNone where the file does not say
	UnitLength              bool    // such vectors are scaled to length 1
}

func (c Config) queryDim() int { return c.Heads * c.HeadDim }
func (c Config) kvDim() int    { return c.KVHeads * c.HeadDim }

// channels is the number of inputs of a block's matrices, those of queries, keys and values counted once, as are those of
// gate and up.
func (c Config) channels() int { return 2*c.Width + c.queryDim() + c.Hidden }

// inner is the number of outputs of the MLP's first matrix.
func (c Config) inner() int {
	if c.Encoder {
		return c.Hidden
	}
	return 2 * c.Hidden
}

// Slides says whether a layer sees the last Window positions only: all but each Period-th do.
func (c Config) Slides(layer int) bool { return c.Window > 0 && layer%c.Period < c.Period-1 }

// Pooling makes one vector of a sequence's hidden states; numbers are llama.cpp's.
type Pooling int

const (
	PoolNone Pooling = iota // the file names no way
	PoolMean                // over all tokens
	PoolCLS                 // the first token's
	PoolLast                // the last token's
)

// understood are the keys below "NAME." of every architecture that are read here or change no number; any other that the
// architecture does not list is refused, since it might.
var understood = []string{
	"context_length", "embedding_length", "block_count", "feed_forward_length", "vocab_size",
	"attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
	"attention.causal", "expert_count", "expert_used_count", "tensor_data_layout", "pooling_type",
}

// inspector reads metadata and collects problems.
type inspector struct {
	architecture
	file     *gguf.File // nil for a model that has none
	source   source
	problems []string
}

func (in *inspector) key(name string) string { return in.name + "." + name }

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
	n, err := in.file.UintOr(in.key(key), uint64(fallback))
	if fallback < 0 {
		n, err = in.file.Uint(in.key(key))
	}
	if in.note(err); err != nil {
		return 1
	}
	if n < 1 || n > largest {
		in.problem("key %q is %d; supported: 1 to %d", in.key(key), n, largest)
		return 1
	}
	return int(n)
}

func (in *inspector) float(key string, fallback float64) float64 {
	x, err := in.file.FloatOr(in.key(key), fallback)
	if math.IsNaN(fallback) {
		x, err = in.file.Float(in.key(key))
	}
	if in.note(err); err != nil {
		return 1
	}
	if !(x > 0) || math.IsInf(x, 0) {
		in.problem("key %q is %v; supported: positive numbers", in.key(key), x)
		return 1
	}
	return x
}

// required and requiredFloat are fallbacks of keys that must be there.
const required = -1

var requiredFloat = math.NaN()

// Inspect reads a model's shape from its metadata and names everything in f that this package cannot compute, one
// sentence each with what is supported. Without such problems Load succeeds, unless weights cannot be read.
//
// Files with LongRoPE have rotary factors for short sequences and others for long ones. llama.cpp chooses by the context
// that it was started with, so that the same short text has two sets of log-probabilities there. Here the short ones
// hold, and Context ends where a sequence would need the long ones.
func Inspect(f *gguf.File) (Config, []string) {
	name, err := f.String("general.architecture")
	if err != nil {
		return Config{}, []string{err.Error()}
	}
	a, known := findArchitecture(name)
	if !known {
		return Config{}, []string{fmt.Sprintf("architecture %q is not supported; supported: %s", name, supportedNames())}
	}
	in := &inspector{architecture: a, file: f, source: tensorsOf(f)}
	c := Config{Architecture: name, Traits: a.Traits}
	c.Context = in.count("context_length", required)
	c.Width = in.count("embedding_length", required)
	c.Layers = in.count("block_count", required)
	c.Hidden = in.count("feed_forward_length", required)
	in.heads(&c)
	if c.Encoder {
		c.Epsilon = in.float("attention.layer_norm_epsilon", requiredFloat)
	} else {
		c.Epsilon = in.float("attention.layer_norm_rms_epsilon", requiredFloat)
		in.rotary(&c)
		in.windows(&c)
	}
	c.Pooling = in.pooling()
	in.refuseOthers()
	if len(in.problems) == 0 {
		in.tensors(&c)
	}
	return c, in.problems
}

func (in *inspector) heads(c *Config) {
	c.Heads = in.count("attention.head_count", required)
	c.KVHeads = in.perLayer("attention.head_count_kv", c.Heads)
	c.HeadDim = in.count("attention.key_length", max(1, c.Width/c.Heads))
	if values := in.count("attention.value_length", c.HeadDim); values != c.HeadDim {
		in.problem("values of %d dimensions beside keys of %d are not supported; supported: equal lengths", values, c.HeadDim)
	}
	if c.Heads%c.KVHeads != 0 {
		in.problem("%d attention heads do not share %d key heads evenly; supported: a multiple", c.Heads, c.KVHeads)
	}
	if key := in.key("attention.key_length"); !in.file.Has(key) && c.Width%c.Heads != 0 {
		in.problem("%d heads do not divide a width of %d, and there is no key %q", c.Heads, c.Width, key)
	}
	c.QueryScale = queryScale(c.HeadDim)
	if c.Layers == in.wideScaleLayers {
		c.QueryScale = queryScale(c.Width / c.Heads)
	}
}

// perLayer is a count that a file may give once for each layer. Equal values are one value.
func (in *inspector) perLayer(key string, fallback int) int {
	values, err := in.file.Ints(in.key(key))
	if err != nil || len(values) == 0 { // it is no list
		return in.count(key, fallback)
	}
	for _, v := range values {
		if v != values[0] || v < 1 || v > 1<<20 {
			in.problem("key %q gives layers different values (%v); supported: the same for all", in.key(key), values)
			return fallback
		}
	}
	return int(values[0])
}

// windows reads which positions layers see and the caps of scores.
func (in *inspector) windows(c *Config) {
	if in.period == 0 {
		return
	}
	c.AttentionCap = in.limit("attn_logit_softcapping", in.attentionCap)
	c.LogitCap = in.limit("final_logit_softcapping", in.logitCap)
	if c.Window = in.window; in.file.Has(in.key("attention.sliding_window")) {
		c.Window = in.count("attention.sliding_window", required)
	}
	c.Period = in.count("attention.sliding_window_pattern", in.period)
	c.LocalRope = c.Rope
	if in.localBase > 0 {
		c.LocalRope.Base, c.LocalRope.Scale = in.localBase, 1
	}
	c.LocalRope.Base = in.float("rope.freq_base_swa", c.LocalRope.Base)
	if c.Rope.Yarn {
		in.problem("YaRN (key %q) beside sliding layers is not supported: their own scaling is not told by the file",
			in.key("rope.scaling.type"))
	}
}

// limit reads a cap, 0 for none.
func (in *inspector) limit(key string, fallback float64) float64 {
	if x, err := in.file.FloatOr(in.key(key), fallback); err == nil && x == 0 {
		return 0
	}
	return in.float(key, fallback)
}

func (in *inspector) pooling() Pooling {
	n, err := in.file.UintOr(in.key("pooling_type"), uint64(PoolNone))
	in.note(err)
	if n > uint64(PoolLast) {
		in.problem("key %q is %d; supported: 0 to 3 (none, mean, first token, last token)", in.key("pooling_type"), n)
	}
	return Pooling(n)
}

func (in *inspector) refuseOthers() {
	for _, key := range in.file.Keys() {
		name, ours := strings.CutPrefix(key, in.name+".")
		if ours && !slices.Contains(understood, name) && !slices.Contains(in.keys, name) {
			in.problem("key %q is not supported: it may change the model's numbers", key)
		}
	}
	for _, key := range []string{in.key("expert_count"), in.key("expert_used_count")} {
		if n, err := in.file.UintOr(key, 0); err != nil || n > 0 {
			in.problem("key %q: mixtures of experts are not supported; supported: dense models", key)
		}
	}
	if causal, err := in.file.BoolOr(in.key("attention.causal"), !in.Encoder); err != nil || causal == in.Encoder {
		in.problem("key %q: only causal attention is supported, and only bidirectional attention in encoders",
			in.key("attention.causal"))
	}
	for _, line := range in.file.Unsupported() {
		in.problem("tensor type %s is not supported; supported: %s", line, gguf.SupportedList())
	}
}

// queryScale is what queries are multiplied by before they meet keys of so many dimensions.
func queryScale(dims int) float64 { return 1 / math.Sqrt(float64(dims)) }

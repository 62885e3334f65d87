package transformer

import (
	"slices"
	"strings"
)

// Traits are the choices in which architectures differ, beyond their numbers. The forward pass branches on nothing else.
type Traits struct {
	HalfPairs       bool // rotary pairs are dimensions (i, i+Dims/2) of a head; otherwise (2i, 2i+1)
	QKVBias         bool // queries, keys and values have biases
	HeadNorm        bool // each head of queries and of keys is RMS-normed before it is turned
	Fused           bool // one matrix holds queries, keys and values, and one gate and up, in this order
	GELU            bool // the activation is GELU in its tanh form; otherwise SiLU
	ErrorFunction   bool // with GELU: in its exact form, by the error function
	ResultNorm      bool // results of attention and of the MLP are normed before they are added to the residual stream
	ScaledEmbedding bool // embeddings are multiplied by sqrt(Width), rounded to float32

	// Encoder is BERT: every token sees every other, learned positions are added to the embeddings instead of rotation,
	// the residual stream is LayerNormed after each sum instead of before each use, the MLP has no gate, every matrix has
	// a bias, and there is no output matrix, so no log-probabilities.
	Encoder bool
}

// architecture is one that Inspect accepts: what the file does not say, and which keys it may say.
type architecture struct {
	name string
	Traits
	keys []string // understood below "NAME.", beside those of every architecture

	// Gemma: caps (Config.AttentionCap, LogitCap) and windows where the file names none. Every period-th layer sees
	// everything, the others the last window positions; these turn with localBase, unscaled, where it is not 0.
	attentionCap, logitCap float64
	window, period         int
	localBase              float64

	// llama.cpp knows the sizes whose queries are scaled by 1/sqrt(Width/Heads), not 1/sqrt(HeadDim), by their number of
	// layers: no key says it. 0: there are none.
	wideScaleLayers int

	// factors names a tensor by which rotary frequencies are divided, if the file has it; unread one that serves longer
	// sequences than are taken.
	factors, unread string
}

var (
	rmsKeys    = []string{"attention.layer_norm_rms_epsilon"}
	rotaryKeys = []string{
		"rope.dimension_count", "rope.freq_base", "rope.scale_linear", "rope.scaling.type", "rope.scaling.factor",
		"rope.scaling.attn_factor", "rope.scaling.original_context_length", "rope.scaling.finetuned",
	}
	decoderKeys = slices.Concat(rmsKeys, rotaryKeys)
	gemma3Keys  = append(slices.Clone(decoderKeys), "attention.sliding_window", "attention.sliding_window_pattern",
		"rope.freq_base_swa",
		"final_logit_softcapping")
	gemma2Keys = append(slices.Clone(gemma3Keys), "attn_logit_softcapping")
)

// architectures are those that are computed, each as llama.cpp does (build 11669; its src/models/NAME.cpp), which is the
// meaning of a GGUF file where the model's authors compute otherwise.
var architectures = []architecture{
	// Llama 3's rotary scaling is a tensor of frequency factors.
	{name: "llama", keys: decoderKeys, factors: "rope_freqs.weight"},
	{name: "qwen2", Traits: Traits{HalfPairs: true, QKVBias: true}, keys: decoderKeys},
	{name: "qwen3", Traits: Traits{HalfPairs: true, HeadNorm: true}, keys: decoderKeys},
	// Of the 27 B size llama.cpp scales queries by the width of a head's share of the residual stream.
	{name: "gemma3", Traits: Traits{HalfPairs: true, HeadNorm: true, GELU: true, ResultNorm: true, ScaledEmbedding: true},
		keys: gemma3Keys, period: 6, localBase: 10000, wideScaleLayers: 62},
	{name: "gemma2", Traits: Traits{HalfPairs: true, GELU: true, ResultNorm: true, ScaledEmbedding: true},
		keys: gemma2Keys, attentionCap: 50, logitCap: 30, window: 4096, period: 2, wideScaleLayers: 46},
	// llama.cpp reads phi3's sliding window and leaves it out ("Phi SWA is currently disabled"): every layer sees
	// everything. Of its two tensors of frequency factors it takes the short one up to the original context length; see
	// Inspect.
	{name: "phi3", Traits: Traits{HalfPairs: true, Fused: true},
		keys:    append(slices.Clone(decoderKeys), "attention.sliding_window"),
		factors: "rope_factors_short.weight", unread: "rope_factors_long.weight"},
	// llama.cpp computes GELU in its tanh form here too, where most BERTs were trained with the error function.
	{name: "bert", Traits: Traits{Encoder: true, QKVBias: true, GELU: true}, keys: []string{"attention.layer_norm_epsilon"}},
}

// supportedNames lists them for messages.
func supportedNames() string {
	var names []string
	for _, a := range architectures {
		names = append(names, a.name)
	}
	return strings.Join(names, ", ")
}

func findArchitecture(name string) (architecture, bool) {
	i := slices.IndexFunc(architectures, func(a architecture) bool { return a.name == name })
	if i < 0 {
		return architecture{}, false
	}
	return architectures[i], true
}

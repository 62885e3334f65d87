package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sdmap/internal/safetensors"
)

// settings are what config.json says of a BERT, as far as numbers depend on it. What it leaves out is as the library that the
// file was written by has it.
type settings struct {
	Type       string  `json:"model_type"`
	Width      int     `json:"hidden_size"`
	Hidden     int     `json:"intermediate_size"`
	Layers     int     `json:"num_hidden_layers"`
	Heads      int     `json:"num_attention_heads"`
	Context    int     `json:"max_position_embeddings"`
	Epsilon    float64 `json:"layer_norm_eps"`
	Activation string  `json:"hidden_act"`
	Positions  string  `json:"position_embedding_type"`
	Decoder    bool    `json:"is_decoder"`
	Crosses    bool    `json:"add_cross_attention"`
}

// InspectEncoder reads the shape of a BERT in the form of Hugging Face's libraries, the content of its config.json and its
// weights, and names everything in them that this package cannot compute, one sentence each. Context is all positions that
// there are weights for, Pooling is left to the caller.
func InspectEncoder(config []byte, weights *safetensors.File) (Config, []string) {
	is := settings{Epsilon: 1e-12, Activation: "gelu", Positions: "absolute"}
	if err := json.Unmarshal(config, &is); err != nil {
		return Config{}, []string{"config.json: " + err.Error()}
	}
	a, _ := findArchitecture("bert")
	in := &inspector{architecture: a, source: encoderTensors(weights)}
	if is.Type != "bert" {
		return Config{}, []string{fmt.Sprintf(`config.json: model_type %q is not supported; supported: "bert"`, is.Type)}
	}
	in.settings(is)
	in.weights(weights)
	if len(in.problems) > 0 {
		return Config{}, in.problems
	}
	c := Config{Architecture: in.name, Traits: in.Traits, Context: is.Context, Width: is.Width, Hidden: is.Hidden,
		Layers: is.Layers, Heads: is.Heads, KVHeads: is.Heads, HeadDim: is.Width / is.Heads, Epsilon: is.Epsilon}
	c.QueryScale = queryScale(c.HeadDim)
	c.ErrorFunction = is.Activation == "gelu"
	in.tensors(&c)
	return c, in.problems
}

// settings refuses what is not computed.
func (in *inspector) settings(is settings) {
	for _, count := range []struct {
		key string
		n   int
	}{{"hidden_size", is.Width}, {"intermediate_size", is.Hidden}, {"num_hidden_layers", is.Layers},
		{"num_attention_heads", is.Heads}, {"max_position_embeddings", is.Context}} {
		if count.n < 1 || count.n > largest {
			in.problem("config.json: %s is %d; supported: 1 to %d", count.key, count.n, largest)
		}
	}
	if is.Heads > 0 && is.Width%is.Heads != 0 {
		in.problem("config.json: %d heads do not divide a width of %d", is.Heads, is.Width)
	}
	if !(is.Epsilon > 0) {
		in.problem("config.json: layer_norm_eps is %v; supported: positive numbers", is.Epsilon)
	}
	switch is.Activation {
	case "gelu", "gelu_new", "gelu_pytorch_tanh":
	default:
		in.problem("config.json: hidden_act %q is not supported; supported: gelu, gelu_new, gelu_pytorch_tanh", is.Activation)
	}
	if is.Positions != "absolute" {
		in.problem("config.json: position_embedding_type %q is not supported; supported: absolute", is.Positions)
	}
	if is.Decoder || is.Crosses {
		in.problem("config.json: is_decoder and add_cross_attention are not supported; supported: encoders alone")
	}
}

// weights refuses weights that are no plain numbers, and those that are there twice, with "bert." in front and without.
func (in *inspector) weights(weights *safetensors.File) {
	seen := map[string]bool{}
	for _, t := range weights.Tensors() {
		name, ours := encoderName(t.Name)
		switch {
		case !ours || len(in.problems) >= 10:
		case !t.Supported():
			in.problem("tensor %q is of type %s; supported: F32, F16, BF16", t.Name, t.Type)
		case seen[name]:
			in.problem("tensor %q is there twice, once by another name", t.Name)
		}
		seen[name] = ours
	}
}

// LoadEncoder reads the weights of a model that InspectEncoder accepted. Its numbers stay in memory.
func LoadEncoder(c Config, weights *safetensors.File) (*Model, error) {
	if c.Architecture == "" {
		return nil, errors.New("the model was not accepted")
	}
	from := encoderTensors(weights)
	return load(c, from, 4*from.parameters(c) < expandBelow, true)
}

// encoderTensors are the weights of a BERT under GGUF's names; what they are not stays under its own, to be refused.
func encoderTensors(weights *safetensors.File) source {
	s := source{tensors: map[string]tensor{}}
	for _, t := range weights.Tensors() {
		if name, ours := encoderName(t.Name); ours {
			s.add(name, t)
		}
	}
	return s
}

// encoderNames are the parts of names in which the two forms differ; the first that fits at a place counts.
var encoderNames = strings.NewReplacer(
	"embeddings.word_embeddings", "token_embd",
	"embeddings.position_embeddings", "position_embd",
	"embeddings.token_type_embeddings", "token_types",
	"embeddings.LayerNorm", "token_embd_norm",
	"encoder.layer.", "blk.",
	"attention.self.query", "attn_q",
	"attention.self.key", "attn_k",
	"attention.self.value", "attn_v",
	"attention.output.dense", "attn_output",
	"attention.output.LayerNorm", "attn_output_norm",
	"intermediate.dense", "ffn_up",
	"output.dense", "ffn_down",
	"output.LayerNorm", "layer_output_norm",
)

// encoderName is GGUF's name of a tensor; ours is false for those that embeddings do not depend on: the numbers of positions, and
// what predicts words and sentences in training.
func encoderName(name string) (_ string, ours bool) {
	name = strings.TrimPrefix(name, "bert.")
	if name == "embeddings.position_ids" || strings.HasPrefix(name, "pooler.") || strings.HasPrefix(name, "cls.") {
		return "", false
	}
	return encoderNames.Replace(name), true
}

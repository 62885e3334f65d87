package transformer

import "fmt"

// reader collects weights that Inspect has seen to be there; after its first error it does nothing.
type reader struct {
	source source
	expand bool
	err    error
}

func (r *reader) tensor(name string) tensor { return r.source.tensors[name] }

func (r *reader) floats(name string) []float32 {
	t := r.tensor(name)
	out := make([]float32, t.Rows()*t.Cols())
	if r.err == nil {
		r.err = t.Dequantise(out, 0, t.Rows())
	}
	return out
}

// norm reads NAME.weight and, if there is one, NAME.bias.
func (r *reader) norm(name string) norm {
	n := norm{gain: r.floats(name + ".weight")}
	if r.tensor(name+".bias") != nil {
		n.shift = r.floats(name + ".bias")
	}
	return n
}

// weight stacks the matrices NAME.weight, and with bias the vectors NAME.bias.
func (r *reader) weight(bias bool, names ...string) *weight {
	w := &weight{in: r.tensor(names[0] + ".weight").Cols()}
	for _, name := range names {
		t := r.tensor(name + ".weight")
		w.tensors = append(w.tensors, t)
		w.out += t.Rows()
		if bias {
			w.bias = append(w.bias, r.floats(name+".bias")...)
		}
	}
	if r.expand && r.err == nil {
		r.err = w.expand()
	}
	return w
}

// block reads the tensors that Config.block names.
func (r *reader) block(c Config, at string) block {
	if c.Encoder {
		return block{
			qkv:          r.weight(true, at+"attn_q", at+"attn_k", at+"attn_v"),
			attentionOut: r.weight(true, at+"attn_output"),
			attentionSum: r.norm(at + "attn_output_norm"),
			gateUp:       r.weight(true, at+"ffn_up"),
			down:         r.weight(true, at+"ffn_down"),
			mlpSum:       r.norm(at + "layer_output_norm"),
		}
	}
	b := block{
		attentionNorm: r.norm(at + "attn_norm"),
		attentionOut:  r.weight(false, at+"attn_output"),
		mlpNorm:       r.norm(at + "ffn_norm"),
		down:          r.weight(false, at+"ffn_down"),
	}
	if c.Fused {
		b.qkv, b.gateUp = r.weight(false, at+"attn_qkv"), r.weight(false, at+"ffn_up")
	} else {
		b.qkv = r.weight(c.QKVBias, at+"attn_q", at+"attn_k", at+"attn_v")
		b.gateUp = r.weight(false, at+"ffn_gate", at+"ffn_up")
	}
	if c.HeadNorm {
		b.queryHead, b.keyHead = r.norm(at+"attn_q_norm"), r.norm(at+"attn_k_norm")
	}
	if c.ResultNorm {
		b.attentionResult, b.mlpResult = r.norm(at+"post_attention_norm"), r.norm(at+"post_ffw_norm")
	}
	return b
}

func (r *reader) extraEmbeddings() *extraEmbeddings {
	kinds := r.floats("token_types.weight")
	return &extraEmbeddings{
		positions: r.floats("position_embd.weight"),
		kind:      kinds[:r.tensor("token_types.weight").Cols()],
		norm:      r.norm("token_embd_norm"),
	}
}

// rotations are those of layers that see everything and those of layers that slide.
func (r *reader) rotations(c Config) (all, local *rotations) {
	a, _ := findArchitecture(c.Architecture)
	var factors []float32
	if t := r.tensor(a.factors); t != nil {
		factors = r.floats(a.factors)
		for i, x := range factors {
			if !(x > 0) && r.err == nil {
				r.err = fmt.Errorf("tensor %q: factor %d is %v; supported: positive numbers", a.factors, i, x)
			}
		}
	}
	return &rotations{steps: c.Rope.steps(factors), gain: c.Rope.Gain},
		&rotations{steps: c.LocalRope.steps(nil), gain: c.LocalRope.Gain}
}

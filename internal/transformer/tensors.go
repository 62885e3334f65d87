package transformer

import "fmt"

// tensors checks that the tensors are exactly those of the architecture, in the shapes that c demands.
func (in *inspector) tensors(c *Config) {
	known := map[string]bool{}
	want := func(name string, rows, cols int) {
		known[name] = true
		t, ok := in.source.tensors[name]
		switch {
		case !ok:
			in.problem("tensor %q is missing", name)
		case t.Rows() != rows || t.Cols() != cols:
			in.problem("tensor %q has %d rows of %d; %d of %d are needed", name, t.Rows(), t.Cols(), rows, cols)
		}
	}
	if embedding, ok := in.source.tensors["token_embd.weight"]; ok {
		c.Vocab = embedding.Rows()
	}
	want("token_embd.weight", c.Vocab, c.Width)
	if c.Encoder {
		kinds := 1
		if t, ok := in.source.tensors["token_types.weight"]; ok {
			kinds = t.Rows()
		}
		want("token_types.weight", kinds, c.Width)
		want("position_embd.weight", c.Context, c.Width)
		want("token_embd_norm.weight", 1, c.Width)
		want("token_embd_norm.bias", 1, c.Width)
	} else {
		want("output_norm.weight", 1, c.Width)
		if _, own := in.source.tensors["output.weight"]; own {
			want("output.weight", c.Vocab, c.Width)
		} else {
			c.TiedOutput = true
		}
	}
	for _, name := range []string{in.factors, in.unread} {
		if _, given := in.source.tensors[name]; given {
			want(name, 1, c.Rope.Dims/2)
		}
	}
	for i := 0; i < c.Layers && len(in.problems) < 10; i++ {
		c.block(func(name string, rows, cols int) { want(fmt.Sprintf("blk.%d.%s", i, name), rows, cols) })
	}
	if len(in.problems) > 0 {
		return
	}
	for _, name := range in.source.names {
		if !known[name] && len(in.problems) < 10 {
			in.problem("tensor %q is not supported: it would change the model's numbers; supported: the weights of a plain "+
				"%s model, without adapters or further biases", name, in.name)
		}
	}
}

// block calls want for every tensor of a block.
func (c Config) block(want func(name string, rows, cols int)) {
	if c.Encoder {
		c.encoderBlock(want)
		return
	}
	want("attn_norm.weight", 1, c.Width)
	if c.Fused {
		want("attn_qkv.weight", c.queryDim()+2*c.kvDim(), c.Width)
	} else {
		c.qkv(want)
	}
	if c.HeadNorm {
		want("attn_q_norm.weight", 1, c.HeadDim)
		want("attn_k_norm.weight", 1, c.HeadDim)
	}
	want("attn_output.weight", c.Width, c.queryDim())
	want("ffn_norm.weight", 1, c.Width)
	if c.Fused {
		want("ffn_up.weight", 2*c.Hidden, c.Width)
	} else {
		want("ffn_gate.weight", c.Hidden, c.Width)
		want("ffn_up.weight", c.Hidden, c.Width)
	}
	want("ffn_down.weight", c.Width, c.Hidden)
	if c.ResultNorm {
		want("post_attention_norm.weight", 1, c.Width)
		want("post_ffw_norm.weight", 1, c.Width)
	}
}

func (c Config) qkv(want func(name string, rows, cols int)) {
	matrix := func(name string, rows int) {
		want(name+".weight", rows, c.Width)
		if c.QKVBias {
			want(name+".bias", 1, rows)
		}
	}
	matrix("attn_q", c.queryDim())
	matrix("attn_k", c.kvDim())
	matrix("attn_v", c.kvDim())
}

func (c Config) encoderBlock(want func(name string, rows, cols int)) {
	c.qkv(want)
	for _, m := range []struct {
		name       string
		rows, cols int
	}{{"attn_output", c.Width, c.queryDim()}, {"ffn_up", c.Hidden, c.Width}, {"ffn_down", c.Width, c.Hidden}} {
		want(m.name+".weight", m.rows, m.cols)
		want(m.name+".bias", 1, m.rows)
	}
	for _, norm := range []string{"attn_output_norm", "layer_output_norm"} {
		want(norm+".weight", 1, c.Width)
		want(norm+".bias", 1, c.Width)
	}
}

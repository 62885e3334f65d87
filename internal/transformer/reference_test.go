package transformer

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
)

// reference is the model written down plainly in float64: one sequence, one token after the other, no batching, no
// cache, no tiles. It shares no arithmetic with the package.
type reference struct {
	Config
	tensors map[string][]float64
}

// trajectory is what the reference finds on one sequence.
type trajectory struct {
	residual, gate [][][]float64   // layer, token, dimension
	inputs         [][][]float64   // layer, token, channel
	attention      [][][][]float64 // layer, head, query, key
	lens           [][][]float64   // layer, token, vocabulary: log-probabilities
}

func newReference(t testing.TB, f *gguf.File) *reference {
	cfg, problems := Inspect(f)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := &reference{cfg, map[string][]float64{}}
	for _, tensor := range f.Tensors() {
		floats := make([]float32, tensor.Rows()*tensor.Cols())
		if err := tensor.Dequantise(floats, 0, tensor.Rows()); err != nil {
			t.Fatal(err)
		}
		for _, x := range floats {
			r.tensors[tensor.Name] = append(r.tensors[tensor.Name], float64(x))
		}
	}
	return r
}

func (r *reference) apply(name string, x []float64) []float64 {
	w := r.tensors[name]
	out := make([]float64, len(w)/len(x))
	for i := range out {
		for j, v := range x {
			out[i] += w[i*len(x)+j] * v
		}
	}
	return out
}

func (r *reference) norm(name string, x []float64) []float64 {
	var square float64
	for _, v := range x {
		square += v * v
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v / math.Sqrt(square/float64(len(x))+r.Epsilon) * r.tensors[name][i]
	}
	return out
}

func (r *reference) turn(x []float64, position int) {
	for head := 0; head < len(x); head += r.HeadDim {
		for i := 0; i < r.Rope.Dims; i += 2 {
			angle := float64(position) * r.Rope.Scale * math.Pow(r.Rope.Base, -float64(i)/float64(r.Rope.Dims))
			a, b := x[head+i], x[head+i+1]
			x[head+i] = a*math.Cos(angle) - b*math.Sin(angle)
			x[head+i+1] = a*math.Sin(angle) + b*math.Cos(angle)
		}
	}
}

func normalised(x []float64) (p []float64, logSum float64) {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	var sum float64
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	for _, v := range x {
		p = append(p, math.Exp(v-top)/sum)
	}
	return p, top + math.Log(sum)
}

func (r *reference) run(tokens []int32) trajectory {
	var tr trajectory
	h := make([][]float64, len(tokens))
	for t, id := range tokens {
		h[t] = append([]float64(nil), r.tensors["token_embd.weight"][int(id)*r.Width:int(id+1)*r.Width]...)
	}
	tr.observe(r, h)
	for l := range r.Layers {
		at := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", l, name) }
		inputs := make([][]float64, len(h))
		q, k, v := make([][]float64, len(h)), make([][]float64, len(h)), make([][]float64, len(h))
		for t := range h {
			x := r.norm(at("attn_norm"), h[t])
			q[t], k[t], v[t] = r.apply(at("attn_q"), x), r.apply(at("attn_k"), x), r.apply(at("attn_v"), x)
			r.turn(q[t], t)
			r.turn(k[t], t)
			inputs[t] = x
		}
		attended, weights := r.attend(q, k, v)
		tr.attention = append(tr.attention, weights)
		var gates [][]float64
		for t := range h {
			for i, x := range r.apply(at("attn_output"), attended[t]) {
				h[t][i] += x
			}
			x := r.norm(at("ffn_norm"), h[t])
			gate, up := r.apply(at("ffn_gate"), x), r.apply(at("ffn_up"), x)
			gates = append(gates, gate)
			act := make([]float64, len(gate))
			for i, g := range gate {
				act[i] = g / (1 + math.Exp(-g)) * up[i]
			}
			inputs[t] = slices.Concat(inputs[t], attended[t], x, act)
			for i, x := range r.apply(at("ffn_down"), act) {
				h[t][i] += x
			}
		}
		tr.gate, tr.inputs = append(tr.gate, gates), append(tr.inputs, inputs)
		tr.observe(r, h)
	}
	return tr
}

func (r *reference) attend(q, k, v [][]float64) (out [][]float64, weights [][][]float64) {
	out = make([][]float64, len(q))
	for head := range r.Heads {
		own, shared := head*r.HeadDim, head/(r.Heads/r.KVHeads)*r.HeadDim
		var table [][]float64
		for t := range q {
			scores := make([]float64, t+1)
			for s := range scores {
				for d := range r.HeadDim {
					scores[s] += q[t][own+d] * k[s][shared+d] / math.Sqrt(float64(r.HeadDim))
				}
			}
			p, _ := normalised(scores)
			table = append(table, p)
			for d := range r.HeadDim {
				var sum float64
				for s, w := range p {
					sum += w * v[s][shared+d]
				}
				out[t] = append(out[t], sum)
			}
		}
		weights = append(weights, table)
	}
	return out, weights
}

func (tr *trajectory) observe(r *reference, h [][]float64) {
	output := "output.weight"
	if r.TiedOutput {
		output = "token_embd.weight"
	}
	var residual, lens [][]float64
	for t := range h {
		residual = append(residual, append([]float64(nil), h[t]...))
		logits := r.apply(output, r.norm("output_norm.weight", h[t]))
		_, norm := normalised(logits)
		for i := range logits {
			logits[i] -= norm
		}
		lens = append(lens, logits)
	}
	tr.residual, tr.lens = append(tr.residual, residual), append(tr.lens, lens)
}

// shape is a random model to write.
type shape struct {
	vocab, context, width, hidden, layers, heads, kvHeads, headDim, ropeDims int
	base, scaling                                                            float32
	untied, half                                                             bool // half: matrices in F16
	kvByLayer                                                                []uint32
}

var small = shape{vocab: 97, context: 96, width: 32, hidden: 72, layers: 3, heads: 4, kvHeads: 2, headDim: 8, ropeDims: 8}

// write makes the file of a random model; weights have unit gain, so that layers neither fade nor explode.
func (sh shape) write(seed uint64) *gguftest.Writer {
	w := &gguftest.Writer{}
	w.KV("general.architecture", "llama")
	for key, n := range map[string]int{
		"context_length": sh.context, "embedding_length": sh.width, "block_count": sh.layers,
		"feed_forward_length": sh.hidden, "attention.head_count": sh.heads, "attention.head_count_kv": sh.kvHeads,
		"attention.key_length": sh.headDim, "attention.value_length": sh.headDim, "rope.dimension_count": sh.ropeDims,
	} {
		if key == "attention.head_count_kv" && sh.kvByLayer != nil {
			w.KV("llama."+key, sh.kvByLayer)
			continue
		}
		w.KV("llama."+key, uint32(n))
	}
	w.KV("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	if sh.base > 0 {
		w.KV("llama.rope.freq_base", sh.base)
	}
	if sh.scaling > 0 {
		w.KV("llama.rope.scaling.type", "linear")
		w.KV("llama.rope.scaling.factor", sh.scaling)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	fill := func(name string, mean, sd float64, dims ...int) {
		n := 1
		for _, d := range dims {
			n *= d
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(mean + sd*random.NormFloat64())
		}
		w.F32(name, dims, values)
	}
	matrix := func(name string, in, out int) {
		if !sh.half {
			fill(name, 0, 1.5/math.Sqrt(float64(in)), in, out)
			return
		}
		// Random signs and fractions on one exponent: magnitudes between scale and 2 scale.
		exponent := uint16(15+math.Ilogb(1/math.Sqrt(float64(in)))) << 10
		data := make([]byte, 0, 2*in*out)
		for range in * out {
			bits := uint16(random.Uint32())
			data = binary.LittleEndian.AppendUint16(data, bits&0x83ff|exponent)
		}
		w.Tensor(name, 1, []int{in, out}, data)
	}
	fill("token_embd.weight", 0, 0.4, sh.width, sh.vocab)
	for l := range sh.layers {
		at := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", l, name) }
		fill(at("attn_norm"), 1, 0.2, sh.width)
		matrix(at("attn_q"), sh.width, sh.heads*sh.headDim)
		matrix(at("attn_k"), sh.width, sh.kvHeads*sh.headDim)
		matrix(at("attn_v"), sh.width, sh.kvHeads*sh.headDim)
		matrix(at("attn_output"), sh.heads*sh.headDim, sh.width)
		fill(at("ffn_norm"), 1, 0.2, sh.width)
		matrix(at("ffn_gate"), sh.width, sh.hidden)
		matrix(at("ffn_up"), sh.width, sh.hidden)
		matrix(at("ffn_down"), sh.hidden, sh.width)
	}
	fill("output_norm.weight", 1, 0.2, sh.width)
	if sh.untied {
		matrix("output.weight", sh.width, sh.vocab)
	}
	return w
}

func (sh shape) file(t testing.TB, seed uint64) *gguf.File {
	f, err := gguf.Parse(sh.write(seed).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustLoad(t testing.TB, f *gguf.File, expandBelow int) *Model {
	m, err := loadGGUF(f, expandBelow)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func randomTokens(random *rand.Rand, vocab, n int) []int32 {
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32(random.IntN(vocab))
	}
	return tokens
}

package imatrix

import (
	"math"
	"slices"
	"strings"
)

// Block holds the mean squares of what goes into the matrices of one block.
type Block struct {
	Names    []string  // of the matrices, in the order of their channels
	Channels []int     // by matrix
	Energy   []float64 // mean square over tokens; 0 where an expert met no token
}

const (
	router  = "ffn_gate_inp"
	experts = "ffn_down_exps"
)

// Blocks gives the energies, blocks in their order; a block without matrices is empty.
//
// Matrices with one input, such as those of queries, keys and values, have the same sums: the input counts once, under the
// first of their names. Of experts:
//
//   - what goes into gate and up is what goes into the router, and counts there. Without a router it is the mean over
//     all tokens and the experts that they were sent to;
//   - neurons behind them are different ones in every expert, and many: each expert has one energy, the mean over all tokens
//     of the sum over its neurons, tokens that went elsewhere counting 0. It is how often an expert is asked, and how loudly.
func (f *File) Blocks() []Block {
	out := make([]Block, f.Matrices[len(f.Matrices)-1].Block+1)
	for from := 0; from < len(f.Matrices); {
		block := f.Matrices[from].Block
		to := from
		for to < len(f.Matrices) && f.Matrices[to].Block == block {
			to++
		}
		out[block] = gather(f.Matrices[from:to], f.Tokens)
		from = to
	}
	return out
}

func gather(matrices []Matrix, tokens int) Block {
	routed := slices.ContainsFunc(matrices, func(m Matrix) bool { return m.Name == router })
	var b Block
	for i, m := range matrices {
		var energy []float64
		switch {
		case slices.ContainsFunc(matrices[:i], m.sameInput):
			continue
		case m.Name == experts:
			energy = m.byExpert(tokens)
		case strings.HasSuffix(m.Name, "_exps") && routed:
			continue
		default:
			energy = m.pooled()
		}
		b.Names, b.Channels, b.Energy = append(b.Names, m.Name), append(b.Channels, len(energy)), append(b.Energy, energy...)
	}
	return b
}

// sameInput says whether two matrices were given the same.
func (m Matrix) sameInput(other Matrix) bool {
	return m.Name != experts && other.Name != experts && slices.Equal(m.Counts, other.Counts) && slices.Equal(m.Sums, other.Sums)
}

// pooled is the mean square of each channel over all experts' tokens.
func (m Matrix) pooled() []float64 {
	out := make([]float64, m.inputs())
	for i, s := range m.Sums {
		out[i%len(out)] += float64(s)
	}
	var n float64
	for _, c := range m.Counts {
		n += c
	}
	for i := range out {
		out[i] /= math.Max(n, 1)
	}
	return out
}

// byExpert is the sum of all channels' squares of each expert, over all tokens.
func (m Matrix) byExpert(tokens int) []float64 {
	out := make([]float64, len(m.Counts))
	for i, s := range m.Sums {
		out[i/m.inputs()] += float64(s) / float64(tokens)
	}
	return out
}

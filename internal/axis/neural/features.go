package neural

import (
	"math"

	"sdmap/internal/llm"
)

// everyLayer makes an item's features of every layer, one layer after the other; none of a trace without the residual stream.
func everyLayer(of func(t *llm.Trace, layer, start int) []float64) func(t *llm.Trace, start int) []float64 {
	return func(t *llm.Trace, start int) []float64 {
		if t.Residual == nil {
			return nil
		}
		var out []float64
		for l := range t.Layers {
			out = append(out, of(t, l, start)...)
		}
		return out
	}
}

func hiddenMeans(t *llm.Trace, layer, start int) []float64 {
	return columnMeans(t.Residual[layer+1], start, t.T, t.Width, plain)
}

func finalMeans(t *llm.Trace, start int) []float64 {
	if t.Final == nil {
		return nil
	}
	return columnMeans(t.Final, start, t.T, t.Width, plain)
}

func openGates(t *llm.Trace, layer, start int) []float64 {
	if t.Gate == nil {
		return nil
	}
	return columnMeans(t.Gate[layer], start, t.T, t.Hidden, open)
}

// attends are the features of every head, one after the other; they look at all tokens.
func attends(t *llm.Trace, layer, _ int) []float64 {
	if t.Attention == nil {
		return nil
	}
	var out []float64
	for h := range t.Heads {
		f := attend(t.Attention[layer][h*t.T*t.T:(h+1)*t.T*t.T], t.T)
		out = append(out, f[:]...)
	}
	return out
}

func layerEnergies(t *llm.Trace, layer, start int) []float64 {
	if t.Inputs == nil {
		return nil
	}
	return energies(t.Inputs[layer], start, t.T, t.Channels)
}

func plain(v float32) float64 { return float64(v) }

// open is 1 where a gate lets its neuron's value pass undamped: its pre-activation is positive.
func open(v float32) float64 {
	if v > 0 {
		return 1
	}
	return 0
}

// energies are, by channel, the log of the mean over the rows from start on of squared inputs (a T x width matrix): the log
// of what llama-imatrix writes as in_sum2 over counts, for the tokens of one item. Logs, because energies are positive and
// spread over orders of magnitude, within a channel too: on their own scale a few items with huge activations would make up
// a benchmark's mean. A channel without any energy, such as one whose norm has the gain 0, is missing (NaN).
func energies(inputs []float32, start, rows, width int) []float64 {
	out := columnMeans(inputs, start, rows, width, func(v float32) float64 { return float64(v) * float64(v) })
	for p, e := range out {
		if out[p] = math.Log(e); e == 0 {
			out[p] = math.NaN()
		}
	}
	return out
}

// columnMeans is the mean over the rows from start on of a function of a T x width matrix.
func columnMeans(x []float32, start, rows, width int, of func(float32) float64) []float64 {
	out := make([]float64, width)
	for t := start; t < rows; t++ {
		for p, v := range x[t*width : (t+1)*width] {
			out[p] += of(v)
		}
	}
	for p := range out {
		out[p] /= float64(rows - start)
	}
	return out
}

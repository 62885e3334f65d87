package transformer

import (
	"context"

	"sdmap/internal/llm"
)

// traceRows bounds the rows of one traced batch: traces need memory for every row and layer.
const traceRows = 512

// capture keeps what a forward pass computes on its way. All of its methods do nothing on nil.
type capture struct {
	want      llm.Want
	residuals [][]float32 // Layers+1 of rows x Width
	gates     [][]float32 // Layers of rows x Hidden
	weights   [][]float32 // Layers; row r has Heads x keys weights from starts[r] on, keys being what it may see
	starts    []int
	inputs    [][]float32 // Layers of rows x channels
}

// reset makes room for a batch of c's rows.
func (c *capture) reset(m *Model, ch chunk) {
	c.starts = c.starts[:0]
	total := 0
	for _, r := range ch.runs {
		for i := range r.tokens {
			c.starts = append(c.starts, total)
			total += m.Heads * m.keys(r, i)
		}
	}
	grow := func(bufs *[][]float32, layers, size int) {
		*bufs = sized(*bufs, layers)
		for l := range *bufs {
			(*bufs)[l] = sized((*bufs)[l], size)
		}
	}
	if c.want&(llm.WantResidual|llm.WantLens|llm.WantFinal) != 0 {
		grow(&c.residuals, m.Layers+1, ch.rows*m.Width)
	}
	if c.want&llm.WantGate != 0 {
		grow(&c.gates, m.Layers, ch.rows*m.Hidden)
	}
	if c.want&llm.WantAttention != 0 {
		grow(&c.weights, m.Layers, total)
	}
	if c.want&llm.WantInputs != 0 {
		grow(&c.inputs, m.Layers, ch.rows*m.channels())
	}
}

func (c *capture) residual(m *Model, layer int, hidden []float32) {
	if c != nil && c.residuals != nil {
		copy(c.residuals[layer], hidden)
	}
}

func (c *capture) gate(m *Model, layer, row int, gate []float32) {
	if c != nil && c.gates != nil {
		copy(c.gates[layer][row*m.Hidden:], gate)
	}
}

func (c *capture) attention(m *Model, layer, head, row int, weights []float32) {
	if c != nil && c.weights != nil {
		copy(c.weights[layer][c.starts[row]+head*len(weights):], weights)
	}
}

// input keeps what goes into a matrix: x has some rows, from row on, whose values are the channels from channel on.
func (c *capture) input(m *Model, layer, row, rows, channel int, x []float32) {
	if c == nil || c.inputs == nil {
		return
	}
	width := len(x) / rows
	for i := range rows {
		copy(c.inputs[layer][(row+i)*m.channels()+channel:], x[i*width:(i+1)*width])
	}
}

// Trace runs every sequence and shows, in order, what happened on it. Only what want names is kept and filled in.
// An encoder has no lens.
func (m *Model) Trace(ctx context.Context, seqs [][]int32, want llm.Want, visit func(i int, t *llm.Trace) error) error {
	if want&llm.WantLens != 0 {
		if err := m.needOutput("a logit lens"); err != nil {
			return err
		}
	}
	for i, seq := range seqs {
		if err := m.checkTokens(i, seq); err != nil {
			return err
		}
	}
	s := m.scratch()
	defer scratches.Put(s)
	c, view := &capture{want: want}, &traceView{}
	for first := 0; first < len(seqs); {
		end, rows := first+1, len(seqs[first])
		for end < len(seqs) && rows+len(seqs[end]) <= traceRows {
			rows += len(seqs[end])
			end++
		}
		part := seqs[first:end]
		ch, _ := m.nextChunk(part, lexical(part), rows)
		c.reset(m, ch)
		if err := m.forwardChunk(ctx, s, ch, nil, c); err != nil {
			return err
		}
		members := make([]member, len(part))
		for _, member := range ch.members {
			members[member.seq] = member
		}
		for i, member := range members {
			t, err := view.fill(ctx, m, s, c, member.appendRows(nil))
			if err != nil {
				return err
			}
			if err := visit(first+i, t); err != nil {
				return err
			}
		}
		first = end
	}
	return nil
}

// traceView assembles one sequence's trace from a capture; its buffers serve one visit after the other.
type traceView struct {
	trace     llm.Trace
	residuals [][]float32
}

func (v *traceView) fill(ctx context.Context, m *Model, s *scratch, c *capture, rows []int) (*llm.Trace, error) {
	t := &v.trace
	t.T, t.Layers, t.Width, t.Hidden, t.Heads, t.Vocab = len(rows), m.Layers, m.Width, m.Hidden, m.Heads, m.Vocab
	t.Channels = m.channels()
	gather(&v.residuals, c.residuals, rows, m.Width)
	if c.want&llm.WantResidual != 0 {
		t.Residual = v.residuals
	}
	if c.want&llm.WantFinal != 0 {
		t.Final = sized(t.Final, t.T*m.Width)
		for row := range t.T {
			at := row * m.Width
			m.finalNorm.apply(t.Final[at:at+m.Width], v.residuals[m.Layers][at:at+m.Width], m.Epsilon)
		}
	}
	if c.want&llm.WantGate != 0 {
		gather(&t.Gate, c.gates, rows, m.Hidden)
	}
	if c.want&llm.WantInputs != 0 {
		gather(&t.Inputs, c.inputs, rows, m.channels())
	}
	if c.want&llm.WantAttention != 0 {
		t.Attention = sized(t.Attention, m.Layers)
		for l := range t.Attention {
			t.Attention[l] = sized(t.Attention[l], m.Heads*t.T*t.T)
			c.fillAttention(t.Attention[l], l, m.Heads, rows, m.Encoder)
		}
	}
	if c.want&llm.WantLens != 0 {
		t.Lens = sized(t.Lens, m.Layers+1)
		for l := range t.Lens {
			t.Lens[l] = sized(t.Lens[l], t.T*m.Vocab)
			if err := m.lens(ctx, s, t.Lens[l], v.residuals[l]); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// gather copies the given rows of every layer, width floats each.
func gather(dst *[][]float32, src [][]float32, rows []int, width int) {
	*dst = sized(*dst, len(src))
	for l, layer := range src {
		(*dst)[l] = sized((*dst)[l], len(rows)*width)
		for i, row := range rows {
			copy((*dst)[l][i*width:(i+1)*width], layer[row*width:])
		}
	}
}

// fillAttention writes Heads x T x T weights, zero where the key comes after the query and the model is no encoder.
func (c *capture) fillAttention(dst []float32, layer, heads int, rows []int, encoder bool) {
	n := len(rows)
	clear(dst)
	for i, row := range rows {
		weights, keys := c.weights[layer][c.starts[row]:], i+1
		if encoder {
			keys = n
		}
		for head := range heads {
			copy(dst[(head*n+i)*n:], weights[head*keys:(head+1)*keys])
		}
	}
}

// lens writes the log-probabilities (T x Vocab) that the final norm and the output matrix read from residual (T x Width).
func (m *Model) lens(ctx context.Context, s *scratch, dst, residual []float32) error {
	return m.eachLogits(ctx, s, residual, len(residual)/m.Width, func(row int, logits []float32) error {
		norm := logSumExp(logits)
		out := dst[row*m.Vocab : (row+1)*m.Vocab]
		for i, x := range logits {
			out[i] = float32(float64(x) - norm)
		}
		return nil
	})
}

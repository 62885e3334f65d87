package transformer

import (
	"context"
	"fmt"
	"math"

	"sdmap/internal/llm"
)

// MeanHidden averages, for every sequence, the final-layer hidden states (after the final norm, if there is one) of
// Tokens[From:].
func (m *Model) MeanHidden(ctx context.Context, seqs []llm.Sequence) ([][]float32, error) {
	inputs := make([][]int32, len(seqs))
	for i, seq := range seqs {
		if seq.From < 0 || len(seq.Tokens) > 0 && seq.From >= len(seq.Tokens) {
			return nil, fmt.Errorf("sequence %d: the mean from token %d on is over none of its %d tokens", i, seq.From,
				len(seq.Tokens))
		}
		inputs[i] = seq.Tokens
	}
	return m.means(ctx, inputs, func(i int, rows []int) []int { return rows[seqs[i].From:] })
}

// Pooled makes one vector of every sequence as Config.Pooling and Config.UnitLength say; PoolNone is taken for the mean.
func (m *Model) Pooled(ctx context.Context, seqs [][]int32) ([][]float32, error) {
	vectors, err := m.means(ctx, seqs, func(_ int, rows []int) []int {
		switch m.Pooling {
		case PoolCLS:
			return rows[:1]
		case PoolLast:
			return rows[len(rows)-1:]
		default:
			return rows
		}
	})
	if m.UnitLength {
		for _, v := range vectors {
			scaleToUnit(v)
		}
	}
	return vectors, err
}

// scaleToUnit gives v length 1; the zero vector stays.
func scaleToUnit(v []float32) {
	var square float64
	for _, x := range v {
		square += float64(float64(x) * float64(x))
	}
	if length := math.Sqrt(square); length > 0 {
		for i, x := range v {
			v[i] = float32(float64(x) / length)
		}
	}
}

// means averages the normed final hidden states of the rows that of takes from all rows of a sequence.
func (m *Model) means(ctx context.Context, seqs [][]int32, of func(i int, rows []int) []int) ([][]float32, error) {
	for i, seq := range seqs {
		if err := m.checkTokens(i, seq); err != nil {
			return nil, err
		}
	}
	s := m.scratch()
	defer scratches.Put(s)
	out := make([][]float32, len(seqs))
	normed, sums := make([]float32, m.Width), make([]float64, m.Width)
	for order := lexical(seqs); len(order) > 0; {
		var c chunk
		c, order = m.nextChunk(seqs, order, m.batchRows)
		if err := m.forwardChunk(ctx, s, c, nil, nil); err != nil {
			return nil, err
		}
		for _, member := range c.members {
			s.readRows = member.appendRows(s.readRows[:0])
			rows := of(member.seq, s.readRows)
			clear(sums)
			for _, row := range rows {
				m.finalNorm.apply(normed, s.hidden[row*m.Width:(row+1)*m.Width], m.Epsilon)
				for j, x := range normed {
					sums[j] += float64(x)
				}
			}
			mean := make([]float32, m.Width)
			for j, sum := range sums {
				mean[j] = float32(sum / float64(len(rows)))
			}
			out[member.seq] = mean
		}
	}
	return out, nil
}

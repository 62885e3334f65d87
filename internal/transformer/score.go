package transformer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/llm"
)

// read asks for the log-probability of target after the token of a batch row.
type read struct {
	row    int
	target int32
	to     *float64
	seq    int // of the call, for errors
	token  int // of the sequence, for errors
}

// Score computes for every sequence the log-probabilities (nats) of Tokens[From:], each given all tokens before it. The
// softmax is taken over the whole vocabulary, in float64 of float32 logits; the last token is only read, not run.
func (m *Model) Score(ctx context.Context, seqs []llm.Sequence) ([]llm.Scores, error) {
	if err := m.needOutput("log-probabilities"); err != nil {
		return nil, err
	}
	inputs := make([][]int32, len(seqs))
	out := make([]llm.Scores, len(seqs))
	for i, seq := range seqs {
		if err := m.checkTokens(i, seq.Tokens); err != nil {
			return nil, err
		}
		if seq.From < 1 || seq.From >= len(seq.Tokens) {
			return nil, fmt.Errorf("sequence %d: scores are asked from token %d on, of %d tokens (the first has no context)",
				i, seq.From, len(seq.Tokens))
		}
		inputs[i] = seq.Tokens[:len(seq.Tokens)-1]
		out[i] = make(llm.Scores, len(seq.Tokens)-seq.From)
	}
	s := m.scratch()
	defer scratches.Put(s)
	for order := lexical(inputs); len(order) > 0; {
		var c chunk
		c, order = m.nextChunk(inputs, order, m.batchRows)
		s.reads = s.reads[:0]
		for _, member := range c.members {
			seq := seqs[member.seq]
			s.readRows = member.appendRows(s.readRows[:0])
			for i := seq.From; i < len(seq.Tokens); i++ {
				s.reads = append(s.reads, read{s.readRows[i-1], seq.Tokens[i], &out[member.seq][i-seq.From], member.seq, i})
			}
		}
		needed := neededRows(s)
		if err := m.forwardChunk(ctx, s, c, needed, nil); err != nil {
			return nil, err
		}
		if err := m.readScores(ctx, s, len(needed)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// needOutput refuses what only models with an output matrix have.
func (m *Model) needOutput(what string) error {
	if m.Encoder {
		return fmt.Errorf("a model of architecture %q is an encoder: it has embeddings and traces, but not %s", m.Architecture,
			what)
	}
	return nil
}

// checkTokens refuses sequences that the model cannot take.
func (m *Model) checkTokens(i int, tokens []int32) error {
	switch {
	case len(tokens) == 0:
		return fmt.Errorf("sequence %d is empty; it must have a token at least", i)
	case len(tokens) > m.Context:
		return fmt.Errorf("sequence %d has %d tokens; the model's context is %d", i, len(tokens), m.Context)
	}
	for at, id := range tokens {
		if id < 0 || int(id) >= m.Vocab {
			return fmt.Errorf("sequence %d: token %d has id %d; the vocabulary has %d", i, at, id, m.Vocab)
		}
	}
	return nil
}

// neededRows puts s.reads into the order of rows, lists these once each, and turns the reads' rows into indices of that
// list.
func neededRows(s *scratch) []int {
	slices.SortStableFunc(s.reads, func(a, b read) int { return cmp.Compare(a.row, b.row) })
	s.readRows = s.readRows[:0]
	for i := range s.reads {
		r := &s.reads[i]
		if n := len(s.readRows); n == 0 || s.readRows[n-1] != r.row {
			s.readRows = append(s.readRows, r.row)
		}
		r.row = len(s.readRows) - 1
	}
	return s.readRows
}

// readScores serves s.reads from the first rows of s.hidden. Logits are computed once for each row.
func (m *Model) readScores(ctx context.Context, s *scratch, rows int) error {
	next := 0
	return m.eachLogits(ctx, s, s.hidden, rows, func(row int, logits []float32) error {
		norm := logSumExp(logits)
		for ; next < len(s.reads) && s.reads[next].row == row; next++ {
			r := s.reads[next]
			*r.to = float64(logits[r.target]) - norm
			if math.IsNaN(*r.to) || math.IsInf(*r.to, 0) {
				return fmt.Errorf("sequence %d: the log-probability of token %d is %v; the weights are damaged", r.seq, r.token,
					*r.to)
			}
		}
		return nil
	})
}

// eachLogits applies the final norm and the output matrix to rows 0 to n-1 of hidden (rows x Width) and shows their
// logits in order.
func (m *Model) eachLogits(ctx context.Context, s *scratch, hidden []float32, n int,
	visit func(row int, logits []float32) error) error {
	most := fewRows
	if m.workers > 1 {
		most = clamp(64<<20/(4*m.Vocab), 1, 1024)
	}
	for first := 0; first < n; first += most {
		now := min(most, n-first)
		s.x, s.logits = sized(s.x, now*m.Width), sized(s.logits, now*m.Vocab)
		for i := range now {
			row := hidden[(first+i)*m.Width : (first+i+1)*m.Width]
			m.finalNorm.apply(s.x[i*m.Width:(i+1)*m.Width], row, m.Epsilon)
		}
		if err := m.multiply(ctx, s, m.output, s.logits, s.x, now); err != nil {
			return err
		}
		if m.LogitCap > 0 {
			softCap(s.logits, m.LogitCap)
		}
		for i := range now {
			if err := visit(first+i, s.logits[i*m.Vocab:(i+1)*m.Vocab]); err != nil {
				return err
			}
		}
	}
	return nil
}

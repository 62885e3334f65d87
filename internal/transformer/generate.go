package transformer

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

// Continuation asks for tokens after Prompt.
type Continuation struct {
	Prompt      []int32
	MaxTokens   int     // at least 1
	Temperature float64 // 0 takes the likeliest token (ties: the lowest id), else logits are divided by it
	Seed        uint64  // of this continuation's own random stream

	// Accept sees every token that is chosen; false ends the continuation, which then lacks that token.
	Accept func(token int32) bool
}

// Continued is the answer: the accepted tokens and why they end: "stop" (Accept said so), "length" or "context".
type Continued struct {
	Tokens []int32
	Reason string
}

const (
	keptBytes   = 256 << 20 // keys and values of the continuations that are decoded together, at most, unless it is one
	keptTokens  = 64        // tokens by which a continuation's cache grows
	decodeLimit = 256       // continuations that are decoded together
)

// Generate continues every prompt. Many are decoded together, one row each.
func (m *Model) Generate(ctx context.Context, asked []Continuation) ([]Continued, error) {
	if err := m.needOutput("a next token"); err != nil {
		return nil, err
	}
	prompts := make([][]int32, len(asked))
	for i, a := range asked {
		if err := m.checkTokens(i, a.Prompt); err != nil {
			return nil, err
		}
		if a.MaxTokens < 1 {
			return nil, fmt.Errorf("sequence %d: %d tokens are asked for; at least 1 is possible", i, a.MaxTokens)
		}
		if !(a.Temperature >= 0) || math.IsInf(a.Temperature, 0) {
			return nil, fmt.Errorf("sequence %d: the temperature is %v; it must be 0 or positive", i, a.Temperature)
		}
		prompts[i] = a.Prompt
	}
	s := m.scratch()
	defer scratches.Put(s)
	out := make([]Continued, len(asked))
	for order := lexical(prompts); len(order) > 0; {
		group := order[:m.together(asked, order)]
		order = order[len(group):]
		for len(group) > 0 {
			var c chunk
			c, group = m.nextChunk(prompts, group, m.batchRows)
			if err := m.generateChunk(ctx, s, c, asked, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// together says how many of the next continuations fit into keptBytes.
func (m *Model) together(asked []Continuation, order []int) int {
	bytes := 0
	for n, i := range order[:min(len(order), decodeLimit)] {
		tokens := min(len(asked[i].Prompt)+min(asked[i].MaxTokens, m.Context), m.Context) + keptTokens
		if bytes += 8 * m.Layers * m.kvDim() * tokens; bytes > keptBytes && n > 0 {
			return n
		}
	}
	return min(len(order), decodeLimit)
}

// decoding is one continuation on its way.
type decoding struct {
	*Continuation
	out    *Continued
	path   []piece // the prompt and full runs after it
	run    *run    // grows; nil before the first token
	length int     // tokens of path and run
	row    int     // of its last token
	random *rand.Rand
}

func (m *Model) generateChunk(ctx context.Context, s *scratch, c chunk, asked []Continuation, out []Continued) error {
	kept := m.newCache(c.rows)
	s.spans = s.spans[:0]
	for _, r := range c.runs {
		r.cache = kept
		s.spans = append(s.spans, span{r, 0, len(r.tokens), r.row})
	}
	var active []*decoding
	var needed []int // rows of the last tokens: ascending, since members are in lexical order
	for _, member := range c.members {
		a := &asked[member.seq]
		s.readRows = member.appendRows(s.readRows[:0])
		if last := s.readRows[len(s.readRows)-1]; len(needed) == 0 || needed[len(needed)-1] != last {
			needed = append(needed, last)
		}
		d := &decoding{Continuation: a, out: &out[member.seq], path: member.path, length: len(a.Prompt), row: len(needed) - 1}
		if a.Temperature > 0 {
			d.random = rand.New(rand.NewPCG(a.Seed, 0x73616d706c65)) // "sample": a stream of this purpose
		}
		active = append(active, d)
	}
	if err := m.forward(ctx, s, c.rows, needed, nil); err != nil {
		return err
	}
	for rows := len(needed); ; rows = len(active) {
		var err error
		if active, err = m.step(ctx, s, active, rows); err != nil || len(active) == 0 {
			return err
		}
		s.spans = s.spans[:0]
		for i, d := range active {
			d.row = i
			s.spans = append(s.spans, m.extend(d))
		}
		if err := m.forward(ctx, s, len(active), nil, nil); err != nil {
			return err
		}
	}
}

// step gives every continuation its next token and returns those that go on.
func (m *Model) step(ctx context.Context, s *scratch, active []*decoding, rows int) (going []*decoding, err error) {
	next := 0
	err = m.eachLogits(ctx, s, s.hidden, rows, func(row int, logits []float32) error {
		for ; next < len(active) && active[next].row == row; next++ {
			d := active[next]
			token, err := d.choose(logits)
			if err != nil {
				return err
			}
			if d.take(token, m.Context) {
				going = append(going, d)
			}
		}
		return nil
	})
	return going, err
}

func (m *Model) newCache(tokens int) *cache {
	layer := tokens * m.kvDim()
	return &cache{keys: make([]float32, m.Layers*layer), values: make([]float32, m.Layers*layer), layer: layer}
}

// take records a chosen token and says whether another can follow.
func (d *decoding) take(token int32, context int) bool {
	if d.Accept != nil && !d.Accept(token) {
		d.out.Reason = "stop"
		return false
	}
	d.out.Tokens = append(d.out.Tokens, token)
	switch {
	case len(d.out.Tokens) == d.MaxTokens:
		d.out.Reason = "length"
	case d.length == context:
		d.out.Reason = "context"
	default:
		d.length++
		return true
	}
	return false
}

// extend puts the token taken last into the continuation's run and asks for its row.
func (m *Model) extend(d *decoding) span {
	if d.run == nil || len(d.run.tokens) == keptTokens {
		if d.run != nil {
			d.path = append(d.path[:len(d.path):len(d.path)], piece{d.run, keptTokens})
		}
		d.run = &run{base: d.length - 1, path: d.path, cache: m.newCache(keptTokens), room: keptTokens}
	}
	d.run.tokens = append(d.run.tokens, d.out.Tokens[len(d.out.Tokens)-1])
	return span{d.run, len(d.run.tokens) - 1, 1, d.row}
}

// choose takes the likeliest token, or draws one with probability proportional to exp(logit / Temperature), by inversion
// in the order of ids.
func (d *decoding) choose(logits []float32) (int32, error) {
	best := 0
	for i, x := range logits {
		if math.IsNaN(float64(x)) {
			return 0, fmt.Errorf("the logit of token %d is not a number; the weights are damaged", i)
		}
		if x > logits[best] {
			best = i
		}
	}
	if d.random == nil {
		return int32(best), nil
	}
	cumulative := make([]float64, len(logits))
	var sum float64
	for i, x := range logits {
		sum += math.Exp((float64(x) - float64(logits[best])) / d.Temperature)
		cumulative[i] = sum
	}
	mark := d.random.Float64() * sum
	for i, c := range cumulative {
		if mark < c {
			return int32(i), nil
		}
	}
	return int32(best), nil // rounding put the mark on the end
}

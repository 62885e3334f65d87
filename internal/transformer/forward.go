package transformer

import (
	"context"
	"math"
	"sync"
)

// span is what a forward pass computes of one run: tokens from to from+n, in the batch rows from row on.
type span struct {
	run          *run
	from, n, row int
}

// place is where a row's token stands.
type place struct {
	token    int32
	position int
	run      *run
	index    int // in the run
}

// scratch is the working memory of one call. It comes from a pool; every buffer grows and is written before it is read.
type scratch struct {
	places   []place
	spans    []span
	tasks    []attentionTask
	hidden   []float32 // rows x Width, the residual stream
	queries  []float32 // rows x queryDim, overwritten by the attention's result
	x        []float32 // blockRows x Width
	wide     []float32 // blockRows x outputs of qkv or of gateUp
	narrow   []float32 // blockRows x Hidden
	logits   []float32 // some rows x Vocab
	cache    cache     // of one layer, for passes that keep nothing
	workers  []workerScratch
	readRows []int
	reads    []read
}

type workerScratch struct {
	rows, panel []float32 // a dequantised panel, and the same transposed
	weights     []float32 // attention weights of one head
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (m *Model) scratch() *scratch {
	s := scratches.Get().(*scratch)
	s.workers = sized(s.workers, max(m.workers, len(s.workers)))
	return s
}

// sized is buf with n elements of unspecified content.
func sized[T any](buf []T, n int) []T {
	if cap(buf) < n {
		return make([]T, n, n+n/4)
	}
	return buf[:n]
}

// forwardChunk computes c, keeping keys and values for the time of one layer only. Of the last layer it computes what
// the rows needed (ascending; nil for all) need.
func (m *Model) forwardChunk(ctx context.Context, s *scratch, c chunk, needed []int, capture *capture) error {
	s.cache.keys = sized(s.cache.keys, c.rows*m.kvDim())
	s.cache.values = sized(s.cache.values, c.rows*m.kvDim())
	s.spans = s.spans[:0]
	for _, r := range c.runs {
		r.cache = &s.cache
		s.spans = append(s.spans, span{r, 0, len(r.tokens), r.row})
	}
	return m.forward(ctx, s, c.rows, needed, capture)
}

// forward runs the rows of s.spans through all blocks. It leaves the residual stream of the rows needed in s.hidden (row
// needed[i] as row i), and keys and values in the caches of the runs. Every row's predecessors are in the same pass or
// were in an earlier one.
func (m *Model) forward(ctx context.Context, s *scratch, rows int, needed []int, capture *capture) error {
	m.prepare(s, rows)
	if err := m.embed(s); err != nil {
		return err
	}
	capture.residual(m, 0, s.hidden)
	n := longest(s.places)
	for layer := range m.blocks {
		turn := m.rotation
		if m.Slides(layer) {
			turn = m.localRotation
		}
		cos, sin := turn.tables(n, m.Context)
		for row := 0; row < rows; row += m.blockRows {
			if err := m.project(ctx, s, layer, row, min(row+m.blockRows, rows), cos, sin, capture); err != nil {
				return err
			}
		}
		if needed != nil && layer == len(m.blocks)-1 {
			m.narrowTo(s, needed)
			rows = len(needed)
		}
		if err := m.attend(ctx, s, layer, capture); err != nil {
			return err
		}
		for row := 0; row < rows; row += m.blockRows {
			if err := m.mix(ctx, s, layer, row, min(row+m.blockRows, rows), capture); err != nil {
				return err
			}
		}
		capture.residual(m, layer+1, s.hidden)
	}
	return nil
}

// prepare sizes the buffers and notes the place of every row.
func (m *Model) prepare(s *scratch, rows int) {
	block := min(rows, m.blockRows)
	s.places = sized(s.places, rows)
	s.hidden = sized(s.hidden, rows*m.Width)
	s.queries = sized(s.queries, rows*m.queryDim())
	s.x = sized(s.x, block*m.Width)
	s.wide = sized(s.wide, block*max(m.queryDim()+2*m.kvDim(), m.inner(), m.Width))
	s.narrow = sized(s.narrow, block*m.Hidden)
	for _, sp := range s.spans {
		for i := range sp.n {
			at := sp.from + i
			s.places[sp.row+i] = place{sp.run.tokens[at], sp.run.base + at, sp.run, at}
		}
	}
	s.tasks = schedule(s.tasks, s.places)
}

// narrowTo drops all rows but those needed (ascending): row needed[i] becomes row i.
func (m *Model) narrowTo(s *scratch, needed []int) {
	queryDim := m.queryDim()
	for i, row := range needed {
		s.places[i] = s.places[row]
		copy(s.hidden[i*m.Width:(i+1)*m.Width], s.hidden[row*m.Width:])
		copy(s.queries[i*queryDim:(i+1)*queryDim], s.queries[row*queryDim:])
	}
	s.places = s.places[:len(needed)]
	s.tasks = schedule(s.tasks, s.places)
}

func longest(places []place) int {
	n := 0
	for _, p := range places {
		n = max(n, p.position+1)
	}
	return n
}

func (m *Model) embed(s *scratch) error {
	for i, p := range s.places {
		dst := s.hidden[i*m.Width : (i+1)*m.Width]
		if m.embedded != nil {
			copy(dst, m.embedded[int(p.token)*m.Width:])
		} else if err := m.embedding.Dequantise(dst, int(p.token), int(p.token)+1); err != nil {
			return err
		}
		if m.ScaledEmbedding {
			scale := float32(math.Sqrt(float64(m.Width)))
			for j := range dst {
				dst[j] *= scale
			}
		}
		if m.extra != nil {
			add(dst, m.extra.kind)
			add(dst, m.extra.positions[p.position*m.Width:(p.position+1)*m.Width])
			m.extra.norm.each(dst, m.Epsilon)
		}
	}
	return nil
}

// normalise writes the normed residual of rows row to end to s.x.
func (m *Model) normalise(s *scratch, n norm, row, end int) {
	for i := row; i < end; i++ {
		n.apply(s.x[(i-row)*m.Width:(i-row+1)*m.Width], s.hidden[i*m.Width:(i+1)*m.Width], m.Epsilon)
	}
}

// project computes queries, keys and values of rows row to end, turned to their positions.
func (m *Model) project(ctx context.Context, s *scratch, layer, row, end int, cos, sin []float32, capture *capture) error {
	b := &m.blocks[layer]
	m.normalise(s, b.attentionNorm, row, end)
	capture.input(m, layer, row, end-row, 0, s.x[:(end-row)*m.Width])
	if err := m.multiply(ctx, s, b.qkv, s.wide, s.x, end-row); err != nil {
		return err
	}
	queryDim, kvDim, half := m.queryDim(), m.kvDim(), m.Rope.Dims/2
	for i := row; i < end; i++ {
		p := &s.places[i]
		qkv := s.wide[(i-row)*b.qkv.out : (i-row+1)*b.qkv.out]
		b.queryHead.each(qkv[:queryDim], m.Epsilon)
		b.keyHead.each(qkv[queryDim:queryDim+kvDim], m.Epsilon)
		if half > 0 {
			c, n := cos[p.position*half:(p.position+1)*half], sin[p.position*half:(p.position+1)*half]
			for head := 0; head < queryDim+kvDim; head += m.HeadDim {
				rotate(qkv[head:head+m.HeadDim], c, n, m.HalfPairs)
			}
		}
		copy(s.queries[i*queryDim:], qkv[:queryDim])
		copy(p.run.values(layer, kvDim)[p.index*kvDim:], qkv[queryDim+kvDim:])
		keys, room := p.run.keys(layer, kvDim), p.run.room
		for d, k := range qkv[queryDim : queryDim+kvDim] {
			keys[d*room+p.index] = k
		}
	}
	return nil
}

// mix adds attention's result and then the MLP's to the residual stream of rows row to end.
func (m *Model) mix(ctx context.Context, s *scratch, layer, row, end int, capture *capture) error {
	b, rows := &m.blocks[layer], end-row
	hidden := s.hidden[row*m.Width : end*m.Width]
	attended := s.queries[row*m.queryDim() : end*m.queryDim()]
	capture.input(m, layer, row, rows, m.Width, attended)
	if err := m.multiply(ctx, s, b.attentionOut, s.x, attended, rows); err != nil {
		return err
	}
	b.attentionResult.each(s.x[:len(hidden)], m.Epsilon)
	add(hidden, s.x)
	b.attentionSum.each(hidden, m.Epsilon)
	m.normalise(s, b.mlpNorm, row, end)
	capture.input(m, layer, row, rows, m.Width+m.queryDim(), s.x[:len(hidden)])
	if err := m.multiply(ctx, s, b.gateUp, s.wide, s.x, rows); err != nil {
		return err
	}
	for i := range rows {
		inner := s.wide[i*m.inner() : (i+1)*m.inner()]
		gate, up := inner[:m.Hidden], inner[m.Hidden:]
		capture.gate(m, layer, row+i, gate)
		if narrow := s.narrow[i*m.Hidden : (i+1)*m.Hidden]; m.ErrorFunction {
			exactGELU(narrow, gate)
		} else {
			activate(narrow, gate, up, m.GELU)
		}
	}
	capture.input(m, layer, row, rows, 2*m.Width+m.queryDim(), s.narrow[:rows*m.Hidden])
	if err := m.multiply(ctx, s, b.down, s.x, s.narrow, rows); err != nil {
		return err
	}
	b.mlpResult.each(s.x[:len(hidden)], m.Epsilon)
	add(hidden, s.x)
	b.mlpSum.each(hidden, m.Epsilon)
	return nil
}

func add(dst, src []float32) {
	src = src[:len(dst)]
	for i, x := range src {
		dst[i] += x
	}
}

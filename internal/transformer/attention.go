package transformer

import (
	"context"

	"sdmap/internal/simd"
)

// attentionRows bounds the queries of a task: more share the fetching of keys, fewer compute less of what the causal mask
// then hides.
const attentionRows = 32

// attentionTask is the queries of tokens from to end of a run, at most attentionRows of them, in the batch rows from row on.
type attentionTask struct {
	run       *run
	from, end int
	row       int
}

// schedule groups rows into tasks.
func schedule(tasks []attentionTask, places []place) []attentionTask {
	tasks = tasks[:0]
	for row, p := range places {
		if n := len(tasks); n > 0 {
			t := &tasks[n-1]
			if t.run == p.run && t.end == p.index && t.end-t.from < attentionRows {
				t.end++
				continue
			}
		}
		tasks = append(tasks, attentionTask{p.run, p.index, p.index + 1, row})
	}
	return tasks
}

// attend replaces the queries in s.queries by what attention gives for them.
func (m *Model) attend(ctx context.Context, s *scratch, layer int, capture *capture) error {
	return parallel(ctx, m.workers, len(s.tasks), func(worker, i int) error {
		own, t := &s.workers[worker], s.tasks[i]
		n := m.keys(t.run, t.end-1)
		own.weights = sized(own.weights, (t.end-t.from)*n)
		for head := range m.Heads {
			m.attendHead(s.queries, own.weights, t, layer, head, capture)
		}
		return nil
	})
}

// visible says which positions the token at index of a run sees in a layer: those from first up to, not including, end. As
// in llama.cpp, the key Window positions back is the nearest that a sliding layer hides.
func (m *Model) visible(r *run, layer, index int) (first, end int) {
	end = m.keys(r, index)
	if m.Slides(layer) {
		first = max(0, end-m.Window)
	}
	return first, end
}

// keys is the number of positions, from 0 on, that the token at index of a run sees where no window hides them: those up
// to its own, in encoders all.
func (m *Model) keys(r *run, index int) int {
	if m.Encoder {
		return len(r.tokens)
	}
	return r.base + index + 1
}

// attendHead computes softmax(cap(q K' QueryScale)) V for one head. Keys and values come piece by piece from the runs
// on the path, in order of position, so that it does not matter how the path is cut.
func (m *Model) attendHead(queries, weights []float32, t attentionTask, layer, head int, capture *capture) {
	kvDim, queryDim := m.kvDim(), m.queryDim()
	shared := head * m.KVHeads / m.Heads * m.HeadDim // where this head's keys and values begin
	rows := t.end - t.from
	n := m.keys(t.run, t.end-1)
	q := queries[t.row*queryDim+head*m.HeadDim:]

	column := 0
	match := func(r *run, seen int) {
		simd.Multiply(rows, seen, m.HeadDim, q, queryDim, simd.Rows(r.keys(layer, kvDim)[shared*r.room:], r.room),
			weights[column:], n, false)
		column += seen
	}
	for _, p := range t.run.path {
		match(p.run, p.n)
	}
	match(t.run, n-t.run.base)

	for i := range rows {
		first, end := m.visible(t.run, layer, t.from+i)
		row := weights[i*n : (i+1)*n]
		m.weigh(row[first:end])
		clear(row[:first])
		clear(row[end:])
		capture.attention(m, layer, head, t.row+i, row[:end])
	}

	column = 0
	blend := func(r *run, seen int) {
		simd.Multiply(rows, m.HeadDim, seen, weights[column:], n, simd.Rows(r.values(layer, kvDim)[shared:], kvDim), q, queryDim,
			column > 0)
		column += seen
	}
	for _, p := range t.run.path {
		blend(p.run, p.n)
	}
	blend(t.run, n-t.run.base)
}

// weigh turns products of a query and the keys it sees into weights.
func (m *Model) weigh(scores []float32) {
	scale := float32(m.QueryScale)
	for j := range scores {
		scores[j] *= scale
	}
	if m.AttentionCap > 0 {
		softCap(scores, m.AttentionCap)
	}
	softmax(scores)
}

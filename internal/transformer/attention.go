package transformer

import (
	"context"
	"math"
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
		n := t.run.base + t.end // positions that the last query sees
		own.weights = sized(own.weights, (t.end-t.from)*n)
		for head := range m.Heads {
			m.attendHead(s.queries, own.weights, t, layer, head, capture)
		}
		return nil
	})
}

// attendHead computes softmax(q K' / sqrt(HeadDim)) V for one head. Keys and values come piece by piece from the runs
// on the path, in order of position, so that it does not matter how the path is cut.
func (m *Model) attendHead(queries, weights []float32, t attentionTask, layer, head int, capture *capture) {
	kvDim, queryDim := m.kvDim(), m.queryDim()
	shared := head * m.KVHeads / m.Heads * m.HeadDim // where this head's keys and values begin
	rows, n := t.end-t.from, t.run.base+t.end
	q := queries[t.row*queryDim+head*m.HeadDim:]

	column := 0
	match := func(r *run, seen int) {
		gemm(rows, seen, m.HeadDim, q, queryDim, r.keys(layer, kvDim)[shared*r.room:], r.room, weights[column:], n, false)
		column += seen
	}
	for _, p := range t.run.path {
		match(p.run, p.n)
	}
	match(t.run, t.end)

	scale := float32(1 / math.Sqrt(float64(m.HeadDim)))
	for i := range rows {
		visible := n - rows + i + 1
		row := weights[i*n : (i+1)*n]
		for j := range row[:visible] {
			row[j] *= scale
		}
		softmax(row[:visible])
		clear(row[visible:])
		capture.attention(m, layer, head, t.row+i, row[:visible])
	}

	column = 0
	blend := func(r *run, seen int) {
		gemm(rows, m.HeadDim, seen, weights[column:], n, r.values(layer, kvDim)[shared:], kvDim, q, queryDim, column > 0)
		column += seen
	}
	for _, p := range t.run.path {
		blend(p.run, p.n)
	}
	blend(t.run, t.end)
}

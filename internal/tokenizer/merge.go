package tokenizer

// symbol is a span of text that is, or may become, a token; symbols form a chain. Its start never changes; merging
// moves its end.
type symbol struct {
	id         int32 // -1: no token
	start, end int   // bytes; equal once the symbol was swallowed by its left neighbour
	prev, next int   // indices; -1 at the ends
}

// candidate is a possible merge of two neighbours into token id, ending at byte end. It goes stale when one of the two
// is merged otherwise.
type candidate struct {
	order       float64 // smaller first
	left, right int
	end         int
	id          int32
}

// before orders candidates: by order, then from the left.
func (c candidate) before(d candidate) bool {
	return c.order < d.order || (c.order == d.order && c.left < d.left)
}

// merger merges neighbouring symbols, best candidate first, until no two neighbours can be merged: O(n log n) for n
// symbols. Its storage is reused from call to call.
type merger struct {
	symbols []symbol
	heap    []candidate
}

// reset empties the chain.
func (m *merger) reset() { m.symbols, m.heap = m.symbols[:0], m.heap[:0] }

// push appends a symbol to the chain.
func (m *merger) push(id int32, start, end int) {
	last := len(m.symbols)
	if last > 0 {
		m.symbols[last-1].next = last
	}
	m.symbols = append(m.symbols, symbol{id: id, start: start, end: end, prev: last - 1, next: -1})
}

// mergeFunc says into which token two neighbours merge, and in which order; ok is false if they do not.
type mergeFunc func(left, right symbol) (order float64, id int32, ok bool)

// run merges. Afterwards the chain from symbol 0 along next is the result.
func (m *merger) run(merge mergeFunc) {
	for i := 1; i < len(m.symbols); i++ {
		m.consider(i-1, i, merge)
	}
	for len(m.heap) > 0 {
		c := m.pop()
		left, right := &m.symbols[c.left], &m.symbols[c.right]
		if left.end != right.start || right.end != c.end {
			continue // stale: one of the two has grown or was swallowed
		}
		left.id, left.end, left.next = c.id, right.end, right.next
		right.end = right.start
		if left.next >= 0 {
			m.symbols[left.next].prev = c.left
		}
		m.consider(left.prev, c.left, merge)
		m.consider(c.left, left.next, merge)
	}
}

func (m *merger) consider(left, right int, merge mergeFunc) {
	if left < 0 || right < 0 {
		return
	}
	order, id, ok := merge(m.symbols[left], m.symbols[right])
	if !ok {
		return
	}
	m.heap = append(m.heap, candidate{order, left, right, m.symbols[right].end, id})
	for i := len(m.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !m.heap[i].before(m.heap[parent]) {
			break
		}
		m.heap[i], m.heap[parent] = m.heap[parent], m.heap[i]
		i = parent
	}
}

// pop takes the best candidate from the binary heap.
func (m *merger) pop() candidate {
	best, last := m.heap[0], len(m.heap)-1
	m.heap[0] = m.heap[last]
	m.heap = m.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < last && m.heap[child+1].before(m.heap[child]) {
			child++
		}
		if child >= last || !m.heap[child].before(m.heap[i]) {
			return best
		}
		m.heap[i], m.heap[child] = m.heap[child], m.heap[i]
		i = child
	}
}

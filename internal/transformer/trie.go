package transformer

import (
	"cmp"
	"slices"
)

// run is a path without branches in the prefix trie of a batch. Every run holds keys and values of its own tokens.
type run struct {
	tokens []int32
	base   int     // position of tokens[0]
	path   []piece // what comes before tokens[0], from position 0 on
	row    int     // row of tokens[0] in the batch that computes the whole run

	cache *cache
	start int // tokens before this run in cache
	room  int // tokens that fit, at least len(tokens)
}

// piece is the first n tokens of a run.
type piece struct {
	run *run
	n   int
}

// cache holds keys and values of many runs. Those of one run and layer are contiguous: keys kvDim x room, so that
// queries can be multiplied by them without transposition, values room x kvDim.
type cache struct {
	keys, values []float32
	layer        int // floats from one layer to the next; 0 if each layer may overwrite the one before
}

func (r *run) keys(layer, kvDim int) []float32 {
	return r.cache.keys[layer*r.cache.layer+r.start*kvDim:][:r.room*kvDim]
}

func (r *run) values(layer, kvDim int) []float32 {
	return r.cache.values[layer*r.cache.layer+r.start*kvDim:][:r.room*kvDim]
}

// chunk is a part of a call that is computed in one batch: the trie of its members.
type chunk struct {
	runs    []*run
	rows    int
	members []member
}

// member is one sequence of the call and where its tokens are.
type member struct {
	seq  int
	path []piece
}

// appendRows appends the batch rows of the member's tokens.
func (m member) appendRows(rows []int) []int {
	for _, p := range m.path {
		for i := range p.n {
			rows = append(rows, p.run.row+i)
		}
	}
	return rows
}

// lexical orders the sequences so that those with long common prefixes are neighbours.
func lexical(seqs [][]int32) []int {
	order := make([]int, len(seqs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(slices.Compare(seqs[a], seqs[b]), cmp.Compare(a, b))
	})
	return order
}

// nextChunk lays sequences in lexical order into a trie until it has more than limit rows, and returns the rest of order.
// In that order a sequence shares with its predecessor all that it shares with any sequence before. Sequences of an
// encoder share nothing, since what comes later changes a token's numbers too.
func (m *Model) nextChunk(seqs [][]int32, order []int, limit int) (chunk, []int) {
	var c chunk
	var last []int32
	var path []piece
	for taken, seq := range order {
		tokens := seqs[seq]
		shared := 0
		if !m.Encoder {
			shared = commonPrefix(last, tokens)
		}
		if own := len(tokens) - shared; taken > 0 && c.rows+own > limit {
			return c, order[taken:]
		}
		path = cut(path, shared)
		if shared < len(tokens) {
			r := &run{tokens: tokens[shared:], base: shared, path: path, row: c.rows, start: c.rows, room: len(tokens) - shared}
			c.runs = append(c.runs, r)
			c.rows += r.room
			path = append(slices.Clip(path), piece{r, r.room})
		}
		c.members = append(c.members, member{seq, path})
		last = tokens
	}
	return c, nil
}

func commonPrefix(a, b []int32) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// cut is the first n tokens of a path.
func cut(path []piece, n int) []piece {
	for i, p := range path {
		if n <= p.n {
			out := slices.Clone(path[:i])
			if n > 0 {
				out = append(out, piece{p.run, n})
			}
			return out
		}
		n -= p.n
	}
	return path
}

package semantic

import (
	"fmt"
	"slices"

	"sdmap/internal/matrix"
)

// space holds all items of a study in one embedding. Benchmarks with fewer than MinItems items are absent.
type space struct {
	benchmarks []string       // of the study
	present    []int          // indices into benchmarks; block k of the space is benchmark present[k]
	absent     map[int]string // reason by index
	at         [][]int        // by block: places of its rows among the benchmark's items; nil where they are the first
	offsets    []int          // block k holds the rows offsets[k] to offsets[k+1]-1
	templates  []string       // by row
	texts      []string       // by row
	dim        int
	x          []float64 // rows x dim, row-major
	mean       []float64 // of all rows
}

// newSpace joins blocks in the order of the study's benchmarks.
func newSpace(benchmarks []string, blocks []Block) (*space, error) {
	s := &space{benchmarks: benchmarks, absent: map[int]string{}, offsets: []int{0}}
	if len(blocks) != len(benchmarks) {
		return nil, fmt.Errorf("embeddings of %d benchmarks for a study of %d", len(blocks), len(benchmarks))
	}
	for b, block := range blocks {
		if block.Benchmark != benchmarks[b] {
			return nil, fmt.Errorf("the embedding of %q stands where %q should", block.Benchmark, benchmarks[b])
		}
		if block.Missing != "" {
			s.absent[b] = block.Missing
			continue
		}
		if len(block.Items) < MinItems {
			s.absent[b] = fmt.Sprintf("%s has %d items; the semantic axis needs %d", block.Benchmark, len(block.Items), MinItems)
			continue
		}
		if s.dim != 0 && s.dim != block.Dim {
			return nil, fmt.Errorf("the embedding of %q has %d dimensions, others %d", block.Benchmark, block.Dim, s.dim)
		}
		s.dim = block.Dim
		s.present, s.at = append(s.present, b), append(s.at, block.At)
		s.templates, s.texts = append(s.templates, block.Templates...), append(s.texts, block.Texts...)
		for _, v := range block.Vectors {
			s.x = append(s.x, float64(v))
		}
		s.offsets = append(s.offsets, s.offsets[len(s.offsets)-1]+len(block.Items))
	}
	s.mean = make([]float64, s.dim)
	for i, v := range s.x {
		s.mean[i%s.dim] += v / float64(s.items())
	}
	return s, nil
}

func (s *space) items() int     { return s.offsets[len(s.offsets)-1] }
func (s *space) size(k int) int { return s.offsets[k+1] - s.offsets[k] }

// itemsOfPairs are, for every pair of the study's benchmarks, the items of both; on the diagonal those of one. Where one of
// them is absent there are none.
func (s *space) itemsOfPairs() []int {
	n := len(s.benchmarks)
	out := make([]int, n*n)
	for k, a := range s.present {
		for l, b := range s.present {
			out[a*n+b] = s.size(k)
			if a != b {
				out[a*n+b] += s.size(l)
			}
		}
	}
	return out
}

// row is where the i-th item of block k's benchmark stands in the block; false where it is not in it.
func (s *space) row(k, i int) (int, bool) {
	if s.at[k] == nil {
		return i, i < s.size(k)
	}
	return slices.BinarySearch(s.at[k], i)
}

// rows are the vectors of block k.
func (s *space) rows(k int) []float64 { return s.x[s.offsets[k]*s.dim : s.offsets[k+1]*s.dim] }

// of is the part of a list by row that belongs to block k.
func (s *space) of(list []string, k int) []string { return list[s.offsets[k]:s.offsets[k+1]] }

// centred is a copy with the mean of all items at the origin.
func (s *space) centred() *space {
	c := *s
	c.x = make([]float64, len(s.x))
	for i, v := range s.x {
		c.x[i] = v - s.mean[i%s.dim]
	}
	c.mean = make([]float64, s.dim)
	return &c
}

// square is a B x B matrix whose cells with an absent benchmark say why.
func (s *space) square(name, unit string) *matrix.Labelled {
	m := matrix.NewSquare(name, unit, s.benchmarks)
	for b := range s.benchmarks {
		if why, gone := s.absent[b]; gone {
			for c := range s.benchmarks {
				m.SetMissingSym(b, c, why)
			}
		}
	}
	return m
}

// column is a B x 1 matrix whose cells of absent benchmarks say why.
func (s *space) column(name, unit string) *matrix.Labelled {
	m := matrix.New(name, unit, s.benchmarks, []string{name})
	for b, why := range s.absent {
		m.SetMissing(b, 0, why)
	}
	return m
}

// symmetric fills a B x B matrix from the cells k <= l of blocks; an error becomes the reason.
func (s *space) symmetric(name, unit string, cell func(k, l int) (float64, error)) *matrix.Labelled {
	m := s.square(name, unit)
	for k, a := range s.present {
		for l := k; l < len(s.present); l++ {
			b := s.present[l]
			if v, err := cell(k, l); err != nil {
				m.SetMissingSym(a, b, err.Error())
			} else {
				m.SetSym(a, b, v)
			}
		}
	}
	return m
}

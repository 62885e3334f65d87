package stats

// Sorted is a column that was sorted once, so that ranks within samples of its rows take no sorting.
type Sorted struct {
	order []int   // rows, by their value
	among []int32 // by row: which of the different values it has
}

// NewSorted sorts a column, which has no NaN.
func NewSorted(x []float64) Sorted {
	s := Sorted{ascending(x), make([]int32, len(x))}
	for k, i := range s.order[min(1, len(x)):] {
		before := s.order[k]
		s.among[i] = s.among[before]
		if x[i] != x[before] {
			s.among[i]++
		}
	}
	return s
}

// Ranks are those of Ranks among the given rows, which are ascending; place has room for one number a row of the column.
func (s Sorted) Ranks(rows []int, place []int) []float64 {
	for i := range place {
		place[i] = -1
	}
	for k, i := range rows {
		place[i] = k
	}
	ranks, tied := make([]float64, len(rows)), make([]int, 0, len(rows))
	first := 1
	give := func() {
		for _, k := range tied {
			ranks[k] = float64(2*first+len(tied)-1) / 2
		}
		first, tied = first+len(tied), tied[:0]
	}
	last := int32(-1)
	for _, i := range s.order {
		if place[i] < 0 {
			continue
		}
		if s.among[i] != last {
			give()
			last = s.among[i]
		}
		tied = append(tied, place[i])
	}
	give()
	return ranks
}

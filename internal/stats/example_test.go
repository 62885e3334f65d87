package stats_test

import (
	"fmt"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// overlap is a matrix over benchmarks a to d of which the first two and the last two belong together.
func overlap(name string, within, between float64) *matrix.Labelled {
	m := matrix.NewSquare(name, "1", []string{"a", "b", "c", "d"})
	for i := range m.Rows {
		m.Set(i, i, 1)
		for j := range i {
			m.SetSym(i, j, between)
		}
	}
	m.SetSym(0, 1, within)
	m.SetSym(2, 3, within)
	return m
}

// Two overlaps with the same two pairs are as alike as can be, and yet nothing is shown: 8 of the 24 permutations of four labels
// keep the pairs.
func ExampleMantel() {
	x, y := overlap("performance", 0.8, 0.2), overlap("semantics", 0.6, 0.1)
	test, err := stats.Mantel(x, y, false, 999, stats.Stream(1, "example", 0))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("r = %.2f, p = %.3f of %d permutations, all there are: %v\n", test.Estimate.Value, *test.Estimate.P,
		test.Permutations, test.Exact)
	// Output: r = 1.00, p = 0.333 of 24 permutations, all there are: true
}

// RV compares cross-products; Adjusted takes out what it has by chance, which is much with few benchmarks.
func ExampleRV() {
	centred := func(m *matrix.Labelled) *matrix.Labelled {
		out := matrix.NewSquare(m.Name, m.Unit, m.Rows)
		copy(out.Data, linalg.DoubleCentred(m.Data, len(m.Rows)))
		return out
	}
	x, y := centred(overlap("performance", 0.8, 0.2)), centred(overlap("semantics", 0.3, 0.1))
	test, err := stats.RV(x, y, 999, stats.Stream(1, "example", 0))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("RV %.3f, by chance %.3f, adjusted %.3f\n", test.Raw.Value, *test.Raw.Null, test.Adjusted.Value)
	// Output: RV 0.861, by chance 0.710, adjusted 0.521
}

// A half-sample keeps a lineage together or leaves all of it out, and is the same wherever it is drawn.
func ExampleHalfSampleGroups() {
	lineages := []string{"llama", "llama", "qwen", "qwen", "gemma", "phi"}
	for replicate := range 3 {
		fmt.Println(stats.HalfSampleGroups(stats.Stream(1, "example", replicate), lineages))
	}
	// Output:
	// [2 3 4]
	// [0 1 2 3]
	// [0 1 5]
}

package atlas_test

import (
	"fmt"

	"sdmap/internal/atlas"
	"sdmap/internal/matrix"
)

// Three axes look at three benchmarks. Two of them see a and b together, the third b and c; the compromise gives more weight to
// the two that agree, and b stands nearer to a than to c.
func ExampleDistatis() {
	axis := func(ab, ac, bc float64) *matrix.Labelled {
		m := matrix.NewSquare("overlap", "1", []string{"a", "b", "c"})
		m.SetSym(0, 1, ab)
		m.SetSym(0, 2, ac)
		m.SetSym(1, 2, bc)
		for i := range m.Rows {
			m.Set(i, i, 1)
		}
		return m
	}
	c, err := atlas.Distatis([]string{"performance", "semantic", "neural"},
		[]*matrix.Labelled{axis(0.8, 0.1, 0.2), axis(0.7, 0, 0.1), axis(0.1, 0.2, 0.7)}, atlas.Trace)
	if err != nil {
		fmt.Println(err)
		return
	}
	for k, name := range c.Axes {
		fmt.Printf("%s has the weight %.2f\n", name, c.Alpha[k])
	}
	for i, label := range c.Labels {
		fmt.Printf("%s at %.2f\n", label, c.Points[i])
	}
	// Output:
	// performance has the weight 0.35
	// semantic has the weight 0.36
	// neural has the weight 0.29
	// a at [-0.47 -0.32]
	// b at [-0.19 0.43]
	// c at [0.66 -0.11]
}

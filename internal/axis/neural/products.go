package neural

import "sdmap/internal/simd"

// products are those of some vectors with each other.
type products struct {
	n, length, columns int
	panels, values     []float32
}

func newProducts(n, length int) *products {
	g := &products{n: n, length: length, columns: padded(n)}
	g.panels, g.values = make([]float32, simd.PanelsLen(length, n)), make([]float32, n*g.columns)
	return g
}

// of multiplies vectors that stand one after the other: of each panel of them, those up to its last.
func (g *products) of(vectors []float32) {
	simd.Pack(g.panels, vectors, g.n, g.length)
	for first := 0; first < g.n; first += simd.Width {
		simd.Multiply(min(g.n, first+simd.Width), simd.Width, g.length, vectors, g.length,
			simd.Panels(g.panels[first*g.length:], g.length), g.values[first:], g.columns, false)
	}
}

// at are the products of one vector with itself and those behind it, by their numbers.
func (g *products) at(a int) []float32 { return g.values[a*g.columns : (a+1)*g.columns] }

// padded is a length filled up to whole panels.
func padded(n int) int { return simd.PanelsLen(1, n) }

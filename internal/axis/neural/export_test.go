package neural

import (
	"math"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// AddToy adds a measure to the table and to what studies may name, until the test ends: the length of a layer's states.
func AddToy(t *testing.T, needs llm.Want) {
	t.Helper()
	rows, descriptions := table, study.NeuralMeasures
	t.Cleanup(func() { table, study.NeuralMeasures = rows, descriptions })
	study.NeuralMeasures = append(descriptions[:len(descriptions):len(descriptions)], study.Measure{Name: "toy",
		Doc: "length of a toy", Needs: llm.Capabilities{Tokenize: true, Trace: needs}})
	table = append(rows[:len(rows):len(rows)], measure{
		name: "toy", title: "toy length", method: "1 - Pearson of toys", said: "Toys are long.",
		item:   everyLayer(lengths),
		layers: oneLayer, alike: pearson,
	})
}

func lengths(t *llm.Trace, layer, start int) []float64 {
	var sum float64
	for _, v := range t.Residual[layer+1][start*t.Width:] {
		sum += float64(v) * float64(v)
	}
	return []float64{math.Sqrt(sum / float64(t.T-start))}
}

package matrix_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"sdmap/internal/matrix"
)

// A cell that could not be computed is neither 0 nor NaN to a reader: it is missing and says why.
func ExampleLabelled() {
	m := matrix.New("accuracy", "1", []string{"small"}, []string{"arc", "gsm8k"})
	m.Set(0, 0, 0.75)
	m.SetMissing(0, 1, "not asked")
	if _, ok := m.At(0, 1); !ok {
		fmt.Println("missing:", m.Reason(0, 1))
	}
	text, err := json.Marshal(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Replace(string(text), ",\"missing\"", ",\n\"missing\"", 1))
	// Output:
	// missing: not asked
	// {"name":"accuracy","unit":"1","rows":["small"],"cols":["arc","gsm8k"],"values":[[0.75,null]],
	// "missing":[{"row":"small","col":"gsm8k","reason":"not asked"}]}
}

// Sub takes part of a matrix out, in any order of labels.
func ExampleLabelled_Sub() {
	m := matrix.New("accuracy", "1", []string{"small", "large"}, []string{"arc", "gsm8k", "mmlu"})
	for i := range m.Rows {
		for j := range m.Cols {
			m.Set(i, j, float64(10*i+j))
		}
	}
	part, err := m.Sub([]string{"large"}, []string{"mmlu", "arc"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(part.Cols, part.Data)
	// Output: [mmlu arc] [12 10]
}

package axis

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"sdmap/internal/matrix"
)

// Null is what an overlap becomes when the models' scores are handed to other models and everything is computed again: the
// reference of overlaps that are chosen with the scores, where permuting the labels of benchmarks would say nothing.
type Null struct {
	Title    string // for people: "re-paired"
	Method   string // one sentence
	N        int    // times that the models were re-paired
	Values   Singles
	Missing  string   `json:",omitempty"` // why there is none
	Warnings []string `json:",omitempty"`
}

// cells is how many numbers one re-pairing has: the triangle below the diagonal and the diagonal.
func cells(benchmarks int) int { return benchmarks * (benchmarks + 1) / 2 }

// CellOf is the place of a pair of benchmarks, or of a benchmark with itself, within a re-pairing.
func CellOf(a, b int) int {
	if a < b {
		a, b = b, a
	}
	return a*(a+1)/2 + b
}

// Pair is the overlap of two benchmarks in every re-pairing in which it has a number.
func (n *Null) Pair(a, b int) []float64 {
	if n == nil || n.N == 0 {
		return nil
	}
	var out []float64
	width := len(n.Values) / n.N
	for r := range n.N {
		if v := float64(n.Values[r*width+CellOf(a, b)]); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// Overlap is the overlap of one re-pairing, its diagonal 1.
func (n *Null) Overlap(r int, labels []string) *matrix.Labelled {
	m := matrix.NewSquare("overlap, models re-paired", "1", labels)
	row := n.Values[r*cells(len(labels)):]
	for a := range labels {
		m.Set(a, a, 1)
		for b := range a {
			if v := float64(row[CellOf(a, b)]); math.IsNaN(v) {
				m.SetMissingSym(a, b, "the re-paired scores choose no signature")
			} else {
				m.SetSym(a, b, v)
			}
		}
	}
	return m
}

func (n *Null) check(benchmarks int) error {
	if n != nil && len(n.Values) != n.N*cells(benchmarks) {
		return fmt.Errorf("%d re-pairings hold %d numbers, not %d", n.N, len(n.Values), n.N*cells(benchmarks))
	}
	return nil
}

// Singles is a long run of float32 numbers that keeps its exact bits, NaN included, in JSON (base64, little-endian).
type Singles []float32

// MarshalJSON implements json.Marshaler.
func (s Singles) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 4*len(s))
	for _, v := range s {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(b))
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Singles) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b)%4 != 0 {
		return fmt.Errorf("numbers are not base64 of float32 values")
	}
	*s = make(Singles, len(b)/4)
	for i := range *s {
		(*s)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}

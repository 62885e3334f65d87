package linalg

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// symmetric is an n x n matrix of normal numbers.
func symmetric(rng *rand.Rand, n int) []float64 {
	s := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			v := rng.NormFloat64()
			s[i*n+j], s[j*n+i] = v, v
		}
	}
	return s
}

func TestEigenvectorsMakeTheMatrixAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 1; n <= 9; n++ {
		s := symmetric(rng, n)
		values, vectors := EigenSym(s, n)
		if !slices.IsSortedFunc(values, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) {
			t.Errorf("eigenvalues do not descend: %v", values)
		}
		for i := range n {
			for j := range n {
				var sum float64
				for d, value := range values {
					sum += value * vectors[d][i] * vectors[d][j]
				}
				if math.Abs(sum-s[i*n+j]) > 1e-12 {
					t.Errorf("n = %d: cell (%d, %d) is %v, from its eigenvectors %v", n, i, j, s[i*n+j], sum)
				}
			}
		}
		for a := range n {
			for b := range n {
				if want := map[bool]float64{true: 1}[a == b]; math.Abs(Dot(vectors[a], vectors[b])-want) > 1e-12 {
					t.Errorf("n = %d: eigenvectors %d and %d have the product %v", n, a, b, Dot(vectors[a], vectors[b]))
				}
			}
		}
	}
}

func TestDoubleCentredIsTheProductWithJ(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const n = 7
	s := symmetric(rng, n)
	j := func(a, b int) float64 { return map[bool]float64{true: 1}[a == b] - 1.0/n }
	got := DoubleCentred(s, n)
	for a := range n {
		for b := range n {
			var want float64
			for c := range n {
				for d := range n {
					want += j(a, c) * s[c*n+d] * j(d, b)
				}
			}
			if math.Abs(got[a*n+b]-want) > 1e-13 || got[a*n+b] != got[b*n+a] {
				t.Errorf("cell (%d, %d) is %v and %v, want %v", a, b, got[a*n+b], got[b*n+a], want)
			}
		}
	}
}

func TestStandardised(t *testing.T) {
	x := []float64{1, 4, 2, 9, 0}
	z := Standardised(x)
	if math.Abs(Mean(z)) > 1e-15 || math.Abs(Norm(z)-1) > 1e-15 {
		t.Errorf("mean %v, length %v", Mean(z), Norm(z))
	}
	if !slices.Equal(x, []float64{1, 4, 2, 9, 0}) {
		t.Error("the vector was changed")
	}
	// Sums of products about the means 16/5 and 18/5, by hand: 107/5, 254/5 and 116/5.
	if r := Dot(z, Standardised([]float64{2, 1, 5, 7, 3})); math.Abs(r-107/math.Sqrt(254*116)) > 1e-15 {
		t.Error("correlation", r)
	}
}

// Products by Gram are those by Dot, bit by bit, for even and odd numbers of rows.
func TestGramIsDot(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for n := range 8 {
		rows := make([][]float64, n)
		for i := range rows {
			for range 13 {
				rows[i] = append(rows[i], rng.NormFloat64())
			}
		}
		got := Gram(rows)
		for i, x := range rows {
			for j, y := range rows {
				if got[i*n+j] != Dot(x, y) {
					t.Fatalf("%d rows: product %d, %d is %v, not %v", n, i, j, got[i*n+j], Dot(x, y))
				}
			}
		}
	}
}

func TestEigenValuesAreThoseWithVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for _, n := range []int{1, 2, 9, 40} {
		s := symmetric(rng, n)
		want, _ := EigenSym(s, n)
		for i, v := range EigenValues(s, n) {
			if math.Abs(v-want[i]) > 1e-12*math.Abs(want[0])+1e-12 {
				t.Errorf("eigenvalue %d of %d is %v, not %v", i, n, v, want[i])
			}
		}
	}
}

package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

func numbers(n int, seed uint64) []float32 {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(random.NormFloat64())
	}
	return out
}

// pack brings a matrix of rows into panels.
func pack(b []float32, ldb, k, n int) []float32 {
	out := make([]float32, PanelsLen(k, n))
	for l := range k {
		for j := range n {
			out[j/Width*k*Width+l*Width+j%Width] = b[l*ldb+j]
		}
	}
	return out
}

const guard = -12345.5

// product multiplies inside matrices that are larger, and wants everything around the result untouched.
func product(t *testing.T, m, n, k int, a []float32, lda int, b Right, start []float32) []float32 {
	t.Helper()
	ldc := n + 3
	c := make([]float32, 2+m*ldc)
	for i := range c {
		c[i] = guard
	}
	inner := c[1 : 1+max(0, (m-1)*ldc+n)]
	for i := range m {
		copy(inner[i*ldc:], start[i*n:(i+1)*n])
	}
	Multiply(m, n, k, a, lda, b, inner, ldc, true)
	out := make([]float32, m*n)
	for i := range c {
		row, col := (i-1)/ldc, (i-1)%ldc
		if i > 0 && row < m && col < n {
			out[row*n+col] = c[i]
		} else if c[i] != guard {
			t.Fatalf("%d x %d x %d: number %d beside the result was overwritten with %v", m, n, k, i, c[i])
		}
	}
	return out
}

// both runs a test with and without the assembly.
func both(t *testing.T, test func(t *testing.T)) {
	t.Run(Arithmetic(), test)
	if Arithmetic() != "portable" {
		defer onlyPortable()()
		t.Run("portable", test)
	}
}

// TestAgainstFloat64 compares every shape with sums in float64. The bound is that of any order of summation: the error is at
// most about k units in the last place of the sum of absolute products (Higham 2002, section 3.1).
func TestAgainstFloat64(t *testing.T) {
	both(t, func(t *testing.T) {
		sizes := []int{1, 2, 3, 4, 5, 6, 7, 12, 13, 15, 16, 17, 31, 33, 48}
		for _, m := range sizes {
			for _, n := range sizes {
				for _, k := range []int{1, 2, 7, 64, tileSum - 1, tileSum, tileSum + 1, 2*tileSum + 5} {
					lda, ldb := k+2, n+1
					a, b, start := numbers(m*lda, 1), numbers(k*ldb, 2), numbers(m*n, 3)
					got := product(t, m, n, k, a, lda, Rows(b[:(k-1)*ldb+n], ldb), start)
					packed := product(t, m, n, k, a, lda, Panels(pack(b, ldb, k, n), k), start)
					for i := range m {
						for j := range n {
							want, size := float64(start[i*n+j]), math.Abs(float64(start[i*n+j]))
							for l := range k {
								x := float64(a[i*lda+l]) * float64(b[l*ldb+j])
								want, size = want+x, size+math.Abs(x)
							}
							if d := math.Abs(float64(got[i*n+j]) - want); d > size*float64(k+1)*0x1p-24 {
								t.Fatalf("%d x %d x %d: element %d, %d is %v, not %v", m, n, k, i, j, got[i*n+j], want)
							}
							if got[i*n+j] != packed[i*n+j] {
								t.Fatalf("%d x %d x %d: element %d, %d differs between rows and panels", m, n, k, i, j)
							}
						}
					}
				}
			}
		}
	})
}

// TestBitsDoNotDependOnTheCut: a product by parts, in rows, columns and along the sum, is the whole to the last bit.
func TestBitsDoNotDependOnTheCut(t *testing.T) {
	both(t, func(t *testing.T) {
		const m, n, k = 2*tileRows + 11, 75, 2*tileSum + 37
		a, b := numbers(m*k, 1), numbers(k*n, 2)
		whole := make([]float32, m*n)
		Multiply(m, n, k, a, k, Rows(b, n), whole, n, false)
		random := rand.New(rand.NewPCG(3, 0))
		for range 200 {
			i, j := random.IntN(m), random.IntN(n)
			rows, cols := 1+random.IntN(m-i), 1+random.IntN(n-j)
			cut := 1 + random.IntN(k-1)
			part := make([]float32, rows*cols)
			Multiply(rows, cols, cut, a[i*k:], k, Rows(b[j:], n), part, cols, false)
			Multiply(rows, cols, k-cut, a[i*k+cut:], k, Rows(b[cut*n+j:], n), part, cols, true)
			for r := range rows {
				for c := range cols {
					if part[r*cols+c] != whole[(i+r)*n+j+c] {
						t.Fatalf("rows %d+%d, columns %d+%d, cut at %d: element %d, %d differs", i, rows, j, cols, cut, r, c)
					}
				}
			}
		}
	})
}

// TestNotNumbers: what is no number reaches the elements that it belongs to and no others, from padding nothing comes.
func TestNotNumbers(t *testing.T) {
	both(t, func(t *testing.T) {
		const m, n, k = 7, 19, 5
		a, b := numbers(m*k, 1), numbers(k*n, 2)
		a[2*k+3], b[1*n+17] = float32(math.Inf(1)), float32(math.NaN())
		panels := pack(b, n, k, n)
		for i := n % Width; i < Width; i++ {
			panels[k*Width+i] = float32(math.NaN())
		}
		for name, right := range map[string]Right{"rows": Rows(b, n), "panels": Panels(panels, k)} {
			c := make([]float32, m*n)
			Multiply(m, n, k, a, k, right, c, n, false)
			for i, x := range c {
				odd := math.IsNaN(float64(x)) || math.IsInf(float64(x), 0)
				if want := i/n == 2 || i%n == 17; odd != want {
					t.Errorf("%s: element %d, %d is %v", name, i/n, i%n, x)
				}
			}
		}
	})
}

// TestPack: columns one by one and in vectors, and nothing written behind the last panel.
func TestPack(t *testing.T) {
	both(t, func(t *testing.T) {
		for _, n := range []int{1, 5, 15, 16, 17, 32, 40} {
			for _, k := range []int{1, 3, 4, 5, 8, 67} {
				src := numbers(n*k, 1)
				dst := make([]float32, PanelsLen(k, n)+1)
				for i := range dst {
					dst[i] = guard
				}
				Pack(dst, src, n, k)
				for i, x := range dst {
					want := float32(guard)
					panel, l, j := i/(Width*k), i%(Width*k)/Width, i%Width
					if j += panel * Width; j < n && i < len(dst)-1 {
						want = src[j*k+l]
					}
					if x != want {
						t.Fatalf("%d columns of %d: number %d is %v, not %v", n, k, i, x, want)
					}
				}
			}
		}
	})
}

func TestEmpty(t *testing.T) {
	c := []float32{1, 2, 3, 4}
	Multiply(0, 2, 3, nil, 3, Rows(nil, 2), c, 2, false)
	Multiply(2, 0, 3, nil, 3, Rows(nil, 2), c, 2, false)
	Multiply(2, 2, 0, nil, 3, Rows(nil, 2), c, 2, true)
	if c[0] != 1 || c[3] != 4 {
		t.Errorf("%v", c)
	}
	Multiply(2, 2, 0, nil, 3, Rows(nil, 2), c, 2, false)
	if c[0] != 0 || c[3] != 0 {
		t.Errorf("a sum of nothing is %v", c)
	}
	for name, call := range map[string]func(){
		"A": func() { Multiply(2, 2, 2, make([]float32, 3), 2, Rows(make([]float32, 4), 2), c, 2, false) },
		"B": func() { Multiply(2, 2, 2, make([]float32, 4), 2, Rows(make([]float32, 3), 2), c, 2, false) },
		"C": func() { Multiply(2, 2, 2, make([]float32, 4), 2, Rows(make([]float32, 4), 2), c[:3], 2, false) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a matrix %s that is too short was read beyond its end", name)
				}
			}()
			call()
		}()
	}
}

// BenchmarkMultiply prints billions of multiplications and additions a second on one core, beside gonum's.
//
//	go test -bench Multiply ./internal/simd
func BenchmarkMultiply(b *testing.B) {
	const n, k = 192, 768
	for _, m := range []int{1, 6, 64, 512} {
		x, y, z := numbers(m*k, 1), numbers(k*n, 2), make([]float32, m*n)
		panels := Panels(pack(y, n, k, n), k)
		run := func(name string, f func()) {
			b.Run(fmt.Sprintf("%d rows, %s", m, name), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(2*float64(m)*n*k*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
		run("panels", func() { Multiply(m, n, k, x, k, panels, z, n, false) })
		run("rows", func() { Multiply(m, n, k, x, k, Rows(y, n), z, n, false) })
		run("gonum", func() {
			blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, blas32.General{Rows: m, Cols: k, Stride: k, Data: x},
				blas32.General{Rows: k, Cols: n, Stride: n, Data: y}, 0, blas32.General{Rows: m, Cols: n, Stride: n, Data: z})
		})
		undo := onlyPortable()
		run("portable", func() { Multiply(m, n, k, x, k, panels, z, n, false) })
		undo()
	}
}

package gguf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sdmap/internal/simd"
)

// tensorOf is a tensor of random bytes; the scales of its blocks are finite unless wild.
func tensorOf(random *rand.Rand, typ Type, rows, cols int, wild bool) *Tensor {
	f := formats[typ]
	values := make([]float32, f.elements)
	var data []byte
	for range rows * cols / f.elements {
		block := make([]byte, f.bytes)
		for again := true; again; again = !wild && !finite(values) {
			for i := range block {
				block[i] = byte(random.Uint32())
			}
			f.dequantise(values, block)
		}
		data = append(data, block...)
	}
	return tensorIn(data, typ, rows, cols)
}

func tensorIn(data []byte, typ Type, rows, cols int) *Tensor {
	return &Tensor{Type: typ, file: &File{data: data}, rows: rows, cols: cols, size: uint64(len(data)), data: data}
}

func finite(values []float32) bool {
	for _, x := range values {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// withAndWithoutKernels runs a test with the assembly, where there is any, and without.
func withAndWithoutKernels(t *testing.T, test func(t *testing.T)) {
	before := haveKernels
	defer func() { haveKernels = before }()
	for _, haveKernels = range []bool{before, false} {
		t.Run(fmt.Sprintf("kernels %v", haveKernels), test)
	}
}

// eachShape runs a test for every type, with strips that are whole and others, and rows that kernels take and others.
func eachShape(t *testing.T, test func(t *testing.T, random *rand.Rand, typ Type, rows, cols int)) {
	withAndWithoutKernels(t, func(t *testing.T) {
		for _, typ := range SupportedTypes() {
			random := rand.New(rand.NewPCG(uint64(typ), 0))
			for _, blocks := range []int{1, 2, 3, 8, 16} {
				for _, rows := range []int{1, 16, 17, 53} {
					test(t, random, typ, rows, blocks*formats[typ].elements)
				}
			}
		}
	})
}

func same(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b }

func normal(random *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(random.NormFloat64())
	}
	return out
}

// Panels are what Pack makes of the values of Dequantise, bit for bit, numbers that are none included, and nothing beside them is
// written.
func TestPanels(t *testing.T) {
	eachShape(t, func(t *testing.T, random *rand.Rand, typ Type, rows, cols int) {
		tensor := tensorOf(random, typ, rows, cols, true)
		from := random.IntN(rows)
		n := 1 + random.IntN(rows-from)
		values := make([]float32, n*cols)
		if err := tensor.Dequantise(values, from, from+n); err != nil {
			t.Fatal(err)
		}
		want, got := make([]float32, simd.PanelsLen(cols, n)+16), make([]float32, simd.PanelsLen(cols, n)+16)
		simd.Pack(want, values, n, cols)
		if err := tensor.Panels(got[:len(got)-16], from, from+n); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !same(got[i], want[i]) {
				t.Fatalf("%s, rows %d to %d of %d: number %d is %v, not %v", typ, from, from+n, cols, i, got[i], want[i])
			}
		}
	})
}

// A product is the sum that simd makes of the values of Dequantise, bit for bit, and that of float64 within what rounding does
// (Higham 2002, section 3.1).
func TestMultiply(t *testing.T) {
	eachShape(t, func(t *testing.T, random *rand.Rand, typ Type, rows, cols int) {
		tensor, x := tensorOf(random, typ, rows, cols, false), normal(random, cols)
		values, panels := make([]float32, rows*cols), make([]float32, simd.PanelsLen(cols, rows))
		if err := tensor.Dequantise(values, 0, rows); err != nil {
			t.Fatal(err)
		}
		simd.Pack(panels, values, rows, cols)
		want, got := make([]float32, rows), make([]float32, rows+1)
		simd.Multiply(1, rows, cols, x, cols, simd.Panels(panels, cols), want, rows, false)
		if err := tensor.Multiply(got[:rows], x, 0, rows); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			var sum, size float64
			for l, v := range values[i*cols : (i+1)*cols] {
				product := float64(v) * float64(x[l])
				sum, size = sum+product, size+math.Abs(product)
			}
			if !same(got[i], want[i]) || size < math.MaxFloat32 && math.Abs(float64(got[i])-sum) > size*float64(cols+1)*0x1p-24+0x1p-140 {
				t.Fatalf("%s, row %d of %d x %d: %v, not %v; in float64 %v", typ, i, rows, cols, got[i], want[i], sum)
			}
		}
		if got[rows] != 0 {
			t.Fatalf("%s: a product behind the last is %v", typ, got[rows])
		}
	})
}

func TestMultiplyRefuses(t *testing.T) {
	tensor := tensorOf(rand.New(rand.NewPCG(1, 0)), Q8_0, 20, 64, false)
	for name, err := range map[string]error{
		"a short vector":    tensor.Multiply(make([]float32, 20), make([]float32, 63), 0, 20),
		"a short result":    tensor.Multiply(make([]float32, 19), make([]float32, 64), 0, 20),
		"rows behind":       tensor.Multiply(make([]float32, 20), make([]float32, 64), 1, 21),
		"panels too short":  tensor.Panels(make([]float32, 20*64), 0, 20),
		"panels of nothing": tensor.Panels(nil, -1, 20),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// BenchmarkMultiply is one row by a matrix in a near cache; bytes per second are those of float32 values.
func BenchmarkMultiply(b *testing.B) {
	const rows, cols = 64, 1536
	random := rand.New(rand.NewPCG(1, 0))
	for _, typ := range SupportedTypes() {
		tensor, x, dst := tensorOf(random, typ, rows, cols, false), normal(random, cols), make([]float32, rows)
		panels := make([]float32, rows*cols)
		for name, call := range map[string]func() error{
			"row":    func() error { return tensor.Multiply(dst, x, 0, rows) },
			"panels": func() error { return tensor.Panels(panels, 0, rows) },
		} {
			b.Run(typ.String()+"/"+name, func(b *testing.B) {
				b.SetBytes(4 * rows * cols)
				b.ReportAllocs()
				for b.Loop() {
					if err := call(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

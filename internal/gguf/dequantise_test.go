package gguf_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
)

// dequantised is the whole of a tensor of cols x rows.
func dequantised(t testing.TB, typ gguf.Type, cols, rows int, data []byte) []float32 {
	t.Helper()
	w := &gguftest.Writer{}
	w.Tensor("t", uint32(typ), []int{cols, rows}, data)
	f, err := gguf.Parse(w.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	one, _ := f.Tensor("t")
	out := make([]float32, rows*cols)
	if err := one.Dequantise(out, 0, rows); err != nil {
		t.Fatal(err)
	}
	return out
}

func hash(values []float32) string {
	h := sha256.New()
	binary.Write(h, binary.LittleEndian, values)
	return hex.EncodeToString(h.Sum(nil))
}

// Reference, numpy 2.4:
//
//	x = np.arange(65536, dtype=np.uint16).view(np.float16)
//	hashlib.sha256(x[np.isfinite(x)].astype(np.float32).tobytes()).hexdigest()
func TestF16OfAllNumbers(t *testing.T) {
	data := make([]byte, 0, 2<<16)
	for h := range 1 << 16 {
		data = binary.LittleEndian.AppendUint16(data, uint16(h))
	}
	var finite []float32
	for h, v := range dequantised(t, gguf.F16, 256, 256, data) {
		exponent, fraction := h>>10&31, h&1023
		switch {
		case exponent < 31:
			finite = append(finite, v)
		case fraction == 0 && !math.IsInf(float64(v), 1-h>>15*2):
			t.Errorf("%#x is %v, want an infinity", h, v)
		case fraction != 0 && v == v:
			t.Errorf("%#x is %v, want NaN", h, v)
		}
	}
	if got, want := hash(finite), "cb34a8c3b8855f6ca5a3c91b264f3bf21176b2e1d85203a881efb0cabe2d5c80"; got != want {
		t.Errorf("%d finite numbers hash to %s, want %s", len(finite), got, want)
	}
}

// goldenType is one type of testdata/blocks.json.gz.
type goldenType struct {
	Name   string
	Type   gguf.Type
	Blocks []struct {
		What   string
		Raw    []byte // one block
		Values []byte // little-endian float32
	}
}

func readBlocks(t testing.TB) []goldenType {
	t.Helper()
	file, err := os.Open("testdata/blocks.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var types []goldenType
	if err := json.NewDecoder(unzipped).Decode(&types); err != nil {
		t.Fatal(err)
	}
	return types
}

// Reference: PyPI's gguf 0.19.0 and numpy 2.4.6 by `python3 testdata/make_blocks.py`, whose text says which blocks. Equal
// bits are asked for, but one NaN is as good as another.
func TestQuantisedBlocks(t *testing.T) {
	plain := []gguf.Type{gguf.F32, gguf.F16, gguf.BF16}
	for _, g := range readBlocks(t) {
		plain = append(plain, g.Type)
		if g.Type.String() != g.Name || len(g.Blocks) < 10 {
			t.Fatalf("type %d is %s with %d blocks, %s in the golden", g.Type, g.Type, len(g.Blocks), g.Name)
		}
		for _, b := range g.Blocks {
			for i, got := range dequantised(t, g.Type, len(b.Values)/4, 1, b.Raw) {
				want := math.Float32frombits(binary.LittleEndian.Uint32(b.Values[4*i:]))
				if math.Float32bits(got) != math.Float32bits(want) && (got == got || want == want) {
					t.Errorf("%s, block %q: value %d is %v, want %v", g.Name, b.What, i, got, want)
					break
				}
			}
		}
	}
	slices.Sort(plain)
	if !slices.Equal(plain, gguf.SupportedTypes()) {
		t.Errorf("tested are %v, supported %v", plain, gguf.SupportedTypes())
	}
}

func TestBF16IsTheUpperHalf(t *testing.T) {
	data := []byte{0x80, 0x3f, 0x49, 0xc0, 0x01, 0x00, 0x80, 0x7f}
	want := []float32{1, -3.140625, math.Float32frombits(1 << 16), float32(math.Inf(1))}
	for i, v := range dequantised(t, gguf.BF16, 4, 1, data) {
		if v != want[i] {
			t.Errorf("value %d is %v, want %v", i, v, want[i])
		}
	}
}

// Any split into row panels gives the same values.
func TestRowPanels(t *testing.T) {
	data := make([]byte, 64*34)
	for i := range data {
		data[i] = byte(i*i*7 + i*13 + 5)
	}
	for k := range 64 { // scales of both signs from subnormal to large
		binary.LittleEndian.PutUint16(data[k*34:], uint16(k*977%0x7c00|k%2<<15))
	}
	whole := dequantised(t, gguf.Q8_0, 256, 8, data)
	w := &gguftest.Writer{}
	w.Tensor("t", uint32(gguf.Q8_0), []int{256, 4, 2}, data)
	f := parse(t, w.Bytes())
	one, _ := f.Tensor("t")
	for a := range 8 {
		for b := a; b <= 8; b++ {
			panel := make([]float32, (b-a)*256)
			if err := one.Dequantise(panel, a, b); err != nil {
				t.Fatal(err)
			}
			if hash(panel) != hash(whole[a*256:b*256]) {
				t.Errorf("rows %d to %d differ", a, b)
			}
		}
	}
}

// Bytes per second are those of the float32 values.
func BenchmarkDequantise(b *testing.B) {
	const cols, rows = 1024, 256
	bench := func(typ gguf.Type, data []byte) {
		b.Run(typ.String(), func(b *testing.B) {
			w := &gguftest.Writer{}
			w.Tensor("t", uint32(typ), []int{cols, rows}, data)
			one, _ := parse(b, w.Bytes()).Tensor("t")
			dst := make([]float32, rows*cols)
			b.SetBytes(4 * rows * cols)
			for b.Loop() {
				if err := one.Dequantise(dst, 0, rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	bench(gguf.F32, make([]byte, 4*cols*rows))
	bench(gguf.F16, make([]byte, 2*cols*rows))
	bench(gguf.BF16, make([]byte, 2*cols*rows))
	for _, g := range readBlocks(b) {
		bench(g.Type, bytes.Repeat(g.Blocks[0].Raw, cols*rows*4/len(g.Blocks[0].Values)))
	}
}

package gguf_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
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

// blocks fills 64 blocks with a fixed pattern: all bytes, scales of both signs from subnormal to large.
func blocks(size int) []byte {
	b := make([]byte, 64*size)
	for i := range b {
		b[i] = byte(i*i*7 + i*13 + 5)
	}
	for k := range 64 {
		scale := uint16(k * 977 % 0x7c00)
		if k%2 == 1 {
			scale |= 0x8000
		}
		binary.LittleEndian.PutUint16(b[k*size:], scale)
	}
	return b
}

// Reference: the pattern of blocks() as a numpy array of 8 rows through PyPI's gguf 0.19:
//
//	v = gguf.quants.dequantize(b.reshape(8, -1), GGMLQuantizationType.Q8_0)
//	hashlib.sha256(v.tobytes()).hexdigest()
func TestQuantisedBlocks(t *testing.T) {
	for _, c := range []struct {
		typ  gguf.Type
		size int
		want string
	}{
		{gguf.Q8_0, 34, "59b2df8e31c9201caf61f4798179e5ecede08c516de428b62b7b0c40afbecf72"},
		{gguf.Q4_0, 18, "a55782a2a8d1e6b67ffc1e4658616e3ddbc7858171b9f7f55520d38b4eb7b799"},
	} {
		if got := hash(dequantised(t, c.typ, 256, 8, blocks(c.size))); got != c.want {
			t.Errorf("%s: %s, want %s", c.typ, got, c.want)
		}
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
	data := blocks(34)
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

func BenchmarkDequantise(b *testing.B) {
	const cols, rows = 1024, 1024
	for _, c := range []struct {
		typ   gguf.Type
		bytes int
	}{{gguf.F32, 4 * cols * rows}, {gguf.F16, 2 * cols * rows}, {gguf.BF16, 2 * cols * rows},
		{gguf.Q8_0, cols * rows / 32 * 34}, {gguf.Q4_0, cols * rows / 32 * 18}} {
		b.Run(c.typ.String(), func(b *testing.B) {
			w := &gguftest.Writer{}
			w.Tensor("t", uint32(c.typ), []int{cols, rows}, make([]byte, c.bytes))
			f, err := gguf.Parse(w.Bytes())
			if err != nil {
				b.Fatal(err)
			}
			one, _ := f.Tensor("t")
			dst := make([]float32, rows*cols)
			b.SetBytes(4 * rows * cols)
			for b.Loop() {
				if err := one.Dequantise(dst, 0, rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

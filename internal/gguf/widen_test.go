package gguf

import (
	"encoding/binary"
	"math"
	"testing"
)

// Vectors give what single numbers give, bit for bit but for the payload of what is not a number, and write nothing behind the
// end.
func TestVectorsAgainstSingleNumbers(t *testing.T) {
	if !haveVectors {
		t.Skip("this processor has no vectors of 8")
	}
	halves := make([]byte, 2<<16)
	for h := range 1 << 16 {
		binary.LittleEndian.PutUint16(halves[2*h:], uint16(h))
	}
	var blocks []byte // every scale, with all bytes in turn
	for h := range 1 << 16 {
		blocks = binary.LittleEndian.AppendUint16(blocks, uint16(h))
		for i := range 32 {
			blocks = append(blocks, byte(h*32+i))
		}
	}
	for _, c := range []struct {
		name           string
		vectors, plain func([]float32, []byte)
		data           []byte
		values, bytes  int // of a block
	}{
		{"F16", fromF16, fromF16Singly, halves, 1, 2},
		{"Q8_0", fromQ8_0, fromQ8_0Singly, blocks, 32, 34},
	} {
		for _, n := range []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 41, 1 << 16} {
			src, size := c.data[:n*c.bytes:n*c.bytes], n*c.values
			want, got := make([]float32, size), make([]float32, size+16)
			for i := range got {
				got[i] = 42
			}
			c.plain(want, src)
			c.vectors(got[:size], src)
			for i, x := range want {
				if math.Float32bits(got[i]) != math.Float32bits(x) && (x == x || got[i] == got[i]) {
					t.Fatalf("%s, %d blocks: value %d is %v; singly %v", c.name, n, i, got[i], x)
				}
			}
			for i, x := range got[size:] {
				if x != 42 {
					t.Fatalf("%s, %d blocks: value %d behind the end is written", c.name, n, i)
				}
			}
		}
	}
}

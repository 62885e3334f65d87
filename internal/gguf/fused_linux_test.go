package gguf

import (
	"math/rand/v2"
	"syscall"
	"testing"
)

// bordered is a copy of data that begins, or ends, where memory may not be touched.
func bordered(t *testing.T, data []byte, atEnd bool) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	room := (len(data) + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, room+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	for _, border := range [][]byte{all[:page], all[page+room:]} {
		if err := syscall.Mprotect(border, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	inner := all[page : page+room]
	if atEnd {
		inner = inner[room-len(data):]
	}
	return inner[:copy(inner, data)]
}

// Kernels read nothing beside the rows: a fault would be an error.
func TestKernelsStayInside(t *testing.T) {
	for _, typ := range SupportedTypes() {
		random := rand.New(rand.NewPCG(uint64(typ), 1))
		for _, atEnd := range []bool{false, true} {
			rows, cols := 16+random.IntN(20), 8*formats[typ].elements
			whole := tensorOf(random, typ, rows, cols, false)
			tensor := tensorIn(bordered(t, whole.data, atEnd), typ, rows, cols)
			if err := tensor.Multiply(make([]float32, rows), normal(random, cols), 0, rows); err != nil {
				t.Errorf("%s: %v", typ, err)
			}
			if err := tensor.Panels(make([]float32, (rows+15)/16*16*cols), 0, rows); err != nil {
				t.Errorf("%s: %v", typ, err)
			}
		}
	}
}

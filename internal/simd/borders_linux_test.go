package simd

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// guarded is a copy of xs that begins, or ends, where memory may not be touched.
func guarded(t *testing.T, xs []float32, atEnd bool) []float32 {
	t.Helper()
	if len(xs) == 0 {
		return nil
	}
	page := syscall.Getpagesize()
	room := (4*len(xs) + page - 1) / page * page
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
		inner = inner[room-4*len(xs):]
	}
	floats := unsafe.Slice((*float32)(unsafe.Pointer(&inner[0])), len(xs))
	copy(floats, xs)
	return floats
}

// TestBorders: the assembly neither reads nor writes beside what it is given; the program would end with a fault.
func TestBorders(t *testing.T) {
	both(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(7, 0))
		for i := range 200 {
			m, n, k, atEnd := random.IntN(20), random.IntN(50), random.IntN(40), i%2 == 0
			a, b, c := guarded(t, numbers(m*k, 1), atEnd), guarded(t, numbers(k*n, 2), atEnd), guarded(t, numbers(m*n, 3), atEnd)
			panels := guarded(t, make([]float32, PanelsLen(k, n)), atEnd)
			Pack(panels, b, n, k)
			Multiply(m, n, k, a, k, Panels(panels, k), c, n, false)
			Multiply(m, n, k, a, k, Rows(b, n), c, n, true)
			Exp(c)
		}
	})
}

package gguf

import "golang.org/x/sys/cpu"

// haveKernels says whether this processor runs them; simd.Multiply, whose bits they have, takes the same instructions then. Tests
// turn it off.
var haveKernels = haveVectors && cpu.X86.HasFMA

// haveWide says the same of those for two strips.
var haveWide = haveKernels && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL

// kernelOf is the kernel of a type; that of a type without one has no values.
func kernelOf(t Type) kernel {
	if !haveKernels || int(t) >= len(kernels) {
		return kernel{}
	}
	k := kernels[t]
	if !haveWide {
		k.wide = nil
	}
	return k
}

var kernels = [...]kernel{
	F32:  {4, dotF32, panelF32, nil},
	F16:  {8, dotF16, panelF16, nil},
	BF16: {8, dotBF16, panelBF16, nil},
	Q4_0: {32, dotQ4_0, panelQ4_0, wideQ4_0},
	Q4_1: {32, dotQ4_1, panelQ4_1, wideQ4_1},
	Q5_0: {32, dotQ5_0, panelQ5_0, wideQ5_0},
	Q5_1: {32, dotQ5_1, panelQ5_1, wideQ5_1},
	Q8_0: {32, dotQ8_0, panelQ8_0, wideQ8_0},
	Q4_K: {256, dotQ4_K, panelQ4_K, wideQ4_K},
	Q5_K: {256, dotQ5_K, panelQ5_K, nil},
	Q6_K: {256, dotQ6_K, panelQ6_K, wideQ6_K},
}

//go:noescape
func dotF32(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelF32(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotF16(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelF16(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotBF16(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelBF16(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ4_0(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ4_0(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ4_1(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ4_1(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ5_0(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ5_0(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ5_1(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ5_1(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ8_0(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ8_0(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ4_K(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ4_K(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ5_K(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ5_K(n int, rows *byte, stride int, panel *float32)

//go:noescape
func dotQ6_K(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func panelQ6_K(n int, rows *byte, stride int, panel *float32)

//go:noescape
func wideQ4_0(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func wideQ4_1(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func wideQ5_0(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func wideQ8_0(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func wideQ5_1(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func wideQ4_K(n int, rows *byte, stride int, x, sums *float32)

//go:noescape
func wideQ6_K(n int, rows *byte, stride int, x, sums *float32)

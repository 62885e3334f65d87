package gguf

import (
	"fmt"
	"strings"
)

// Type is a tensor's element type, numbered as in the file (ggml's ggml_type).
type Type uint32

// The types that Dequantise reads. Blocks of 32 have one scale each; super-blocks of 256 are blocks of 16 or 32 whose
// scales are quantised too.
const (
	F32    Type = 0  // IEEE 754 binary32
	F16    Type = 1  // IEEE 754 binary16
	Q4_0   Type = 2  // blocks of 32: a scale, 4-bit integers offset by 8
	Q4_1   Type = 3  // blocks of 32: a scale, an offset, 4-bit integers
	Q5_0   Type = 6  // blocks of 32: a scale, 5-bit integers offset by 16
	Q5_1   Type = 7  // blocks of 32: a scale, an offset, 5-bit integers
	Q8_0   Type = 8  // blocks of 32: a scale, signed 8-bit integers
	Q2_K   Type = 10 // super-blocks: scales, minima, 2-bit integers
	Q3_K   Type = 11 // super-blocks: scales, 3-bit integers offset by 4
	Q4_K   Type = 12 // super-blocks: scales, minima, 4-bit integers
	Q5_K   Type = 13 // super-blocks: scales, minima, 5-bit integers
	Q6_K   Type = 14 // super-blocks: scales, 6-bit integers offset by 32
	IQ4_NL Type = 20 // blocks of 32: a scale, 4-bit codes of unevenly spaced numbers
	IQ4_XS Type = 23 // super-blocks: scales, codes as in IQ4_NL
	BF16   Type = 30 // the upper half of a binary32
	MXFP4  Type = 39 // blocks of 32: a power of two, 4-bit floats
)

// format says how a type lies in memory, elements consecutive values of one row taking bytes bytes, and how to read it.
type format struct {
	name            string
	elements, bytes int
	dequantise      func(dst []float32, src []byte) // nil: measured and named only
}

// formats are ggml's types by number; unnamed ones do not exist. What can be dequantised, and what error texts say of it,
// follows from this table alone. Source: the type traits in ggml/src/ggml.c and the block structs in
// ggml/src/ggml-common.h.
var formats = [...]format{
	F32:    {"F32", 1, 4, fromF32},
	F16:    {"F16", 1, 2, fromF16},
	Q4_0:   {"Q4_0", 32, 18, fromQ4_0},
	Q4_1:   {"Q4_1", 32, 20, fromQ4_1},
	Q5_0:   {"Q5_0", 32, 22, fromQ5_0},
	Q5_1:   {"Q5_1", 32, 24, fromQ5_1},
	Q8_0:   {"Q8_0", 32, 34, fromQ8_0},
	Q2_K:   {"Q2_K", 256, 84, fromQ2_K},
	Q3_K:   {"Q3_K", 256, 110, fromQ3_K},
	Q4_K:   {"Q4_K", 256, 144, fromQ4_K},
	Q5_K:   {"Q5_K", 256, 176, fromQ5_K},
	Q6_K:   {"Q6_K", 256, 210, fromQ6_K},
	IQ4_NL: {"IQ4_NL", 32, 18, fromIQ4_NL},
	IQ4_XS: {"IQ4_XS", 256, 136, fromIQ4_XS},
	BF16:   {"BF16", 1, 2, fromBF16},
	MXFP4:  {"MXFP4", 32, 17, fromMXFP4},

	15: {"Q8_K", 256, 292, nil},
	16: {"IQ2_XXS", 256, 66, nil}, 17: {"IQ2_XS", 256, 74, nil}, 18: {"IQ3_XXS", 256, 98, nil},
	19: {"IQ1_S", 256, 50, nil}, 21: {"IQ3_S", 256, 110, nil}, 22: {"IQ2_S", 256, 82, nil}, 29: {"IQ1_M", 256, 56, nil},
	24: {"I8", 1, 1, nil}, 25: {"I16", 1, 2, nil}, 26: {"I32", 1, 4, nil}, 27: {"I64", 1, 8, nil}, 28: {"F64", 1, 8, nil},
	34: {"TQ1_0", 256, 54, nil}, 35: {"TQ2_0", 256, 66, nil},
	40: {"NVFP4", 64, 36, nil}, 41: {"Q1_0", 128, 18, nil}, 42: {"Q2_0", 64, 18, nil},
}

// format finds a type's row of the table.
func (t Type) format() (format, bool) {
	if uint64(t) < uint64(len(formats)) && formats[t].elements > 0 {
		return formats[t], true
	}
	return format{}, false
}

// SupportedTypes are the types that Dequantise reads, by number.
func SupportedTypes() []Type {
	var types []Type
	for t := range formats {
		if Type(t).Supported() {
			types = append(types, Type(t))
		}
	}
	return types
}

// SupportedList names them for error texts: "F32, F16, ...".
func SupportedList() string {
	var names []string
	for _, t := range SupportedTypes() {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ")
}

// Supported says whether Dequantise reads the type.
func (t Type) Supported() bool {
	f, _ := t.format()
	return f.dequantise != nil
}

// Widen writes len(dst) numbers of a type of plain numbers, F32, F16 or BF16, as float32.
func (t Type) Widen(dst []float32, src []byte) {
	f, _ := t.format()
	f.dequantise(dst, src)
}

// String is ggml's name of the type.
func (t Type) String() string {
	if f, known := t.format(); known {
		return f.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

package gguf

import (
	"fmt"
	"strings"
)

// Type is a tensor's element type, numbered as in the file (ggml's ggml_type).
type Type uint32

// The types that Dequantise reads.
const (
	F32  Type = 0  // IEEE 754 binary32
	F16  Type = 1  // IEEE 754 binary16
	Q4_0 Type = 2  // blocks of 32: a binary16 scale, 32 unsigned 4-bit integers offset by 8
	Q8_0 Type = 8  // blocks of 32: a binary16 scale, 32 signed 8-bit integers
	BF16 Type = 30 // the upper half of a binary32
)

// layout says how a type lies in memory: blocks of elements consecutive values of one row take bytes bytes.
type layout struct {
	name            string
	elements, bytes int
}

// layouts are ggml's types. Those without a dequantiser are here so that a file which holds them can be measured and the
// type be named. Source: the type traits in ggml/src/ggml.c and the block structs in ggml/src/ggml-common.h.
var layouts = map[Type]layout{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2}, Q4_0: {"Q4_0", 32, 18}, Q8_0: {"Q8_0", 32, 34},

	3: {"Q4_1", 32, 20}, 6: {"Q5_0", 32, 22}, 7: {"Q5_1", 32, 24},
	10: {"Q2_K", 256, 84}, 11: {"Q3_K", 256, 110}, 12: {"Q4_K", 256, 144}, 13: {"Q5_K", 256, 176},
	14: {"Q6_K", 256, 210}, 15: {"Q8_K", 256, 292},
	16: {"IQ2_XXS", 256, 66}, 17: {"IQ2_XS", 256, 74}, 18: {"IQ3_XXS", 256, 98}, 19: {"IQ1_S", 256, 50},
	20: {"IQ4_NL", 32, 18}, 21: {"IQ3_S", 256, 110}, 22: {"IQ2_S", 256, 82}, 23: {"IQ4_XS", 256, 136},
	24: {"I8", 1, 1}, 25: {"I16", 1, 2}, 26: {"I32", 1, 4}, 27: {"I64", 1, 8}, 28: {"F64", 1, 8},
	29: {"IQ1_M", 256, 56}, 34: {"TQ1_0", 256, 54}, 35: {"TQ2_0", 256, 66}, 39: {"MXFP4", 32, 17},
	40: {"NVFP4", 64, 36}, 41: {"Q1_0", 128, 18},
}

// SupportedTypes are the types that Dequantise reads, in the order in which error texts name them.
func SupportedTypes() []Type { return []Type{F32, F16, BF16, Q8_0, Q4_0} }

// Supported says whether Dequantise reads the type.
func (t Type) Supported() bool {
	switch t {
	case F32, F16, BF16, Q8_0, Q4_0:
		return true
	}
	return false
}

// String is ggml's name of the type.
func (t Type) String() string {
	if l, ok := layouts[t]; ok {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

func supportedList() string {
	var names []string
	for _, t := range SupportedTypes() {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ")
}

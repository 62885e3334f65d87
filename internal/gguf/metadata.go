package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// kind is the type of a metadata value, numbered as in the file.
type kind uint32

const (
	kindUint8 kind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
)

var kinds = map[kind]struct {
	name string
	size uint64 // bytes; 0 for those of variable length
}{
	kindUint8: {"uint8", 1}, kindInt8: {"int8", 1}, kindUint16: {"uint16", 2}, kindInt16: {"int16", 2},
	kindUint32: {"uint32", 4}, kindInt32: {"int32", 4}, kindFloat32: {"float32", 4}, kindBool: {"bool", 1},
	kindString: {"string", 0}, kindArray: {"array", 0},
	kindUint64: {"uint64", 8}, kindInt64: {"int64", 8}, kindFloat64: {"float64", 8},
}

// entry is one key with its value.
type entry struct {
	key   string
	value value
}

// value is a metadata value as it lies in the file, already measured: raw holds count elements of elem, strings each
// behind their length. Decoding waits until someone asks, since most of a vocabulary file is never asked for.
type value struct {
	array bool
	elem  kind
	count int // 1 unless array
	raw   []byte
}

func (v value) String() string {
	if v.array {
		return fmt.Sprintf("array of %d %s", v.count, kinds[v.elem].name)
	}
	return kinds[v.elem].name
}

// value measures the next value and steps over it.
func (c *cursor) value() value {
	v := value{elem: kind(c.u32()), count: 1}
	count := uint64(1)
	if c.problem == "" && v.elem == kindArray {
		v.array, v.elem, count = true, kind(c.u32()), c.u64()
	}
	layout, known := kinds[v.elem]
	switch {
	case c.problem != "":
		return v
	case !known:
		c.fail("value type %d is unknown", v.elem)
		return v
	case v.elem == kindArray:
		c.fail("arrays of arrays are not supported here")
		c.beyond = true
		return v
	}
	from := c.at
	if v.elem == kindString {
		for i := uint64(0); i < count && c.problem == ""; i++ {
			c.take(c.u64())
		}
	} else if left := uint64(len(c.data) - c.at); count > left/layout.size {
		c.fail("an array of %d %s is announced, the file has %d more bytes", count, layout.name, left)
	} else {
		c.take(count * layout.size)
	}
	if c.problem == "" {
		v.count, v.raw = int(count), c.data[from:c.at:c.at]
	}
	return v
}

// strings decodes an array of strings (or one string).
func (v value) strings() []string {
	out := make([]string, v.count)
	rest := v.raw
	for i := range out {
		n := binary.LittleEndian.Uint64(rest)
		out[i], rest = string(rest[8:8+n]), rest[8+n:]
	}
	return out
}

// bits returns element i, zero-extended. It is for kinds of fixed size.
func (v value) bits(i int) uint64 {
	switch kinds[v.elem].size {
	case 1:
		return uint64(v.raw[i])
	case 2:
		return uint64(binary.LittleEndian.Uint16(v.raw[2*i:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(v.raw[4*i:]))
	default:
		return binary.LittleEndian.Uint64(v.raw[8*i:])
	}
}

// integer returns element i of an integer kind; ok is false for other kinds and for what does not fit into int64.
func (v value) integer(i int) (n int64, ok bool) {
	b := v.bits(i)
	switch v.elem {
	case kindUint8, kindUint16, kindUint32, kindInt64:
		return int64(b), true
	case kindUint64:
		return int64(b), b <= math.MaxInt64
	case kindInt8:
		return int64(int8(b)), true
	case kindInt16:
		return int64(int16(b)), true
	case kindInt32:
		return int64(int32(b)), true
	}
	return 0, false
}

func (v value) isInteger() bool {
	switch v.elem {
	case kindFloat32, kindFloat64, kindBool, kindString:
		return false
	}
	return true
}

// Keys are the metadata keys in file order.
func (f *File) Keys() []string {
	keys := make([]string, len(f.entries))
	for i, e := range f.entries {
		keys[i] = e.key
	}
	return keys
}

// Has says whether the file has the key, of whatever type.
func (f *File) Has(key string) bool {
	_, ok := f.entryIndex[key]
	return ok
}

// get finds key, checks its type by fits (want describes that type) and decodes it; decode returns a problem or "".
func get[T any](f *File, key, want string, fits func(value) bool, decode func(value) (T, string)) (T, error) {
	var out T
	i, ok := f.entryIndex[key]
	if !ok {
		return out, &Error{File: f.Path, Key: key, Problem: "the key is missing; " + want + " is needed",
			Remedy: "convert the model again by a current llama.cpp", Missing: true}
	}
	v := f.entries[i].value
	if !fits(v) {
		return out, &Error{File: f.Path, Key: key, Problem: fmt.Sprintf("it is %s; %s is needed", v, want)}
	}
	problem := ""
	err := f.guarded(func() error {
		if f.data == nil {
			return f.closed()
		}
		out, problem = decode(v)
		return nil
	})
	if err == nil && problem != "" {
		err = &Error{File: f.Path, Key: key, Problem: problem}
	}
	return out, err
}

// String returns the string at key.
func (f *File) String(key string) (string, error) {
	return get(f, key, "a string", func(v value) bool { return !v.array && v.elem == kindString },
		func(v value) (string, string) { return v.strings()[0], "" })
}

// Uint returns the integer at key, stored in whatever width and sign, but not negative.
func (f *File) Uint(key string) (uint64, error) {
	return get(f, key, "an unsigned integer", func(v value) bool { return !v.array && v.isInteger() },
		func(v value) (uint64, string) {
			if v.elem == kindUint64 {
				return v.bits(0), ""
			}
			if n, _ := v.integer(0); n < 0 {
				return 0, fmt.Sprintf("it is %d; an unsigned integer is needed", n)
			} else {
				return uint64(n), ""
			}
		})
}

// Float returns the float32 or float64 at key.
func (f *File) Float(key string) (float64, error) {
	return get(f, key, "a float", func(v value) bool { return !v.array && (v.elem == kindFloat32 || v.elem == kindFloat64) },
		func(v value) (float64, string) {
			if v.elem == kindFloat64 {
				return math.Float64frombits(v.bits(0)), ""
			}
			return float64(math.Float32frombits(uint32(v.bits(0)))), ""
		})
}

// Bool returns the bool at key.
func (f *File) Bool(key string) (bool, error) {
	return get(f, key, "a bool", func(v value) bool { return !v.array && v.elem == kindBool },
		func(v value) (bool, string) {
			if v.raw[0] > 1 {
				return false, fmt.Sprintf("it is a bool of value %d; 0 or 1 is needed", v.raw[0])
			}
			return v.raw[0] == 1, ""
		})
}

// Strings returns the array of strings at key.
func (f *File) Strings(key string) ([]string, error) {
	return get(f, key, "an array of strings", func(v value) bool { return v.array && v.elem == kindString },
		func(v value) ([]string, string) { return v.strings(), "" })
}

// Ints returns the array of integers, of whatever width and sign, at key.
func (f *File) Ints(key string) ([]int64, error) {
	return get(f, key, "an array of integers", func(v value) bool { return v.array && v.isInteger() },
		func(v value) ([]int64, string) {
			out := make([]int64, v.count)
			for i := range out {
				n, ok := v.integer(i)
				if !ok {
					return nil, fmt.Sprintf("element %d, %d, does not fit into 63 bits", i, v.bits(i))
				}
				out[i] = n
			}
			return out, ""
		})
}

// Floats returns the array of float32 at key.
func (f *File) Floats(key string) ([]float32, error) {
	return get(f, key, "an array of float32", func(v value) bool { return v.array && v.elem == kindFloat32 },
		func(v value) ([]float32, string) {
			out := make([]float32, v.count)
			for i := range out {
				out[i] = math.Float32frombits(uint32(v.bits(i)))
			}
			return out, ""
		})
}

// StringOr, UintOr, FloatOr and BoolOr return def where the key is missing; a key of the wrong type is still an error.
func (f *File) StringOr(key, def string) (string, error) { return or(f, key, def, f.String) }

// UintOr is Uint with a default; see StringOr.
func (f *File) UintOr(key string, def uint64) (uint64, error) { return or(f, key, def, f.Uint) }

// FloatOr is Float with a default; see StringOr.
func (f *File) FloatOr(key string, def float64) (float64, error) { return or(f, key, def, f.Float) }

// BoolOr is Bool with a default; see StringOr.
func (f *File) BoolOr(key string, def bool) (bool, error) { return or(f, key, def, f.Bool) }

func or[T any](f *File, key string, def T, read func(string) (T, error)) (T, error) {
	if !f.Has(key) {
		return def, nil
	}
	return read(key)
}

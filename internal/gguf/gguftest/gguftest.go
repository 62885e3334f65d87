// Package gguftest writes small GGUF files for tests: of this format, of tokenizers, of transformers.
//
// A Writer collects keys and tensors in order and lays them out as the specification has it (version 3,
// little-endian). It checks nothing, so that tests can write broken files too.
package gguftest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Writer collects the parts of a file. The zero Writer is an empty file of version 3 and alignment 32.
type Writer struct {
	Version   uint32 // 3 if zero
	Alignment int    // 32 if zero; written as general.alignment if not zero

	kv      [][]byte
	tensors []tensor
}

type tensor struct {
	name   string
	typ    uint32
	dims   []int
	offset int
	data   []byte
}

// KV adds a key. The value's Go type chooses the file's type; slices become arrays.
func (w *Writer) KV(key string, value any) {
	var b bytes.Buffer
	putString(&b, key)
	switch v := value.(type) {
	case []string:
		putArray(&b, 8, len(v))
		for _, s := range v {
			putString(&b, s)
		}
	case []float32:
		putArray(&b, 6, len(v))
		put(&b, v)
	case []int32:
		putArray(&b, 5, len(v))
		put(&b, v)
	case []uint32:
		putArray(&b, 4, len(v))
		put(&b, v)
	case []uint64:
		putArray(&b, 10, len(v))
		put(&b, v)
	case []int8:
		putArray(&b, 1, len(v))
		put(&b, v)
	case string:
		put(&b, uint32(8))
		putString(&b, v)
	default:
		put(&b, scalarType(value))
		put(&b, value)
	}
	w.kv = append(w.kv, b.Bytes())
}

func scalarType(value any) uint32 {
	switch value.(type) {
	case uint8:
		return 0
	case int8:
		return 1
	case uint16:
		return 2
	case int16:
		return 3
	case uint32:
		return 4
	case int32:
		return 5
	case float32:
		return 6
	case bool:
		return 7
	case uint64:
		return 10
	case int64:
		return 11
	case float64:
		return 12
	}
	panic(fmt.Sprintf("gguftest: no GGUF type for %T", value))
}

// Tensor adds a tensor of ggml type typ with dims in file order (dims[0] contiguous) and its encoded data.
func (w *Writer) Tensor(name string, typ uint32, dims []int, data []byte) {
	offset := 0
	if n := len(w.tensors); n > 0 {
		offset = w.tensors[n-1].offset + len(w.tensors[n-1].data)
	}
	w.tensors = append(w.tensors, tensor{name, typ, dims, w.align(offset), data})
}

// F32 adds a float32 tensor.
func (w *Writer) F32(name string, dims []int, values []float32) {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	w.Tensor(name, 0, dims, data)
}

// Bytes is the file.
func (w *Writer) Bytes() []byte {
	kv := w.kv
	if w.Alignment != 0 {
		own := &Writer{}
		own.KV("general.alignment", uint32(w.Alignment))
		kv = append(own.kv, kv...)
	}
	version := w.Version
	if version == 0 {
		version = 3
	}
	var b bytes.Buffer
	b.WriteString("GGUF")
	put(&b, version)
	put(&b, uint64(len(w.tensors)))
	put(&b, uint64(len(kv)))
	for _, one := range kv {
		b.Write(one)
	}
	for _, t := range w.tensors {
		putString(&b, t.name)
		put(&b, uint32(len(t.dims)))
		for _, d := range t.dims {
			put(&b, uint64(d))
		}
		put(&b, t.typ)
		put(&b, uint64(t.offset))
	}
	start := w.align(b.Len())
	for _, t := range w.tensors {
		b.Write(make([]byte, start+t.offset-b.Len()))
		b.Write(t.data)
	}
	return b.Bytes()
}

func (w *Writer) align(n int) int {
	a := w.Alignment
	if a == 0 {
		a = 32
	}
	return (n + a - 1) / a * a
}

func put(b *bytes.Buffer, value any) {
	if err := binary.Write(b, binary.LittleEndian, value); err != nil {
		panic(err)
	}
}

func putString(b *bytes.Buffer, s string) {
	put(b, uint64(len(s)))
	b.WriteString(s)
}

func putArray(b *bytes.Buffer, elem uint32, n int) {
	put(b, uint32(9))
	put(b, elem)
	put(b, uint64(n))
}

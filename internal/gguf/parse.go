package gguf

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

const (
	magic            = "GGUF"
	headerSize       = 24    // magic, version, number of tensors, number of metadata entries
	maxName          = 65535 // bytes of a key or tensor name, as the specification has it
	maxDims          = 4     // ggml's GGML_MAX_DIMS
	defaultAlignment = 32
	downloadAgain    = "the file is truncated or corrupt: download or convert it again"
)

// cursor reads the file from front to back. After the first failure it stays where it is and keeps the problem, so that
// callers may read a few fields and look at problem once.
type cursor struct {
	data    []byte
	at      int
	beyond  bool // the problem is what this reader does not do, not what the file is
	problem string
}

func (c *cursor) fail(format string, args ...any) {
	if c.problem == "" {
		c.problem = fmt.Sprintf(format, args...)
	}
}

// take returns the next n bytes. It compares n with what is left, so n may be any number that a file claims.
func (c *cursor) take(n uint64) []byte {
	if c.problem == "" && n > uint64(len(c.data)-c.at) {
		c.fail("%d bytes are announced at offset %d, the file has %d more", n, c.at, len(c.data)-c.at)
	}
	if c.problem != "" {
		return nil
	}
	part := c.data[c.at : c.at+int(n)]
	c.at += int(n)
	return part
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// name reads the name of a key or tensor.
func (c *cursor) name() string {
	n := c.u64()
	if n == 0 || n > maxName {
		c.fail("a name of %d bytes is announced at offset %d; 1 to %d are allowed", n, c.at, maxName)
	}
	return string(c.take(n))
}

// parse reads and checks everything but the weights.
func (f *File) parse() error {
	c := &cursor{data: f.data}
	numTensors, numEntries, err := f.parseHeader(c)
	if err != nil {
		return err
	}
	// The counts only end the loops: nothing is allocated from them, and each turn consumes bytes or fails.
	f.entryIndex = map[string]int{}
	for i := uint64(0); i < numEntries; i++ {
		if err := f.parseEntry(c, i, numEntries); err != nil {
			return err
		}
	}
	if err := f.checkGeneral(); err != nil {
		return err
	}
	f.tensorIndex = map[string]int{}
	var offsets []uint64
	for i := uint64(0); i < numTensors; i++ {
		offset, err := f.parseTensor(c, i, numTensors)
		if err != nil {
			return err
		}
		offsets = append(offsets, offset)
	}
	return f.placeTensors(c.at, offsets)
}

func (f *File) parseHeader(c *cursor) (numTensors, numEntries uint64, err error) {
	if what, remedy := Impostor(f.data); what != "" {
		return 0, 0, f.whole("not a GGUF file: it is "+what, remedy)
	}
	if len(f.data) < headerSize {
		return 0, 0, f.whole(fmt.Sprintf("%d bytes are too few for a GGUF file", len(f.data)), downloadAgain)
	}
	if string(c.take(4)) != magic {
		_, remedy := Impostor(nil)
		return 0, 0, f.whole(fmt.Sprintf("not a GGUF file: it begins with %q", f.data[:4]), remedy)
	}
	switch version := c.u32(); {
	case version == 2 || version == 3:
		f.Version = int(version)
	case bits.ReverseBytes32(version) <= 3:
		return 0, 0, f.whole("the file is big-endian", "convert the model again on a little-endian machine")
	default:
		return 0, 0, f.whole(fmt.Sprintf("GGUF version %d is not supported; supported: 2, 3", version),
			"convert the model again by a current llama.cpp")
	}
	return c.u64(), c.u64(), nil
}

func (f *File) parseEntry(c *cursor, i, count uint64) error {
	key := c.name()
	if c.problem != "" {
		return f.whole(fmt.Sprintf("metadata entry %d of %d: %s", i+1, count, c.problem), downloadAgain)
	}
	v := c.value()
	if c.beyond {
		return &Error{File: f.Path, Key: key, Problem: c.problem, Remedy: "the file may be sound; a llama-server may read it"}
	}
	if c.problem != "" {
		return &Error{File: f.Path, Key: key, Problem: c.problem, Remedy: downloadAgain}
	}
	if _, twice := f.entryIndex[key]; twice {
		return &Error{File: f.Path, Key: key, Problem: "the key is there twice", Remedy: "convert the model again"}
	}
	f.entryIndex[key] = len(f.entries)
	f.entries = append(f.entries, entry{key, v})
	return nil
}

// checkGeneral takes from the metadata what the reading of tensors depends on.
func (f *File) checkGeneral() error {
	alignment, err := f.UintOr("general.alignment", defaultAlignment)
	if err != nil {
		return err
	}
	if bits.OnesCount64(alignment) != 1 || alignment > 1<<20 {
		return &Error{File: f.Path, Key: "general.alignment",
			Problem: fmt.Sprintf("%d is not a power of two up to 2^20", alignment), Remedy: "convert the model again"}
	}
	f.Alignment = int(alignment)
	f.place, err = f.readPlace()
	return err
}

// parseTensor reads the description of one tensor; its data is placed later, when the start of the data is known.
func (f *File) parseTensor(c *cursor, i, count uint64) (offset uint64, err error) {
	name := c.name()
	if c.problem != "" {
		return 0, f.whole(fmt.Sprintf("tensor %d of %d: %s", i+1, count, c.problem), downloadAgain)
	}
	numDims := c.u32()
	if numDims > maxDims {
		c.fail("%d dimensions; at most %d are allowed", numDims, maxDims)
	}
	t := &Tensor{Name: name, file: f, rows: 1, cols: 1}
	for d := 0; d < int(numDims) && c.problem == ""; d++ {
		t.Dims = append(t.Dims, c.dimension(d))
	}
	t.Type = Type(c.u32())
	offset = c.u64()
	if c.problem == "" {
		c.problem = t.measure()
	}
	if _, twice := f.tensorIndex[name]; twice {
		c.fail("the name is there twice")
	}
	if c.problem == "" && offset%uint64(f.Alignment) != 0 {
		c.fail("its offset %d is not a multiple of the alignment %d", offset, f.Alignment)
	}
	if c.problem != "" {
		return 0, &Error{File: f.Path, Tensor: name, Problem: c.problem, Remedy: downloadAgain}
	}
	f.tensorIndex[name] = len(f.tensors)
	f.tensors = append(f.tensors, t)
	return offset, nil
}

func (c *cursor) dimension(d int) int {
	n := c.u64()
	if c.problem == "" && (n == 0 || n > math.MaxInt32) {
		c.fail("dimension %d is %d; it must be between 1 and 2^31-1", d, n)
	}
	return int(n & math.MaxInt32)
}

// placeTensors gives each tensor its bytes: offsets count from the data's start, which is the next multiple of the
// alignment after the descriptions. It refuses tensors that leave the file or share bytes.
func (f *File) placeTensors(descriptionsEnd int, offsets []uint64) error {
	start := uint64(descriptionsEnd+f.Alignment-1) / uint64(f.Alignment) * uint64(f.Alignment)
	room := uint64(0)
	if start < uint64(len(f.data)) {
		room = uint64(len(f.data)) - start
	}
	for i, t := range f.tensors {
		if offsets[i] > room || t.size > room-offsets[i] {
			return &Error{File: f.Path, Tensor: t.Name, Remedy: downloadAgain,
				Problem: fmt.Sprintf("%d bytes at offset %d lie outside of the %d bytes of data", t.size, offsets[i], room)}
		}
		from := start + offsets[i]
		t.data = f.data[from : from+t.size : from+t.size]
	}
	order := make([]int, len(f.tensors))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(offsets[a], offsets[b]) })
	for k := 1; k < len(order); k++ {
		before, t := f.tensors[order[k-1]], f.tensors[order[k]]
		if offsets[order[k-1]]+before.size > offsets[order[k]] {
			return &Error{File: f.Path, Tensor: t.Name, Remedy: downloadAgain,
				Problem: fmt.Sprintf("its data overlaps that of tensor %s", quote(before.Name))}
		}
	}
	return nil
}

func (f *File) whole(problem, remedy string) *Error {
	return &Error{File: f.Path, Problem: problem, Remedy: remedy}
}

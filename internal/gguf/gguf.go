// Package gguf reads GGUF files, the container in which llama.cpp and Ollama keep language models: typed metadata and
// named tensors in one file (or in several, which are parts of one), made to be memory-mapped.
//
//	file -> Open (map, parse, check everything) -> File -> String, Uint, Strings ...  metadata by key
//	                                                    -> Tensor -> Dequantise       rows of float32
//	                                                              -> Multiply, Panels rows by a vector; rows as simd reads them
//
// # Shapes
//
// A tensor's Dims are in the file's order: Dims[0] is the contiguous one (ggml's ne[0]). Here a tensor is always seen as
// Rows x Cols, row-major, with Cols = Dims[0]. A weight that maps n inputs to m outputs is stored as m rows of n columns.
//
// # Opinion
//
// A model file comes from the network and is not trusted. Open reads nothing that it has not measured: counts and
// lengths are checked against the bytes that are really there before anything is allocated, every tensor must lie inside
// the file and overlap no other, and whatever is wrong is an *Error that names the key or tensor and says what to do.
// After Open succeeded, only a wrong key, a wrong type or a file that changes while it is mapped can fail.
//
// Versions 2 and 3, little-endian, are read. SupportedTypes are dequantised, each to exactly the float32 that ggml computes;
// the other types that ggml knows are measured and named (Unsupported), and only dequantising them is an error.
package gguf

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strings"

	"sdmap/internal/files"
)

// File is an open GGUF file. Its methods may be called from many goroutines, but not at the same time as Close.
type File struct {
	Path      string // as given to Open, or the first part's; empty for Parse
	Version   int    // 2 or 3
	Alignment int    // bytes; offsets of tensors are multiples of it

	data    []byte       // the whole file; nil once closed
	release func() error // unmaps data

	entries    []entry // metadata in file order
	entryIndex map[string]int

	tensors     []*Tensor // in file order
	tensorIndex map[string]int

	place place
	rest  []*File // the further parts of a split model, in order; their tensors are in tensors too
}

// Open maps the file at path into memory (where the system cannot, it reads it) and checks all of it but the weights.
// The caller must Close it; tensors are unreadable afterwards.
//
// Of a split model (NAME-00001-of-00003.gguf and so on, as llama-gguf-split writes them), path may be any part. The File is
// the whole: the metadata of the first part, the tensors of all. That parts belong together is known from their names,
// their split.* keys and the metadata that they share; parts of two models of one shape cannot be told apart.
func Open(path string) (*File, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if _, parts := PartsOf(path); f.place.count == 0 && len(parts) <= 1 {
		return f, nil
	}
	return openOthers(f)
}

// openFile is Open without regard to other parts.
func openFile(path string) (*File, error) {
	data, release, err := mapFile(path)
	if err != nil {
		return nil, systemError(path, err)
	}
	f := &File{Path: path, data: data, release: release}
	if err := f.guarded(f.parse); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Parse is Open on bytes in memory: those of one file, or of all parts of a split model in order. The File keeps them; they
// must not be changed while it is in use.
func Parse(parts ...[]byte) (*File, error) {
	var files []*File
	for _, data := range parts {
		f := &File{data: data, release: func() error { return nil }}
		if err := f.parse(); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	if len(files) == 1 && files[0].place.count == 0 {
		return files[0], nil
	}
	return join(files)
}

// Close releases the mapping. Closing twice is harmless.
func (f *File) Close() error {
	var errs []error
	for _, part := range f.rest {
		errs = append(errs, part.Close())
	}
	if f.data != nil {
		f.data = nil
		errs = append(errs, f.release())
	}
	return errors.Join(errs...)
}

// Digest is "sha256:" and the hexadecimal SHA-256 of the whole file, or JoinDigests of the parts' digests: the identity of
// a model's weights.
func (f *File) Digest() (string, error) {
	var digests []string
	for _, part := range append([]*File{f}, f.rest...) {
		hash := sha256.New()
		err := part.guarded(func() error {
			if part.data == nil {
				return part.closed()
			}
			hash.Write(part.data)
			return nil
		})
		if err != nil {
			return "", err
		}
		digests = append(digests, "sha256:"+hex.EncodeToString(hash.Sum(nil)))
	}
	return JoinDigests(digests), nil
}

// JoinDigests is the digest of a model whose files, in order, have these digests. One stands for itself; several are the
// SHA-256 of the digests, each on a line of its own, as a shell computes it from the parts by
//
//	sha256sum NAME-*.gguf | sed 's/^/sha256:/; s/ .*//' | sha256sum
func JoinDigests(digests []string) string {
	if len(digests) == 1 {
		return digests[0]
	}
	sum := sha256.Sum256([]byte(strings.Join(digests, "\n") + "\n"))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Tensors are the file's tensors in file order. The slice is the caller's.
func (f *File) Tensors() []*Tensor { return append([]*Tensor(nil), f.tensors...) }

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (*Tensor, bool) {
	i, ok := f.tensorIndex[name]
	if !ok {
		return nil, false
	}
	return f.tensors[i], true
}

// Unsupported describes the tensor types in this file that Dequantise refuses, one line per type in order of
// appearance, such as `IQ2_S (12 tensors, the first is "blk.0.ffn_down.weight")`. It is empty for a file that can be read.
func (f *File) Unsupported() []string {
	count := map[Type]int{}
	var first []*Tensor
	for _, t := range f.tensors {
		if t.Type.Supported() {
			continue
		}
		if count[t.Type]++; count[t.Type] == 1 {
			first = append(first, t)
		}
	}
	var lines []string
	for _, t := range first {
		lines = append(lines, fmt.Sprintf("%s (%d tensors, the first is %q)", t.Type, count[t.Type], t.Name))
	}
	return lines
}

// guarded runs read, which touches mapped memory, and turns a memory fault into an error: a mapped file that another
// process shortens faults on access, which would otherwise end the program.
func (f *File) guarded(read func() error) (err error) {
	previous := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(previous)
		switch cause := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // a memory fault; every other panic is a bug and goes on
			err = &Error{File: f.Path, Problem: "the file became shorter while it was in use",
				Remedy: "restore it and run again; do not write to a model that is being read"}
		default:
			panic(cause)
		}
	}()
	return read()
}

func (f *File) closed() *Error { return &Error{File: f.Path, Problem: "the file is already closed"} }

// checkSize refuses sizes that cannot be a GGUF file or cannot be addressed on this machine.
func checkSize(size int64) error {
	if size < headerSize {
		return fmt.Errorf("%d bytes are too few for a GGUF file", size)
	}
	if size > math.MaxInt {
		return fmt.Errorf("%d bytes are more than a program can address on this machine", size)
	}
	return nil
}

// readFile is mapFile without a mapping.
func readFile(path string) ([]byte, func() error, error) {
	data, err := files.Read(path, math.MaxInt-1)
	return data, func() error { return nil }, err
}

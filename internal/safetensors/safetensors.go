// Package safetensors reads safetensors files, the container in which Hugging Face's libraries keep weights: a header of JSON
// that names tensors, and their numbers behind it.
//
//	file -> Open (the header, all of it checked) -> File -> Tensor -> Dequantise   rows of float32, read when asked for
//
// # Shapes
//
// A tensor's Shape is in the file's order: the last dimension is the contiguous one. As in package gguf a tensor is seen as
// Rows x Cols, row-major, with Cols the last dimension.
//
// # Opinion
//
// A model file comes from the network and is not trusted. The length of the header is compared with the file before anything is
// allocated, and the tensors must tile what lies behind it, as the format demands: no overlap, no hole, nothing left over. Every
// error names the file and the tensor. After Open only reading can fail.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"sdmap/internal/files"
	"sdmap/internal/gguf"
)

// maxHeader bounds the header; those of models with thousands of tensors have a tenth of it.
const maxHeader = 16 << 20

const downloadAgain = "the file is truncated or corrupt: download it again"

// File is an open file. Its methods may be called from many goroutines, but not at the same time as Close.
type File struct {
	path    string
	data    io.ReaderAt // what lies behind the header
	close   func() error
	tensors []*Tensor // in the order of their data
}

// Open reads the header of the file at path. The caller must Close it; tensors are unreadable afterwards.
func Open(path string) (*File, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	f, err := read(path, file, info.Size())
	if err != nil {
		file.Close()
		return nil, err
	}
	f.close = file.Close
	return f, nil
}

// Parse is Open on bytes in memory, which must not be changed while the File is in use.
func Parse(data []byte) (*File, error) {
	f, err := read("", bytes.NewReader(data), int64(len(data)))
	if err == nil {
		f.close = func() error { return nil }
	}
	return f, err
}

// Close releases the file.
func (f *File) Close() error { return f.close() }

// Tensors are the file's tensors in the order of their data. The slice is the caller's.
func (f *File) Tensors() []*Tensor { return append([]*Tensor(nil), f.tensors...) }

// read takes in the header of a file of so many bytes.
func read(path string, r io.ReaderAt, size int64) (*File, error) {
	f := &File{path: path}
	length, err := f.headerLength(r, size)
	if err != nil {
		return nil, err
	}
	header := make([]byte, length)
	if _, err := r.ReadAt(header, 8); err != nil {
		return nil, fmt.Errorf("%s: %w", f.name(), err)
	}
	f.data = io.NewSectionReader(r, 8+length, size-8-length)
	return f, f.parse(header, uint64(size-8-length))
}

// headerLength reads the first eight bytes, and names what is there in place of a safetensors file.
func (f *File) headerLength(r io.ReaderAt, size int64) (int64, error) {
	if size < 10 {
		return 0, f.fail("", fmt.Sprintf("%d bytes are too few for a safetensors file", size), downloadAgain)
	}
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil {
		return 0, fmt.Errorf("%s: %w", f.name(), err)
	}
	if what, remedy := gguf.Impostor(head); what != "" && what != "safetensors" {
		return 0, f.fail("", "not a safetensors file: it is "+what, remedy)
	}
	if head[8] != '{' {
		return 0, f.fail("", "not a safetensors file", downloadAgain)
	}
	length := binary.LittleEndian.Uint64(head)
	switch {
	case length > uint64(size-8):
		return 0, f.fail("", fmt.Sprintf("a header of %d bytes is announced, the file has %d more", length, size-8),
			downloadAgain)
	case length > maxHeader:
		return 0, f.fail("", fmt.Sprintf("a header of %d bytes; at most %d are read", length, maxHeader), "")
	}
	return int64(length), nil
}

func (f *File) name() string {
	if f.path == "" {
		return "safetensors file"
	}
	return f.path
}

// fail is the error of a tensor, or with no name of the file.
func (f *File) fail(tensor, problem, remedy string) error {
	parts := []string{f.name()}
	if tensor != "" {
		parts = append(parts, "tensor "+quote(tensor))
	}
	text := strings.Join(append(parts, problem), ": ")
	if remedy != "" {
		text += " (" + remedy + ")"
	}
	return fmt.Errorf("%s", text)
}

// quote shows a name from the file harmlessly: escaped and of bounded length.
func quote(name string) string {
	const longest = 120
	if len(name) > longest {
		return fmt.Sprintf("%q...", name[:longest])
	}
	return fmt.Sprintf("%q", name)
}

// Package imatrix reads what llama-imatrix of llama.cpp gathers about a model on a text, and runs that program.
//
//	GGUF file -> Read -> File: sums of squares and counts of tokens, by matrix
//	                       -> Blocks: mean squares of the channels that go into each block's matrices
//	model file and text -> Program.Measure -> File
//
// A file holds, for each matrix that a text's tokens met, in_sum2 (by input channel, the sum over tokens of the squared input)
// and counts (the tokens that were summed). Matrices of experts, which lie stacked in one tensor, have one row of sums and one
// count an expert, of the tokens that were sent to it. (Since llama.cpp b5900, July 2025; counts were chunks in .dat files.)
//
// The opinion: files come from elsewhere and are not trusted; numbers are taken from files and never from the program's log,
// whose last lines may be missing.
package imatrix

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"sdmap/internal/files"
	"sdmap/internal/gguf"
)

// File is what was gathered on one text.
type File struct {
	Chunk    int      // tokens of a chunk; 0 where the file does not say
	Tokens   int      // that were summed: the largest count
	Matrices []Matrix // of blocks, by block, then name
}

// Matrix is one tensor of weights, or one stack of experts' weights.
type Matrix struct {
	Block  int
	Name   string    // "ffn_up" of "blk.3.ffn_up.weight"
	Sums   []float32 // experts x inputs, row-major; one row where there are no experts
	Counts []float64 // by expert
}

// inputs is the number of input channels.
func (m Matrix) inputs() int { return len(m.Sums) / len(m.Counts) }

// magic begins GGUF files. Files of the older kind begin with the number of their matrices.
const magic = "GGUF"

const convert = "llama-imatrix -m MODEL.gguf --in-file OLD.dat -o NEW.gguf --output-format gguf makes one of an older file"

// Read reads the file at path.
func Read(path string) (*File, error) {
	if err := checkMagic(path); err != nil {
		return nil, err
	}
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := take(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

func checkMagic(path string) error {
	f, err := files.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(magic))
	if n, err := io.ReadFull(f, head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	} else if !bytes.Equal(head[:n], []byte(magic)) {
		return fmt.Errorf("%s: not a GGUF file; if llama-imatrix wrote it, it is of the older kind (.dat): %s", path, convert)
	}
	return nil
}

// parse is Read on bytes.
func parse(data []byte) (*File, error) {
	f, err := gguf.Parse(data)
	if err != nil {
		return nil, err
	}
	return take(f)
}

const sums, counts = ".in_sum2", ".counts"

func take(f *gguf.File) (*File, error) {
	if kind, err := f.StringOr("general.type", "imatrix"); err != nil || kind != "imatrix" {
		return nil, fmt.Errorf("the file is of type %q and none of llama-imatrix", kind)
	}
	chunk, err := f.UintOr("imatrix.chunk_size", 0)
	if err != nil {
		return nil, err
	}
	if chunk > math.MaxInt32 {
		return nil, fmt.Errorf("chunks of %d tokens", chunk)
	}
	out := &File{Chunk: int(chunk)}
	for _, t := range f.Tensors() {
		weight, isSums := strings.CutSuffix(t.Name, sums)
		if !isSums {
			if of, is := strings.CutSuffix(t.Name, counts); is && !has(f, of+sums) {
				return nil, fmt.Errorf("%q has counts and no sums", of)
			}
			continue
		}
		m, ofBlock := named(weight)
		if !ofBlock {
			continue // the output matrix, which is no part of a block
		}
		if err := m.fill(f, weight, t); err != nil {
			return nil, fmt.Errorf("%q: %w", weight, err)
		}
		out.Tokens = max(out.Tokens, int(slices.Max(m.Counts)))
		out.Matrices = append(out.Matrices, m)
	}
	if out.Tokens == 0 {
		return nil, errors.New("the file holds no sums of any token; llama-imatrix leaves out chunks of fewer than 16 tokens")
	}
	slices.SortFunc(out.Matrices, func(a, b Matrix) int { return cmp.Or(a.Block-b.Block, strings.Compare(a.Name, b.Name)) })
	return out, nil
}

func has(f *gguf.File, name string) bool {
	_, ok := f.Tensor(name)
	return ok
}

// mostBlocks bounds the numbers of blocks; models have at most a few hundred.
const mostBlocks = 10000

// named splits "blk.3.ffn_up.weight".
func named(weight string) (Matrix, bool) {
	rest, ok := strings.CutPrefix(weight, "blk.")
	if !ok {
		return Matrix{}, false
	}
	number, name, _ := strings.Cut(rest, ".")
	block, err := strconv.Atoi(number)
	return Matrix{Block: block, Name: strings.TrimSuffix(name, ".weight")}, err == nil && block >= 0 && block < mostBlocks &&
		name != ""
}

// exact is up to where float32 holds every whole number.
const exact = 1 << 24

func (m *Matrix) fill(f *gguf.File, weight string, from *gguf.Tensor) error {
	c, ok := f.Tensor(weight + counts)
	if !ok {
		return errors.New("there are sums and no counts")
	}
	numbers, err := values(c)
	if err != nil {
		return err
	}
	if m.Sums, err = values(from); err != nil {
		return err
	}
	if len(m.Sums)%len(numbers) != 0 {
		return fmt.Errorf("%d sums for %d counts", len(m.Sums), len(numbers))
	}
	for _, n := range numbers {
		// Counts above are rounded, which changes no mean square by more than the sums' own rounding.
		if !(n >= 0) || n > math.MaxInt32 || n < exact && float64(n) != math.Trunc(float64(n)) {
			return fmt.Errorf("%v is no count of tokens", n)
		}
		m.Counts = append(m.Counts, float64(n))
	}
	for i, s := range m.Sums {
		if !(s >= 0) || math.IsInf(float64(s), 0) {
			return fmt.Errorf("channel %d has %v for a sum of squares", i, s)
		}
	}
	return nil
}

func values(t *gguf.Tensor) ([]float32, error) {
	if t.Type != gguf.F32 || t.Rows()*t.Cols() < 1 {
		return nil, fmt.Errorf("the tensor %q holds %d values of type %s, not of F32", t.Name, t.Rows()*t.Cols(), t.Type)
	}
	out := make([]float32, t.Rows()*t.Cols())
	return out, t.Dequantise(out, 0, t.Rows())
}

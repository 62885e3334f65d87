// Package semantic is the axis of what benchmarks say: their items' texts are embedded, and two benchmarks overlap as far
// as the clouds of their items do.
//
// The pipeline: a text an item (Text) -> a vector an item (Hidden, one action a benchmark; TFIDF, one for all) -> Block ->
// space, all items of the study side by side -> Gaussian kernel on pooled median bandwidth -> unbiased block means -> the
// kernel cosine, which is the overlap that enters the map. Beside it stand MMD_u^2, the energy distance, a classifier
// two-sample test and best-match cosines, and the same five for every further embedding; the bag of words is always among
// them, as the lexical baseline.
//
// Shapes: n items of B benchmarks in d dimensions, n x d row-major; matrices over benchmarks are B x B in the study's
// order, with a reason where a cell is missing.
//
// The opinion: an embedding proves nothing until it is seen to do better than counting words, so the two are never printed
// apart; a text that an encoder would cut is an error, because a benchmark would then be judged by its preambles.
package semantic

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"sdmap/internal/axis"
)

// Block holds the vectors of one benchmark's items from one embedding.
type Block struct {
	Benchmark string
	Dim       int
	Items     []string     // item ids, in the benchmark's order
	Templates []string     `json:"-"` // digests of the items' wordings, which the axis fills in
	Texts     []string     // digests of the texts
	Facts     []axis.Value // about the embedding as a whole; on its first block

	// Of items that the model could not take: how many they are, and where the others stand among all that were given. Nil where
	// it took all.
	Refused int   `json:",omitempty"`
	At      []int `json:",omitempty"`
	// Missing is why there is no item, where that is not because the benchmark has none.
	Missing string `json:",omitempty"`

	Vectors []float32 `json:"-"` // len(Items) x Dim, row-major
}

// place is where the item of a row stands among all that were given.
func (b *Block) place(row int) int {
	if b.At == nil {
		return row
	}
	return b.At[row]
}

// MinItems is the smallest number of items with which a benchmark takes part: fewer leave half-samples without a pair.
const MinItems = 4

const blockMagic = "sdembed1"

// encodeBlocks writes blocks as: magic, length of the header (uint32), header (JSON), then all vectors as float32, little
// endian. Equal blocks give equal bytes.
func encodeBlocks(blocks []Block) ([]byte, error) {
	for _, b := range blocks {
		if b.Dim < 1 || len(b.Vectors) != len(b.Items)*b.Dim || len(b.Texts) != len(b.Items) {
			return nil, fmt.Errorf("embedding of %q: %d numbers and %d texts for %d items of %d dimensions",
				b.Benchmark, len(b.Vectors), len(b.Texts), len(b.Items), b.Dim)
		}
		for i, v := range b.Vectors {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, fmt.Errorf("embedding of %q: item %s has a number that is not finite", b.Benchmark, b.Items[i/b.Dim])
			}
		}
	}
	header, err := json.Marshal(blocks)
	if err != nil {
		return nil, err
	}
	out := binary.LittleEndian.AppendUint32([]byte(blockMagic), uint32(len(header)))
	out = append(out, header...)
	for _, b := range blocks {
		for _, v := range b.Vectors {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out, nil
}

// DecodeBlocks reads what an embedding action wrote.
func DecodeBlocks(data []byte) ([]Block, error) {
	if len(data) < len(blockMagic)+4 || string(data[:len(blockMagic)]) != blockMagic {
		return nil, fmt.Errorf("not an embedding: the data do not begin with %q", blockMagic)
	}
	data = data[len(blockMagic):]
	size := int64(binary.LittleEndian.Uint32(data))
	data = data[4:]
	if size > int64(len(data)) {
		return nil, fmt.Errorf("embedding cut short: a header of %d bytes in %d", size, len(data))
	}
	var blocks []Block
	if err := json.Unmarshal(data[:size], &blocks); err != nil {
		return nil, fmt.Errorf("embedding: header: %w", err)
	}
	data = data[size:]
	for k := range blocks {
		b := &blocks[k]
		if b.Dim < 1 || len(b.Texts) != len(b.Items) || len(data)/4/b.Dim < len(b.Items) {
			return nil, fmt.Errorf("embedding of %q is cut short or damaged", b.Benchmark)
		}
		b.Vectors = make([]float32, len(b.Items)*b.Dim)
		for i := range b.Vectors {
			b.Vectors[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		data = data[4*len(b.Vectors):]
	}
	if len(data) != 0 {
		return nil, fmt.Errorf("embedding: %d bytes too many", len(data))
	}
	return blocks, nil
}

package perplexity

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Column is the surprisal of the pieces of a shard under one model.
type Column struct {
	// bits per byte by piece, or nats of its last token; NaN where a piece is context only or could not be scored
	Values    []float32
	Tokens    int // token-piece contacts behind the values
	Straddled int // of these, those whose token also has bytes elsewhere and was shared out
	Unscored  int // pieces that are no mere context but do not fit the model's window
}

func (c *Column) append(part *Column) {
	c.Values = append(c.Values, part.Values...)
	c.Tokens += part.Tokens
	c.Straddled += part.Straddled
	c.Unscored += part.Unscored
}

// The binary form, little endian: magic "sdpieces", uint64 counts of values, tokens, straddled and unscored, then the
// values' IEEE bits.
const (
	columnMagic = "sdpieces"
	columnHead  = len(columnMagic) + 4*8
)

// Encode gives the column's bytes.
func (c *Column) Encode() []byte {
	b := make([]byte, 0, columnHead+4*len(c.Values))
	b = append(b, columnMagic...)
	for _, n := range []int{len(c.Values), c.Tokens, c.Straddled, c.Unscored} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, v := range c.Values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// DecodeColumn reads what Encode wrote.
func DecodeColumn(b []byte) (*Column, error) {
	if len(b) < columnHead || string(b[:len(columnMagic)]) != columnMagic {
		return nil, fmt.Errorf("this is no column of surprisals")
	}
	var n [4]uint64
	for i := range n {
		n[i] = binary.LittleEndian.Uint64(b[len(columnMagic)+8*i:])
	}
	body := b[columnHead:]
	if n[0] != uint64(len(body)/4) || len(body)%4 != 0 {
		return nil, fmt.Errorf("a column of %d surprisals has %d bytes of them", n[0], len(body))
	}
	c := &Column{Values: make([]float32, n[0]), Tokens: int(n[1]), Straddled: int(n[2]), Unscored: int(n[3])}
	for i := range c.Values {
		c.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
	}
	return c, nil
}

package matrix

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// The binary form, little endian:
//
//	magic "sdmatrix", version uint32
//	name, unit                        each uint32 length and bytes
//	rows uint32, labels; columns uint32, labels
//	rows*columns float64 as their IEEE bits
//	missing uint32, then per cell uint64 index (ascending) and reason
//
// Equal matrices give equal bytes.
const (
	magic   = "sdmatrix"
	version = 1

	maxLabels = 1 << 24 // rows or columns
	maxCells  = 1 << 31
	maxString = 1 << 20
	chunk     = 1 << 13 // numbers read at once: memory grows only as bytes arrive
)

// Encode writes the matrix in the binary form, in one write.
func (m *Labelled) Encode(w io.Writer) error {
	if err := m.Validate(); err != nil {
		return err
	}
	buf := make([]byte, 0, 64+8*len(m.Data))
	buf = append(buf, magic...)
	buf = binary.LittleEndian.AppendUint32(buf, version)
	buf = appendString(buf, m.Name)
	buf = appendString(buf, m.Unit)
	for _, labels := range [][]string{m.Rows, m.Cols} {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(len(labels)))
		for _, label := range labels {
			buf = appendString(buf, label)
		}
	}
	for _, v := range m.Data {
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
	}
	count := len(buf)
	buf = binary.LittleEndian.AppendUint32(buf, 0)
	for k, number := range m.missing {
		if number != 0 {
			buf = appendString(binary.LittleEndian.AppendUint64(buf, uint64(k)), m.reasons[number-1])
			binary.LittleEndian.PutUint32(buf[count:], binary.LittleEndian.Uint32(buf[count:])+1)
		}
	}
	_, err := w.Write(buf)
	return err
}

// Feed writes all that a matrix holds, for a digest: what Encode writes, but reasons by number, and piece by piece.
func (m *Labelled) Feed(w io.Writer) {
	buf := appendString(appendString(nil, m.Name), m.Unit)
	for _, texts := range [][]string{m.Rows, m.Cols, m.reasons} {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(len(texts)))
		for _, text := range texts {
			buf = appendString(buf, text)
		}
	}
	for k, v := range m.Data {
		if k%chunk == 0 {
			w.Write(buf)
			buf = buf[:0]
		}
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
		if m.missing != nil {
			buf = binary.LittleEndian.AppendUint32(buf, m.missing[k])
		}
	}
	w.Write(buf)
}

func appendString(buf []byte, s string) []byte {
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(s)))
	return append(buf, s...)
}

// Decode reads one matrix and not a byte more, so that several can follow each
// other; give it a buffered reader. Anything but what Encode writes is an error
// that says what is wrong.
func Decode(r io.Reader) (*Labelled, error) {
	d := &decoder{r: r}
	if got := d.bytes(len(magic)); d.err == nil && string(got) != magic {
		return nil, fmt.Errorf("not a matrix: the file begins with %q", got)
	}
	if v := d.uint32("version", math.MaxUint32); d.err == nil && v != version {
		return nil, fmt.Errorf("matrix format version %d; this program reads version %d", v, version)
	}
	m := &Labelled{Name: d.string("name"), Unit: d.string("unit")}
	m.Rows = d.labels("row")
	m.Cols = d.labels("column")
	if cells := uint64(len(m.Rows)) * uint64(len(m.Cols)); d.err == nil && cells > maxCells {
		return nil, fmt.Errorf("matrix %q: %d cells, at most %d can be read", m.Name, cells, maxCells)
	}
	if d.err == nil {
		m.Data = d.floats(len(m.Rows) * len(m.Cols))
	}
	d.missing(m)
	if d.err != nil {
		return nil, fmt.Errorf("matrix cut short or damaged: %w", d.err)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// decoder remembers the first error; after it every read gives zero values.
type decoder struct {
	r   io.Reader
	err error
}

func (d *decoder) bytes(n int) []byte {
	if d.err != nil {
		return nil
	}
	buf := make([]byte, n)
	if _, err := io.ReadFull(d.r, buf); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		d.err = err
		return nil
	}
	return buf
}

func (d *decoder) uint32(what string, limit uint32) uint32 {
	b := d.bytes(4)
	if b == nil {
		return 0
	}
	v := binary.LittleEndian.Uint32(b)
	if v > limit {
		d.err = fmt.Errorf("%s: %d, at most %d can be read", what, v, limit)
		return 0
	}
	return v
}

func (d *decoder) string(what string) string {
	return string(d.bytes(int(d.uint32(what+" length", maxString))))
}

func (d *decoder) labels(what string) []string {
	n := int(d.uint32("number of "+what+"s", maxLabels))
	labels := make([]string, 0, min(n, chunk))
	for range n {
		labels = append(labels, d.string(what+" label"))
		if d.err != nil {
			return nil
		}
	}
	return labels
}

func (d *decoder) floats(n int) []float64 {
	out := make([]float64, 0, min(n, chunk))
	for len(out) < n {
		b := d.bytes(8 * min(n-len(out), chunk))
		if b == nil {
			return nil
		}
		for ; len(b) > 0; b = b[8:] {
			out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	}
	return slices.Clip(out)
}

func (d *decoder) missing(m *Labelled) {
	last := -1
	for range d.uint32("number of missing cells", maxCells) {
		b := d.bytes(8)
		reason := d.string("reason")
		if d.err != nil {
			return
		}
		k := binary.LittleEndian.Uint64(b)
		if k >= uint64(len(m.Data)) || int(k) <= last {
			d.err = fmt.Errorf("missing cell %d of %d is outside or out of order", k, len(m.Data))
			return
		}
		if last = int(k); m.Data[last] != 0 {
			d.err = fmt.Errorf("missing cell %d holds a number", k)
			return
		}
		m.setMissing(last, reason)
	}
}

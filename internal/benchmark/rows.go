package benchmark

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"unicode/utf8"
)

// row is one row of a file: its fields, or what is wrong with it.
type row struct {
	line   int // from 1
	number int // of the row, from 1
	fields map[string]any
	fault  string
}

// brokenFile is a fault that ends the reading of a file.
type brokenFile struct {
	line   int // 0 if not known
	reason string
}

func (e *brokenFile) Error() string { return e.reason }

// largestRow bounds the memory that one row can take.
const largestRow = 16 << 20

// readRows streams the rows of a JSON Lines file or of one JSON array, gzip or not, until visit returns false. Faults of
// a single row are rows; an error ends the file.
func readRows(r io.Reader, visit func(row) bool) error {
	in := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return &brokenFile{reason: "the file begins like gzip and is not: " + err.Error()}
		}
		defer z.Close()
		in = bufio.NewReaderSize(z, 64<<10)
	}
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		in.Discard(3)
	}
	blank, err := skipBlankLines(in)
	if err != nil {
		return err
	}
	if first, _ := in.Peek(1); len(first) == 1 && first[0] == '[' {
		return readArray(in, blank, visit)
	}
	return readLines(in, blank, visit)
}

// skipBlankLines passes white space before the first row and counts its line breaks.
func skipBlankLines(in *bufio.Reader) (lines int, err error) {
	for {
		b, err := in.ReadByte()
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		switch b {
		case '\n':
			lines++
		case ' ', '\t', '\r':
		default:
			return lines, in.UnreadByte()
		}
	}
}

func readLines(in *bufio.Reader, line int, visit func(row) bool) error {
	number := 0
	for {
		text, long, err := readLine(in)
		if err != nil && err != io.EOF {
			return err
		}
		if err == io.EOF && len(text) == 0 && !long {
			return nil
		}
		line++
		if text = bytes.TrimSpace(text); len(text) > 0 || long {
			number++
			if !visit(parseRow(text, long, line, number)) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLine reads to the end of a line; of a line beyond the bound it keeps nothing.
func readLine(in *bufio.Reader) (text []byte, long bool, err error) {
	for {
		chunk, err := in.ReadSlice('\n')
		if long = long || len(text)+len(chunk) > largestRow; long {
			text = nil
		} else {
			text = append(text, chunk...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, long, err
		}
	}
}

func parseRow(text []byte, long bool, line, number int) row {
	r := row{line: line, number: number}
	switch {
	case long:
		r.fault = fmt.Sprintf("the row is longer than %d MiB", largestRow>>20)
	case !utf8.Valid(text):
		r.fault = "the row is not UTF-8"
	default:
		r.fields, r.fault = parseFields(text)
	}
	return r
}

// parseFields decodes one JSON object; numbers stay as they are written.
func parseFields(text []byte) (map[string]any, string) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, "the row is not JSON: it ends too early"
		}
		return nil, "the row is not JSON: " + err.Error()
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, "the row is not JSON: something follows its end"
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Sprintf("the row is %s; it must be an object in braces", kindOf(value))
	}
	return fields, ""
}

// readArray streams the elements of one JSON array.
func readArray(in io.Reader, line int, visit func(row) bool) error {
	lines := &lineReader{in: in, before: line}
	dec := json.NewDecoder(lines)
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return err
	}
	for number := 1; dec.More(); number++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return &brokenFile{lines.at(nextOffset(dec)), "the array is not JSON from here on: " + err.Error()}
		}
		start := dec.InputOffset() - int64(len(raw))
		if !visit(parseRow(raw, len(raw) > largestRow, lines.at(start), number)) {
			return nil
		}
	}
	if _, err := dec.Token(); err != nil {
		return &brokenFile{lines.at(dec.InputOffset()), "the array is not closed"}
	}
	if _, err := dec.Token(); err != io.EOF {
		return &brokenFile{lines.at(nextOffset(dec)), "something follows the array"}
	}
	return nil
}

// nextOffset is the offset of the first byte after white space that dec has not taken; the decoder's own error offsets do
// not count what stands between values.
func nextOffset(dec *json.Decoder) int64 {
	rest, err := io.ReadAll(dec.Buffered())
	if err != nil {
		return dec.InputOffset()
	}
	return dec.InputOffset() + int64(len(rest)-len(bytes.TrimLeft(rest, " \t\r\n")))
}

// lineReader remembers where lines end, so that a byte offset can be told as a line.
type lineReader struct {
	in     io.Reader
	before int // lines before the first byte
	offset int64
	breaks []int64 // offset of each line break
}

func (r *lineReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			r.breaks = append(r.breaks, r.offset+int64(i))
		}
	}
	r.offset += int64(n)
	return n, err
}

// at is the line, from 1, of the byte at offset.
func (r *lineReader) at(offset int64) int {
	return r.before + 1 + sort.Search(len(r.breaks), func(i int) bool { return r.breaks[i] >= offset })
}

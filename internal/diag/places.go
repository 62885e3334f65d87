package diag

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// Places finds lines and columns of one text. At, of the package, counts from the beginning each time; a reader that may tell
// of many places makes Places once, and then the time that each takes grows neither with the text nor with its lines.
type Places struct {
	file  string
	src   []byte
	lines []int  // the byte at which each line begins
	marks []mark // one for every stride of bytes: the first character that begins there
}

// mark is the beginning of a character: its byte, and how many characters stand before it.
type mark struct{ at, before int }

// stride is how many bytes, at most, are counted anew for each place.
const stride = 256

// Index makes the Places of src, the text of file.
func Index(file string, src []byte) *Places {
	p := &Places{file: file, src: src, lines: make([]int, 1, bytes.Count(src, []byte{'\n'})+1),
		marks: make([]mark, 0, len(src)/stride+2)}
	characters := 0
	for i := 0; i < len(src); characters++ {
		if i >= len(p.marks)*stride {
			p.marks = append(p.marks, mark{i, characters})
		}
		if src[i] == '\n' {
			p.lines = append(p.lines, i+1)
		}
		_, size := utf8.DecodeRune(src[i:])
		i += size
	}
	p.marks = append(p.marks, mark{len(src), characters})
	return p
}

// At is the position of a byte offset; offsets beyond the end mean the end.
func (p *Places) At(offset int) Pos {
	offset = max(0, min(offset, len(p.src)))
	line := sort.SearchInts(p.lines, offset+1)
	return Pos{Line: line, Column: p.before(offset) - p.before(p.lines[line-1]) + 1, Byte: offset}
}

// before is how many characters stand before a byte.
func (p *Places) before(offset int) int {
	m := p.marks[offset/stride]
	if m.at > offset {
		m = p.marks[offset/stride-1]
	}
	return m.before + utf8.RuneCount(p.src[m.at:offset])
}

// Span is the range of the bytes [start, end).
func (p *Places) Span(start, end int) Range {
	return Range{File: p.file, Start: p.At(start), End: p.At(end)}
}

// line is line number n (from 1) without its line break.
func (p *Places) line(n int) (string, bool) {
	if n < 1 || n > len(p.lines) {
		return "", false
	}
	end := len(p.src)
	if n < len(p.lines) {
		end = p.lines[n]
	}
	return string(bytes.TrimRight(p.src[p.lines[n-1]:end], "\r\n")), true
}

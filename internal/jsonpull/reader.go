// Package jsonpull reads JSON value by value from a stream of any size, and holds nothing but the value that is asked for.
//
// The pipeline: bytes -> a window that moves over them -> Object and Array call back for each member -> what a caller wants is
// taken as text, number or raw bytes, all else is passed over at the speed of a search for quotes.
//
// The opinion: a log of evaluations is mostly text that nobody asks for. So what is passed over is checked for quotes and
// brackets alone, costs no memory however long it is, and NaN and Infinity, which Python writes, are numbers. In a file of lines
// a break inside a value is a fault, so that a line that was cut short does not take the next one with it.
package jsonpull

import (
	"fmt"
	"hash"
	"io"
	"math/bits"
)

// window is how much of a stream is held.
const window = 256 << 10

// deepest bounds how far lists and objects can be nested.
const deepest = 1000

// Reader stands before a value.
type Reader struct {
	in      io.Reader
	buf     []byte
	at, end int   // buf[at:end] is unread
	before  int64 // bytes of the stream before buf
	line    int
	depth   int
	lines   bool
	err     error // why nothing more can be had

	keeping  bool // of a value that is passed over, its bytes: kept, and buf from keepFrom on
	keepFrom int
	kept     []byte
	most     int
	tooLong  bool
	hash     hash.Hash // in place of kept, where only a digest is wanted
	names    map[string]string
	open     []byte // brackets of the value that is passed over
}

// New reads a stream of values.
func New(in io.Reader) *Reader {
	return &Reader{in: in, buf: make([]byte, window), line: 1, names: map[string]string{}}
}

// NewLines reads a stream of lines, each with one value.
func NewLines(in io.Reader) *Reader {
	r := New(in)
	r.lines = true
	return r
}

// Broken is JSON that cannot be read.
type Broken struct {
	Line   int
	Reason string
}

func (e *Broken) Error() string { return e.Reason }

func (r *Reader) broken(format string, args ...any) error {
	return &Broken{r.line, fmt.Sprintf(format, args...)}
}

// Line is that of the next character, from 1.
func (r *Reader) Line() int { return r.line }

// Err is why the stream ended, other than by its end.
func (r *Reader) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// more moves the window on; false at the end.
func (r *Reader) more() bool {
	if r.err != nil {
		return false
	}
	r.keep()
	r.before += int64(r.end)
	r.at, r.end, r.keepFrom = 0, 0, 0
	for range 100 {
		n, err := r.in.Read(r.buf)
		r.end, r.err = n, err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	r.err = io.ErrNoProgress
	return false
}

// keep adds what was passed over to the value that is kept.
func (r *Reader) keep() {
	if r.keeping && r.hash != nil {
		r.hash.Write(r.buf[r.keepFrom:r.at])
		return
	}
	if !r.keeping || r.tooLong {
		return
	}
	if len(r.kept)+r.at-r.keepFrom > r.most {
		r.tooLong, r.kept = true, r.kept[:0]
		return
	}
	r.kept = append(r.kept, r.buf[r.keepFrom:r.at]...)
}

// Next is the next character other than white space, which is passed; 0 at the end.
func (r *Reader) Next() byte {
	for {
		for r.at < r.end {
			switch c := r.buf[r.at]; c {
			case ' ', '\t', '\r':
			case '\n':
				if r.lines && r.depth > 0 {
					return c
				}
				r.line++
			default:
				return c
			}
			r.at++
		}
		if !r.more() {
			return 0
		}
	}
}

// NextLine passes over the rest of a line, as after a fault in it.
func (r *Reader) NextLine() {
	r.depth, r.keeping = 0, false
	for {
		for r.at < r.end {
			c := r.buf[r.at]
			if r.at++; c == '\n' {
				r.line++
				return
			}
		}
		if !r.more() {
			return
		}
	}
}

// position is how many bytes were passed.
func (r *Reader) position() int64 { return r.before + int64(r.at) }

// Skip passes over the next value.
func (r *Reader) Skip() error {
	c := r.Next()
	switch c {
	case '"':
		return r.skipText()
	case '{', '[':
		return r.skipNested()
	case 0, ',', ':', ']', '}', '\n':
		return r.wrong("a value")
	}
	for r.at < r.end || r.more() {
		switch r.buf[r.at] {
		case ',', ']', '}', ' ', '\t', '\r', '\n', ':', '"', '[', '{':
			return nil
		}
		r.at++
	}
	return nil
}

func (r *Reader) skipNested() error {
	r.open = r.open[:0]
	r.depth++
	defer func() { r.depth-- }()
	for {
		c := r.Next()
		switch c {
		case 0:
			return r.broken("it ends inside a value")
		case '\n':
			return r.broken("the line ends inside a value")
		case '"':
			if err := r.skipText(); err != nil {
				return err
			}
			continue
		case '{', '[':
			if r.open = append(r.open, c); len(r.open)+r.depth > deepest {
				return r.broken("it is nested deeper than %d", deepest)
			}
		case '}', ']':
			if n := len(r.open); r.open[n-1] != c-2 { // in ASCII a bracket closes two behind where it opens
				return r.broken("%q closes what it did not open", c)
			}
			r.open = r.open[:len(r.open)-1]
		}
		if r.at++; len(r.open) == 0 {
			return nil
		}
	}
}

func (r *Reader) skipText() error {
	r.at++
	for {
		r.plain()
		switch {
		case r.at == r.end:
			if !r.more() {
				return r.broken("it ends inside a text")
			}
		case r.buf[r.at] == '"':
			r.at++
			return nil
		case r.buf[r.at] == '\\':
			r.at++
			if r.at == r.end && !r.more() {
				return r.broken("it ends inside a text")
			}
			if r.at++; r.buf[r.at-1] < ' ' {
				return r.broken("a control character stands in a text")
			}
		default:
			return r.broken("a control character stands in a text")
		}
	}
}

// plain passes over characters of a text that stand for themselves, eight at once: in special the high bit of each that is a
// quote, a backslash or a control character is set; the lowest such bit is right, those above it may be too many.
func (r *Reader) plain() {
	const each, high = 0x0101010101010101, 0x8080808080808080
	text, at := r.buf[:r.end], r.at
	for ; at+8 <= len(text); at += 8 {
		t := text[at : at+8]
		x := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 | uint64(t[4])<<32 | uint64(t[5])<<40 |
			uint64(t[6])<<48 | uint64(t[7])<<56
		quote, slash := x^each*'"', x^each*'\\'
		special := ((x-each*' ')&^x | (quote-each)&^quote | (slash-each)&^slash) & high
		if special != 0 {
			r.at = at + bits.TrailingZeros64(special)/8
			return
		}
	}
	for at < len(text) && text[at] != '"' && text[at] != '\\' && text[at] >= ' ' {
		at++
	}
	r.at = at
}

// wrong says what stands where something else was expected.
func (r *Reader) wrong(expected string) error {
	switch c := r.Next(); {
	case c == 0:
		return r.broken("it ends where %s is expected", expected)
	case c == '\n':
		return r.broken("the line ends where %s is expected", expected)
	case c >= 0x80:
		return r.broken("the byte %#x stands where %s is expected", c, expected)
	default:
		return r.broken("%q stands where %s is expected", c, expected)
	}
}

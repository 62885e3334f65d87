package rows

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// scanner passes over JSON values without decoding them, to find where the elements of a long list begin and end. It keeps
// one value at a time.
type scanner struct {
	in   *bufio.Reader
	line int // of the next character, from 1
	keep bool
	text []byte
	long bool // the value was beyond the bound, and its text is not kept
}

// next takes the next character, or 0 at the end.
func (s *scanner) next() (byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		if err == io.EOF {
			return 0, nil
		}
		return 0, err
	}
	if c == '\n' {
		s.line++
	}
	if s.keep && !s.long {
		if s.text = append(s.text, c); len(s.text) > Longest {
			s.long, s.text = true, nil
		}
	}
	return c, nil
}

// peek is the next character other than white space, which is passed; 0 at the end.
func (s *scanner) peek() (byte, error) {
	for {
		head, err := s.in.Peek(1)
		if err == io.EOF {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		switch head[0] {
		case '\n':
			s.line++
		case ' ', '\t', '\r':
		default:
			return head[0], nil
		}
		s.in.Discard(1)
	}
}

func (s *scanner) broken(reason string) error { return &Broken{s.line, reason} }

// value passes over one value, and keeps its text if it is asked to.
func (s *scanner) value(keep bool) error {
	s.keep, s.text, s.long = keep, s.text[:0], false
	defer func() { s.keep = false }()
	var open []byte
	for {
		head, err := s.in.Peek(1)
		if err == io.EOF {
			return s.broken("the file ends inside a value")
		}
		if err != nil {
			return err
		}
		c := head[0]
		if len(open) == 0 && strings.IndexByte(",]}", c) >= 0 {
			return nil // behind a number or a word
		}
		if _, err := s.next(); err != nil {
			return err
		}
		switch c {
		case '"':
			if err := s.restOfString(); err != nil {
				return err
			}
		case '{', '[':
			if open = append(open, c); len(open) > deepest {
				return s.broken(fmt.Sprintf("the value is nested deeper than %d", deepest))
			}
		case '}', ']':
			if open[len(open)-1] != c-2 { // in ASCII a bracket closes two behind where it opens
				return s.broken(fmt.Sprintf("%q closes what it did not open", c))
			}
			open = open[:len(open)-1]
		default:
			continue
		}
		if len(open) == 0 {
			return nil
		}
	}
}

func (s *scanner) restOfString() error {
	for {
		c, err := s.next()
		switch {
		case err != nil:
			return err
		case c == '\\':
			if _, err := s.next(); err != nil {
				return err
			}
		case c == '"':
			return nil
		case c == 0:
			if _, err := s.in.Peek(1); err == io.EOF {
				return s.broken("the file ends inside a text")
			}
		}
	}
}

// elements calls each for every element of the list that comes next, standing before it.
func (s *scanner) elements(each func(number int) (more bool, err error)) (all bool, err error) {
	if _, err := s.next(); err != nil { // the opening bracket
		return false, err
	}
	for number := 1; ; number++ {
		c, err := s.peek()
		if err != nil {
			return false, err
		}
		if c == ']' && number == 1 {
			_, err := s.next()
			return true, err
		}
		if more, err := each(number); err != nil || !more {
			return false, err
		}
		if c, err = s.peek(); err != nil {
			return false, err
		}
		switch c {
		case ',':
		case ']':
			_, err := s.next()
			return true, err
		case 0:
			return false, s.broken("the array is not closed")
		default:
			return false, s.broken(fmt.Sprintf("the array is not JSON from here on: %q stands where a comma is expected", c))
		}
		if _, err := s.next(); err != nil {
			return false, err
		}
	}
}

// rows visits the elements of the list that comes next as rows.
func (s *scanner) rows(visit func(Row) bool) (all bool, err error) {
	var p parser
	return s.elements(func(number int) (bool, error) {
		line := s.line
		if err := s.value(true); err != nil {
			return false, err
		}
		return visit(p.row(s.text, s.long, line, number)), nil
	})
}

// readArray streams the elements of one JSON array.
func readArray(in *bufio.Reader, line int, visit func(Row) bool) error {
	s := &scanner{in: in, line: line + 1}
	all, err := s.rows(visit)
	if err != nil || !all {
		return err
	}
	return s.end("something follows the array")
}

func (s *scanner) end(otherwise string) error {
	c, err := s.peek()
	if err == nil && c != 0 {
		err = s.broken(otherwise)
	}
	return err
}

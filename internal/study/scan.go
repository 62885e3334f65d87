package study

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// span is the bytes [start, end) of the study file.
type span struct{ start, end int }

// node says where one key, table or list element stands. It mirrors the values that the TOML decoder returns: children by
// name for tables, elems for lists and arrays of tables.
type node struct {
	key      span // the key's last part; for an element of a list the element itself
	value    span // empty for tables that a header opens
	names    []string
	children map[string]*node
	elems    []*node
}

// child finds or makes the child of that name.
func (n *node) child(name string) *node {
	if c := n.children[name]; c != nil {
		return c
	}
	if n.children == nil {
		n.children = map[string]*node{}
	}
	c := &node{}
	n.children[name] = c
	n.names = append(n.names, name)
	return c
}

// last is the table that a name stands for: of an array of tables the one opened last.
func (n *node) last() *node {
	if len(n.elems) > 0 {
		return n.elems[len(n.elems)-1]
	}
	return n
}

// scanner finds the positions of keys and values in TOML that the decoder has accepted. It does not judge syntax; on
// anything else it only has to end.
type scanner struct {
	src  []byte
	i    int
	keys [][]string // every key in order of appearance, as the decoder's MetaData.Keys has them
}

// locate scans a whole file.
func locate(src []byte) (*node, [][]string) {
	s := &scanner{src: src}
	if bytes.HasPrefix(src, []byte(byteOrderMark)) {
		s.i = len(byteOrderMark)
	}
	root := &node{}
	table, path := root, []string(nil)
	for s.skipBlank(); s.i < len(s.src); s.skipBlank() {
		before := s.i
		if s.src[s.i] == '[' {
			table, path = s.header(root)
		} else {
			s.keyValue(table, path)
		}
		if s.i == before {
			s.i++
		}
	}
	return root, s.keys
}

const byteOrderMark = "\xef\xbb\xbf"

// header reads [a.b] or [[a.b]] and returns the table that it opens.
func (s *scanner) header(root *node) (*node, []string) {
	s.i++
	array := s.peek() == '['
	if array {
		s.i++
	}
	parts := s.keyParts()
	for s.peek() == ']' {
		s.i++
	}
	table, path := root, []string(nil)
	for i, p := range parts {
		path = append(path, p.name)
		table = table.child(p.name)
		if i < len(parts)-1 {
			table = table.last()
			continue
		}
		table.key = p.at
		if array {
			table.elems = append(table.elems, &node{key: p.at})
			table = table.last()
		}
	}
	s.keys = append(s.keys, path)
	return table, path
}

// keyValue reads a.b = value inside table.
func (s *scanner) keyValue(table *node, path []string) {
	parts := s.keyParts()
	path = path[:len(path):len(path)]
	for _, p := range parts {
		path = append(path, p.name)
		table = table.child(p.name)
		table.key = p.at
	}
	s.keys = append(s.keys, path)
	s.skipSpace()
	if s.peek() == '=' {
		s.i++
		s.value(table, path)
	}
}

type keyPart struct {
	name string
	at   span
}

// keyParts reads the parts of a dotted key.
func (s *scanner) keyParts() []keyPart {
	var parts []keyPart
	for {
		s.skipSpace()
		start := s.i
		var name string
		switch c := s.peek(); c {
		case '"', '\'':
			s.skipString()
			name = unquoteKey(s.src[start:s.i])
		default:
			for isBareKey(s.peek()) {
				s.i++
			}
			name = string(s.src[start:s.i])
		}
		if s.i > start {
			parts = append(parts, keyPart{name, span{start, s.i}})
		}
		s.skipSpace()
		if s.peek() != '.' {
			return parts
		}
		s.i++
	}
}

func isBareKey(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// value reads one value into n, with the tables and lists inside it.
func (s *scanner) value(n *node, path []string) {
	s.skipSpace()
	n.value.start = s.i
	switch s.peek() {
	case '"', '\'':
		s.skipString()
	case '[':
		s.i++
		for s.skipSeparators(); s.i < len(s.src) && s.peek() != ']'; s.skipSeparators() {
			before := s.i
			elem := &node{}
			s.value(elem, path)
			elem.key = elem.value
			n.elems = append(n.elems, elem)
			s.mustMove(before)
		}
		s.i = min(s.i+1, len(s.src))
	case '{':
		s.i++
		for s.skipSeparators(); s.i < len(s.src) && s.peek() != '}'; s.skipSeparators() {
			before := s.i
			s.keyValue(n, path)
			s.mustMove(before)
		}
		s.i = min(s.i+1, len(s.src))
	default:
		s.skipScalar()
	}
	n.value.end = s.i
}

func (s *scanner) mustMove(before int) {
	if s.i == before {
		s.i++
	}
}

// skipScalar passes a number, boolean or date; a date may hold one space.
func (s *scanner) skipScalar() {
	start := s.i
	for s.i < len(s.src) && !bytes.ContainsRune([]byte(",]}#\r\n"), rune(s.src[s.i])) {
		s.i++
	}
	s.i = start + len(bytes.TrimRight(s.src[start:s.i], " \t"))
}

// skipString passes a string of any of TOML's four kinds.
func (s *scanner) skipString() {
	quote := s.src[s.i]
	triple := []byte{quote, quote, quote}
	long := bytes.HasPrefix(s.src[s.i:], triple)
	if s.i++; long {
		s.i += 2
	}
	for s.i < len(s.src) {
		switch {
		case s.src[s.i] == '\\' && quote == '"':
			s.i++
		case long && bytes.HasPrefix(s.src[s.i:], triple):
			s.i += 3
			for range 2 { // up to two quotes may belong to the text: the closing three are the last
				if s.peek() == quote {
					s.i++
				}
			}
			return
		case !long && s.src[s.i] == quote:
			s.i++
			return
		}
		s.i++
	}
	s.i = min(s.i, len(s.src))
}

func (s *scanner) peek() byte {
	if s.i < len(s.src) {
		return s.src[s.i]
	}
	return 0
}

func (s *scanner) skipSpace() { s.skip(" \t") }

func (s *scanner) skip(set string) {
	for s.i < len(s.src) && bytes.IndexByte([]byte(set), s.src[s.i]) >= 0 {
		s.i++
	}
}

// skipBlank passes white space, line breaks and comments.
func (s *scanner) skipBlank() { s.skipWith(" \t\r\n") }

// skipSeparators passes the same and commas.
func (s *scanner) skipSeparators() { s.skipWith(" \t\r\n,") }

func (s *scanner) skipWith(set string) {
	for {
		s.skip(set)
		if s.peek() != '#' {
			return
		}
		for s.i < len(s.src) && s.src[s.i] != '\n' {
			s.i++
		}
	}
}

// unquoteKey is the name that a quoted key stands for.
func unquoteKey(quoted []byte) string {
	if len(quoted) < 2 {
		return ""
	}
	body := quoted[1 : len(quoted)-1]
	if quoted[0] == '\'' {
		return string(body)
	}
	var out []byte
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 == len(body) {
			out = append(out, body[i])
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[body[i]]
		if digits == 0 || i+digits >= len(body) {
			out = append(out, simpleEscape(body[i]))
			continue
		}
		r, err := strconv.ParseUint(string(body[i+1:i+1+digits]), 16, 32)
		if err != nil {
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, rune(r))
		i += digits
	}
	return string(out)
}

func simpleEscape(c byte) byte {
	if i := bytes.IndexByte([]byte("btnfre"), c); i >= 0 {
		return "\b\t\n\f\r\x1b"[i]
	}
	return c
}

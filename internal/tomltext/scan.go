package tomltext

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Span is the bytes [Start, End) of a text.
type Span struct{ Start, End int }

// Node says where one key, table or list element stands. It mirrors the values that the decoder returns: children by
// name for tables, elements for lists and arrays of tables.
type Node struct {
	Key      Span // the key's last part; for an element of a list the element itself
	Value    Span // empty for tables that a header opens
	Names    []string
	Children map[string]*Node
	Elems    []*Node
}

// child finds or makes the child of that name.
func (n *Node) child(name string) *Node {
	if c := n.Children[name]; c != nil {
		return c
	}
	if n.Children == nil {
		n.Children = map[string]*Node{}
	}
	c := &Node{}
	n.Children[name] = c
	n.Names = append(n.Names, name)
	return c
}

// last is the table that a name stands for: of an array of tables the one opened last.
func (n *Node) last() *Node {
	if len(n.Elems) > 0 {
		return n.Elems[len(n.Elems)-1]
	}
	return n
}

// scanner finds the positions of keys and values in TOML. It does not judge syntax: where the text is TOML its tree is that
// of the decoder, and on anything else it only has to end. Before anything is decoded it refuses what is out of bounds.
type scanner struct {
	src    []byte
	i      int
	values int
	fault  *Fault // the first bound that was passed; the scan ends there
}

// locate scans a whole text.
func locate(src []byte) (*Node, *Fault) {
	s := &scanner{src: src}
	if bytes.HasPrefix(src, []byte(byteOrderMark)) {
		s.i = len(byteOrderMark)
	}
	root := &Node{}
	table, depth := root, 0
	for s.skipBlank(); s.i < len(s.src); s.skipBlank() {
		before := s.i
		if s.src[s.i] == '[' {
			table, depth = s.header(root)
		} else {
			s.keyValue(table, depth)
		}
		s.mustMove(before)
	}
	return root, s.fault
}

const byteOrderMark = "\xef\xbb\xbf"

// header reads [a.b] or [[a.b]] and returns the table that it opens, and how deep that lies.
func (s *scanner) header(root *Node) (*Node, int) {
	s.i++
	array := s.peek() == '['
	if array {
		s.i++
	}
	parts := s.keyParts(0)
	for s.peek() == ']' {
		s.i++
	}
	table := root
	for i, p := range parts {
		table = table.child(p.name)
		if i < len(parts)-1 {
			table = table.last()
			continue
		}
		table.Key = p.at
		if array {
			table.Elems = append(table.Elems, &Node{Key: p.at})
			table = table.last()
		}
	}
	return table, len(parts)
}

// keyValue reads a.b = value inside a table that lies so deep.
func (s *scanner) keyValue(table *Node, depth int) {
	parts := s.keyParts(depth)
	for _, p := range parts {
		table = table.child(p.name)
		table.Key = p.at
	}
	s.skipSpace()
	if s.peek() == '=' {
		s.i++
		s.value(table, depth+max(1, len(parts)))
	}
}

type keyPart struct {
	name string
	at   Span
}

// keyParts reads the parts of a dotted key inside a table that lies so deep.
func (s *scanner) keyParts(depth int) []keyPart {
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
		if at := (Span{start, s.i}); s.i > start {
			parts = append(parts, keyPart{name, at})
			s.checkName(at)
			s.count(at)
			s.checkDepth(at, depth+len(parts))
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
func (s *scanner) value(n *Node, depth int) {
	s.skipSpace()
	n.Value.Start = s.i
	switch s.peek() {
	case '"', '\'':
		s.skipString()
		s.checkText(Span{n.Value.Start, s.i})
	case '[':
		s.i++
		for s.skipSeparators(); s.i < len(s.src) && s.peek() != ']'; s.skipSeparators() {
			before := s.i
			elem := &Node{}
			s.checkDepth(Span{s.i, s.i}, depth+1)
			s.value(elem, depth+1)
			elem.Key = elem.Value
			n.Elems = append(n.Elems, elem)
			s.count(elem.Key)
			s.checkList(elem.Key, len(n.Elems))
			s.mustMove(before)
		}
		s.i = min(s.i+1, len(s.src))
	case '{':
		s.i++
		for s.skipSeparators(); s.i < len(s.src) && s.peek() != '}'; s.skipSeparators() {
			before := s.i
			s.checkDepth(Span{s.i, s.i}, depth+1)
			s.keyValue(n, depth)
			s.mustMove(before)
		}
		s.i = min(s.i+1, len(s.src))
	default:
		s.skipScalar()
	}
	n.Value.End = s.i
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
			if s.peek() == quote { // a decoder may read on where this scanner would not, and find what nobody has bounded
				s.refuse(Span{s.i, s.i + 1}, "the file is not TOML: six quotes in a row",
					"Three close a text, and two may stand before them; write others as \\\".")
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

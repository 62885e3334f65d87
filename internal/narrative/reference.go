package narrative

import (
	"regexp"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// reference is a value, citation or cross-reference in the author's text: bytes [start, stop) of the source.
type reference struct {
	ast.BaseInline
	kind, body  string
	start, stop int
}

var kindReference = ast.NewNodeKind("Reference")

// Kind implements ast.Node.
func (r *reference) Kind() ast.NodeKind { return kindReference }

// Dump implements ast.Node.
func (r *reference) Dump(source []byte, level int) {
	ast.DumpHelper(r, source, level, map[string]string{"kind": r.kind, "body": r.body}, nil)
}

// take makes a reference of what matches at the reader's place. Inline parsers run above emphasis and below code spans, so
// that code stays literal.
func take(block text.Reader, kind string, pattern *regexp.Regexp) ast.Node {
	line, seg := block.PeekLine()
	m := pattern.FindSubmatch(line)
	if m == nil {
		return nil
	}
	block.Advance(len(m[0]))
	return &reference{kind: kind, body: string(m[1]), start: seg.Start, stop: seg.Start + len(m[0])}
}

var (
	valuePattern = regexp.MustCompile(`^\{\{\s*(/[^{}]*?)\s*\}\}`)
	citePattern  = regexp.MustCompile(`^\[(@[A-Za-z0-9_:./+-]+(?:\s*;\s*@[A-Za-z0-9_:./+-]+)*)\]`)
	refPattern   = regexp.MustCompile(`^@((?:fig|tab)-[a-z0-9][a-z0-9._-]*[a-z0-9]|(?:fig|tab)-[a-z0-9])`)
)

type valueParser struct{}

func (valueParser) Trigger() []byte { return []byte{'{'} }

func (valueParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	return take(block, "value", valuePattern)
}

type citeParser struct{}

func (citeParser) Trigger() []byte { return []byte{'['} }

func (citeParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	return take(block, "cite", citePattern)
}

type refParser struct{}

func (refParser) Trigger() []byte { return []byte{'@'} }

// Parse leaves an address such as mail@fig-map.example alone.
func (refParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); unicode.IsLetter(before) || unicode.IsDigit(before) {
		return nil
	}
	return take(block, "cross", refPattern)
}

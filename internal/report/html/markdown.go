package html

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

// prose renders the report's Markdown: tables without style attributes, typographic quotes, no raw HTML.
var prose = goldmark.New(
	goldmark.WithExtensions(
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.Typographer,
		extension.Strikethrough,
	),
	goldmark.WithParserOptions(parser.WithAttribute()),
)

// Markdown renders source; inline leaves out the paragraph around a single one. Raw HTML in it is not shown.
func Markdown(source string, inline bool) (string, error) {
	var b bytes.Buffer
	if err := prose.Convert([]byte(source), &b); err != nil {
		return "", err
	}
	out := strings.TrimSpace(b.String())
	if inline {
		if body, ok := strings.CutPrefix(out, "<p>"); ok && strings.HasSuffix(body, "</p>") && !strings.Contains(body, "<p>") {
			return strings.TrimSuffix(body, "</p>"), nil
		}
	}
	return out, nil
}

package rows

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// readBlocks reads text in which every row is a block of lines between blank ones. The form of a line is what it begins with
// and, in braces, the name of what follows: "A.{a}".
func readBlocks(in *bufio.Reader, line int, forms []string, visit func(Row) bool) error {
	var buffer []byte
	var block []string
	r := Row{}
	for {
		text, long, err := readLine(in, &buffer)
		if err != nil && err != io.EOF {
			return err
		}
		line++
		if text = bytes.TrimSpace(text); len(text) > 0 || long {
			if block == nil {
				r = Row{Line: line, Number: r.Number + 1}
			}
			if long || len(block) > len(forms) {
				text = nil // it is no row, however it goes on
			}
			block = append(block, string(text))
		} else if block != nil {
			if r.Fields, r.Fault = ofBlock(block, forms); !visit(r) {
				return nil
			}
			block = nil
		}
		if err == io.EOF {
			if block != nil {
				r.Fields, r.Fault = ofBlock(block, forms)
				visit(r)
			}
			return nil
		}
	}
}

// ofBlock names the lines of a row.
func ofBlock(block, forms []string) (Object, string) {
	if len(block) != len(forms) {
		return nil, fmt.Sprintf("the row has %d lines, and %d are expected", len(block), len(forms))
	}
	o := make(Object, len(forms))
	for i, text := range block {
		before, name, _ := strings.Cut(strings.TrimSuffix(forms[i], "}"), "{")
		rest, ok := strings.CutPrefix(text, before)
		switch {
		case !utf8.ValidString(text):
			return nil, "the row is not UTF-8"
		case !ok:
			return nil, fmt.Sprintf("line %d of the row does not begin with %q", i+1, before)
		}
		o[i] = Field{name, strings.TrimSpace(rest)}
	}
	return o, ""
}

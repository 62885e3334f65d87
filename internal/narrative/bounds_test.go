package narrative

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// constructs are what Markdown has that may be open, nested or repeated: each is a unit of text that is as full of it as a
// block may be, after the number of signs that count against the bounds.
var constructs = map[string]string{
	"open brackets": "[", "closed brackets": "]", "links": "[a](b) ", "open links": "[a](", "links in angles": "[a](<b",
	"images": "![a](", "titles": "[a](b \"",
	"links in links": "[a[b](c", "uses": "[a] ", "emphasis": "*a ", "strong": "a**b", "mixed": "*a_ ", "crossed": "_a*b ",
	"struck": "~~a ", "code": "`a ",
	"html": "<a ", "comments": "<!--a", "instructions": "<?", "data": "<![CDATA[", "declarations": "<!A ",
	"addresses":      "<http://a.b> ",
	"open addresses": "<http://a", "entities": "&amp;", "open entities": "&a", "escapes": "\\*", "values": "{{ /a }} ",
	"open values": "{{ /a ",
	"citations":   "[@wu2025] ", "crossreferences": "@fig-x ", "words": "a ", "letters": "a", "blanks": " ", "tabs": "\t",
	"colons": ":", "quotes": "> a\n",
	"lines": "a\n", "breaks": "a\\\n", "headings": "# a\n", "underlined": "a\n=\n", "attributes": "# a {#b .c}\n",
	"open attributes": "# a {", "fences": "```\n",
	"rules": "---\n", "rows": "|a|b|\n|-|-|\n|1|2|\n", "cells": "|a", "lists": "* a\n", "numbers": "1. a\n",
	"deep lists": "  * a\n", "directives": "::: figure x\n",
}

// full is a block of a construct that just passes.
func full(unit string) string {
	n := longestBlock / len(unit)
	for n > 1 {
		if _, _, summary, _ := bound([]byte(strings.Repeat(unit, n))); summary == "" {
			break
		}
		n = n * 9 / 10
	}
	return strings.Repeat(unit, n) + "\n\n"
}

var nobody = Names{Value: func(string) (float64, string, bool) { return 0, "", false }}

// Narratives are read in time that grows with their length: eight times the text takes far less than the 64 times of a quadratic
// reader, and thousands of faults are told in few.
func TestNarrativesAreReadInLinearTime(t *testing.T) {
	for name, unit := range constructs {
		t.Run(name, func(t *testing.T) {
			block := full(unit)
			took := func(size int) time.Duration {
				text := []byte(strings.Repeat(block, 1+size/len(block)))
				begun := time.Now()
				_, list := Read("n.md", text, nobody)
				if len(list) > 100 {
					t.Errorf("%d diagnostics", len(list))
				}
				return time.Since(begun)
			}
			var small, large time.Duration
			for range 5 { // others use the processors too: one undisturbed time is enough
				small, large = took(1<<14), took(1<<17)
				if large <= 24*small+50*time.Millisecond {
					return
				}
			}
			t.Errorf("blocks of %d bytes: %v for 16 KiB and %v for 128 KiB", len(block), small, large)
		})
	}
}

func TestWhatIsTooMuchIsRefusedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		line       int
	}{
		"bytes":       {"# Title\n\n" + strings.Repeat("a\n", longestBlock), "bytes stand without a blank line", 3},
		"brackets":    {"text\n\n" + strings.Repeat("[", mostBrackets+1), "brackets", 3},
		"marks":       {strings.Repeat("*", mostMarks+1), "emphasis", 1},
		"quotes":      {"text\n" + strings.Repeat("> ", deepest+1) + "a", "quotes or lists", 2},
		"indentation": {"* a\n" + strings.Repeat(" ", 8*deepest+8) + "* a", "quotes or lists", 2},
		"definitions": {func() string {
			var b strings.Builder
			for i := range mostDefinitions + 1 {
				fmt.Fprintf(&b, "[a%d]: b\n\n", i)
			}
			return b.String()
		}(), "address of a link", 2*mostDefinitions + 1},
	} {
		_, list := Read("n.md", []byte(c.text), nobody)
		if len(list) != 1 || !strings.Contains(list[0].Summary, c.want) || list[0].Range.Start.Line != c.line ||
			list[0].Suggestion == "" {
			t.Errorf("%s: %+v", name, list)
		}
	}
	if _, list := Read("n.md", []byte("Gr\xfc\xdfe"), nobody); len(list) != 1 || list[0].Range.Start.Column != 3 {
		t.Errorf("text that is not UTF-8: %v", list)
	}
	for _, fine := range []string{"---\n", strings.Repeat("-", 200) + "\n", "* * *\n", "2026. A year\n", "| a | b |\n|---|---|\n",
		"    code\n", "a\n=====\n"} {
		if _, _, summary, _ := bound([]byte(fine)); summary != "" {
			t.Errorf("%q: %s", fine, summary)
		}
	}
}

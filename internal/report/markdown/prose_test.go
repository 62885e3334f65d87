package markdown

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"sdmap/internal/diag"
)

// viewed renders Markdown as a forge does; a careless one lets everything through, a careful one what the page does.
func viewed(t testing.TB, source string, careless bool) string {
	t.Helper()
	var options []goldmark.Option
	if careless {
		options = append(options, goldmark.WithRendererOptions(html.WithUnsafe()))
	}
	var b bytes.Buffer
	if err := goldmark.New(append(options, goldmark.WithExtensions(extension.GFM))...).Convert([]byte(source), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkProse wants prose that a careless viewer shows as a careful one does, and that keeps to itself.
func checkProse(t testing.TB, source string) string {
	t.Helper()
	got := prose(source)
	if string(diag.ShownLines([]byte(got))) != got {
		t.Fatalf("%q became %q, of which not all can be shown", source, got)
	}
	careless, careful := viewed(t, got, true), viewed(t, got, false)
	if careless != careful {
		t.Fatalf("%q became %q, which acts: %s", source, got, careless)
	}
	if after := viewed(t, got+"\n\nnext\n", true); !strings.HasSuffix(after, "<p>next</p>\n") {
		t.Fatalf("%q became %q, which swallows what follows: %s", source, got, after)
	}
	if again := prose(got); again != got {
		t.Fatalf("%q became %q, and then %q", source, got, again)
	}
	return got
}

func TestWhatActsIsTakenOut(t *testing.T) {
	for in, want := range map[string]string{
		"a<b>x</b>":                               "ax",
		"a <img src=x onerror=alert(1)> b":        "a  b",
		"<!-- a note -->":                         "",
		"before\n\n<script>\nalert(1)\n</script>": "before\n\n\n\n",
		"> <div onclick=x>\n> text":               "> \n> ",
		"<scr<b>ipt>alert(1)</scr</b>ipt>":        "",
		"`<b>` and\n\n    <b>":                    "`<b>` and\n\n    <b>",
		"[x](javascript:alert(1))":                "[x](#)",
		"[x](JaVaScRiPt:alert(1) \"t\")":          "[x](#)",
		"[x](&#106;avascript:alert(1))":           "[x](#)",
		"[x](javascript&colon;alert(1))":          "[x](#)",
		"[x](javascript\\:alert(1))":              "[x](#)",
		"[x](<javascript:alert(1)>)":              "[x](#)",
		"[x](\n  vbscript:y)":                     "[x](#)",
		"![x](data:text/html,y)":                  "![x](#)",
		"[![i](javascript:a)](javascript:b)":      "[![i](#)](#)",
		"[x](data:image/png;base64,AA==)":         "[x](data:image/png;base64,AA==)",
		"<img\fsrc=x\u2028onerror=y>":             "",
		"[x](\x01javascript:y) \x1b[1m\u202e":     "[x](\ufffdjavascript:y) \ufffd[1m\ufffd",
		"a\r\nb":                                  "a\nb",
		"<javascript:alert(1)>":                   `\<javascript:alert(1)>`,
		"[x][a]\n\n[a]: javascript:alert(1)":      "[x](#)\n\n[a]: #",
		"[a]: <javascript:alert(1)> 'title'":      "[a]: <#> 'title'",
		"> [javascript:x]:\n> javascript:x":       "> [#]:\n> #",
		"| a |\n|---|\n| <b>x</b> [y](data:z) |":  "| a |\n|---|\n| x [y](#) |",
		"## T <i>x</i>":                           "## T x",
		"```\nopen <b>":                           "```\nopen <b>\n```",
		"~~~~ text\n```\nopen":                    "~~~~ text\n```\nopen\n~~~~",
		"- ```\n  in a list":                      "- ```\n  in a list",
	} {
		if got := checkProse(t, in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestOrdinaryProseStays(t *testing.T) {
	for _, s := range []string{"The data: 3 < 4, a <- b; see [Figure 1](#fig-map), <https://example.org>, <a@example.org>.",
		"Set `x` to `<y>`; *a* **b**\n\n1. one\n2. two\n\n> q\n",
		"[a](https://example.org/?q=javascript:1) [b][c]\n\n[c]: figures/map.svg \"t\"", "```html\n<b>\n```",
		"| a | b |\n|---|--:|\n| 1 | `\\|` |", "# Title {#id .c}", "javascript: is a scheme"} {
		if got := checkProse(t, s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	authors, _ := filepath.Glob("../../../studies/*/narrative.md")
	for _, file := range authors {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := prose(string(b)); got != string(b) {
			t.Errorf("%s became %q", file, got)
		}
	}
}

func TestTagsThatHideInEachOtherBecomeText(t *testing.T) {
	nested := strings.Repeat("<a ", 50) + strings.Repeat(">", 50)
	checkProse(t, nested)
	checkProse(t, strings.Repeat("<s", 200)+strings.Repeat("<b>", 200)+strings.Repeat(">", 200))
}

func FuzzProse(f *testing.F) {
	for _, s := range []string{"a<b>x</b>", "<!--\n-->", "<scr<b>ipt>", "[x](javascript:y)", "![x][a]\n\n[a]:\n<data:y> 'z'",
		"<javascript:x>", "> <div>\n> x\n", "```\n<b>", "~~~\n`", "| a |\n|--|\n| <b> `\\|` |", "- x\n\n      <b>\n",
		"`<a title=\"`\"> x ` <b> `", "<a\n  b='`'>", "<?x\n?>", "<![CDATA[x]]>", "a\r\n<b>\r\n", "\t<b>", "[\\]<b>](data:x)",
		"<a\fb\u0085c>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkProse(t, s) })
}

// Prose is looked through in memory that grows with its length, whatever it is full of.
func TestProseCostsWhatItWeighs(t *testing.T) {
	cost := func(source string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		prose(source)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for _, unit := range []string{"<http://a.b> ", "<javascript:a> ", "[a](javascript:b) ", "![a](b) ", "<b>", "<div>\n\n",
		"[a]: javascript:b\n\n", "[a] ", "```\na\n```\n\n", "*a_ ", "www.a.example "} {
		block := strings.Repeat(unit, 1000/len(unit)) + "\n\n"
		small, large := cost(strings.Repeat(block, 32)), cost(strings.Repeat(block, 128))
		if large > 6*small {
			t.Errorf("%q: %d bytes allocated, and %d for four times the length", unit, small, large)
		}
	}
}

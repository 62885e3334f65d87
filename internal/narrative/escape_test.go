package narrative

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	dom "golang.org/x/net/html"

	"sdmap/internal/diag"
)

// viewed renders Markdown as a careless forge does, and gives its elements and its text.
func viewed(t *testing.T, source string) (elements, text string) {
	t.Helper()
	var b bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM),
		goldmark.WithRendererOptions(html.WithUnsafe())).Convert([]byte(source), &b); err != nil {
		t.Fatal(err)
	}
	root, err := dom.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		switch n.Type {
		case dom.TextNode:
			text += n.Data
		default:
			elements += n.Data + " "
		}
	}
	return elements, strings.Join(strings.Fields(text), " ")
}

// FuzzEscape wants a text to be shown word for word, and to make nothing, wherever in a document it stands.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"a|b *c* <i>\n[x](y)", "1. a", "- [ ] a", "# h", "<javascript:x>", "&amp; &#27; \\",
		"www.a.b http://a.b mailto:a@b.c a@b.c", "```\n~~~", "a\n===", "| a |\n|---|",
		"$x$ ~s~ ^^ :smile: @u #1", "![i](j)", "[r]: x", "\x1b[1m\u202e\xff", "  a  ", "{{ /x }} [@k] @fig-map", "'\"--...",
		"<!-- -->", "https\u200d://x.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := Escape(s)
		words := strings.Join(strings.Fields(diag.Shown(s)), " ")
		for _, place := range [][2]string{{"", ""}, {"a ", " b"}, {"- ", ""}, {"see [", "](#x)."}, {"| a |\n|---|\n| ", " |\n"},
			{"## ", "\n"}, {"> ", ""}} {
			if words == "" {
				continue
			}
			got, text := viewed(t, place[0]+escaped+place[1])
			want, around := viewed(t, place[0]+"word"+place[1])
			if got != want || text != strings.Replace(around, "word", words, 1) {
				t.Fatalf("%q in %q is %q: elements %s, want %s; text %q", s, place, escaped, got, want, text)
			}
		}
	})
}

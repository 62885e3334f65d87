package tomltext

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

var scanSeeds = []string{
	"a = 1\n[b]\nc.d = \"x\" # y\n[[e]]\nf = [1, 2]\n[[e]]\ng = {h = 1, i.j = '''k'''}\n",
	"\"q\\u0041\" . 'r' = \"\"\"a\"b\"\"\"\"\"\n",
	"a = [ # c\n {b = 1}, {b = [[2]], },\n]\nd = 1979-05-27 07:32:00 # e\r\nf = '\\'\n",
	byteOrderMark + "[ a . \"b.c\" ]\nd = \"\\\"\"\n[a.\"b.c\".e]\n[[a.f]]\n[a.f.g]\nh=''\n",
	"a = \"\"\"\\\n  x \\\"\"\" \"\"\"\n\"\" = 1\n\"\\x41\\e\\t\" = true\n",
}

// checkScan compares the scanner's tree with the decoder's values.
func checkScan(t *testing.T, src []byte) {
	t.Helper()
	values := map[string]any{}
	root, fault := locate(src)
	if fault != nil && (fault.At.Start < 0 || fault.At.End > len(src) || fault.At.Start > fault.At.End) {
		t.Fatalf("%q: %v lies outside", src, fault)
	}
	if fault != nil {
		return
	}
	if _, err := toml.Decode(string(src), &values); err == nil {
		checkTree(t, src, values, root)
	}
}

func checkTree(t *testing.T, src []byte, value any, n *Node) {
	t.Helper()
	if n == nil {
		t.Fatalf("%q: no position for %v", src, value)
	}
	switch v := value.(type) {
	case map[string]any:
		if len(n.Children) != len(v) {
			t.Fatalf("%q: %d positions for %d keys", src, len(n.Children), len(v))
		}
		for name, inner := range v {
			checkTree(t, src, inner, n.Children[name])
			checkKey(t, src, name, n.Children[name].Key)
		}
		if names := slices.Sorted(slices.Values(n.Names)); !slices.Equal(names, slices.Sorted(maps.Keys(v))) {
			t.Fatalf("%q: names %q", src, names)
		}
	case []map[string]any:
		checkElems(t, src, len(v), n, func(i int) any { return v[i] })
	case []any:
		checkElems(t, src, len(v), n, func(i int) any { return v[i] })
	case string:
		if text := src[n.Value.Start:n.Value.End]; len(text) < 2 || text[0] != text[len(text)-1] {
			t.Fatalf("%q: the span of %q is %q", src, v, text)
		}
	}
}

// checkKey wants the span of a key to hold its name; a table that is there by a key inside it only has none.
func checkKey(t *testing.T, src []byte, name string, at Span) {
	t.Helper()
	text := string(src[at.Start:at.End])
	if strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'") {
		text = unquoteKey([]byte(text))
	}
	if at != (Span{}) && text != name {
		t.Fatalf("%q: the span of key %q is %q", src, name, text)
	}
}

func checkElems(t *testing.T, src []byte, count int, n *Node, at func(int) any) {
	t.Helper()
	if len(n.Elems) != count {
		t.Fatalf("%q: %d positions for %d elements", src, len(n.Elems), count)
	}
	for i := range count {
		checkTree(t, src, at(i), n.Elems[i])
	}
}

func TestScanAgreesWithDecoder(t *testing.T) {
	for _, s := range scanSeeds {
		if _, err := toml.Decode(s, &map[string]any{}); err != nil {
			t.Errorf("seed is not TOML: %v", err)
		}
		checkScan(t, []byte(s))
	}
}

func TestScanSpans(t *testing.T) {
	src := "title = \"x\" # c\n[[benchmarks]]\nid = 'a'\nfewshot = { count = 3 }\n"
	root, _ := locate([]byte(src))
	b := root.Children["benchmarks"].Elems[0]
	for want, got := range map[string]Span{
		"title": root.Children["title"].Key, `"x"`: root.Children["title"].Value, "benchmarks": b.Key,
		"'a'": b.Children["id"].Value, "3": b.Children["fewshot"].Children["count"].Value,
	} {
		if text := src[got.Start:got.End]; text != want {
			t.Errorf("span %v is %q, want %q", got, text, want)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range scanSeeds {
		f.Add([]byte(s))
	}
	if planted, err := os.ReadFile("../../studies/planted/study.toml"); err == nil {
		f.Add(planted)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if !utf8.Valid(src) {
			return
		}
		checkScan(t, src)
	})
}

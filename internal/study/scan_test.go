package study

import (
	"bytes"
	"os"
	"reflect"
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

// checkScan compares the scanner's keys with the decoder's, and the tree with the decoded values.
func checkScan(t *testing.T, src []byte) {
	t.Helper()
	values := map[string]any{}
	meta, err := toml.Decode(string(src), &values)
	if err != nil {
		locate(src) // anything: it only has to end
		return
	}
	root, keys := locate(src)
	var want [][]string
	for _, k := range meta.Keys() {
		want = append(want, k)
	}
	if !reflect.DeepEqual(keys, want) {
		t.Fatalf("keys of %q:\n got %q\nwant %q", src, keys, want)
	}
	checkTree(t, src, values, root)
}

func checkTree(t *testing.T, src []byte, value any, n *node) {
	t.Helper()
	if n == nil {
		t.Fatalf("%q: no position for %v", src, value)
	}
	switch v := value.(type) {
	case map[string]any:
		if len(n.children) != len(v) {
			t.Fatalf("%q: %d positions for %d keys", src, len(n.children), len(v))
		}
		for name, inner := range v {
			checkTree(t, src, inner, n.children[name])
		}
	case []map[string]any:
		checkElems(t, src, len(v), n, func(i int) any { return v[i] })
	case []any:
		checkElems(t, src, len(v), n, func(i int) any { return v[i] })
	case string:
		if text := src[n.value.start:n.value.end]; len(text) < 2 || text[0] != text[len(text)-1] {
			t.Fatalf("%q: the span of %q is %q", src, v, text)
		}
	}
}

func checkElems(t *testing.T, src []byte, count int, n *node, at func(int) any) {
	t.Helper()
	if len(n.elems) != count {
		t.Fatalf("%q: %d positions for %d elements", src, len(n.elems), count)
	}
	for i := range count {
		checkTree(t, src, at(i), n.elems[i])
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
	b := root.children["benchmarks"].elems[0]
	for want, got := range map[string]span{
		"title": root.children["title"].key, `"x"`: root.children["title"].value, "benchmarks": b.key,
		"'a'": b.children["id"].value, "3": b.children["fewshot"].children["count"].value,
	} {
		if text := src[got.start:got.end]; text != want {
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
		utf16 := bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff"))
		if utf16 || !utf8.Valid(src) || len(src) > 4096 || strings.Count(string(src), "[") > 500 {
			return
		}
		checkScan(t, src)
	})
}

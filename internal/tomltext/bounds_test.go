package tomltext

import (
	"fmt"
	"strings"
	"testing"
)

// Each bound holds what it says: that much is read, and one more is refused at its place.
func TestBounds(t *testing.T) {
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d=1\n", i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		text  func(n int) string
		most  int
		place func(n int) int // the byte at which one more than the most is told
	}{
		"dotted key": {func(n int) string { return strings.Repeat("a.", n-1) + "b = 1" }, Deepest,
			func(n int) int { return 2 * (n - 1) }},
		"dotted header": {func(n int) string { return "[" + strings.Repeat("a.", n-1) + "b]" }, Deepest,
			func(n int) int { return 1 + 2*(n-1) }},
		"nested lists": {func(n int) string { return "a=" + strings.Repeat("[", n-1) + "1" + strings.Repeat("]", n-1) }, Deepest,
			func(n int) int { return 2 + n - 1 }},
		"nested tables": {func(n int) string { return strings.Repeat("a={", n-1) + "a=1" + strings.Repeat("}", n-1) }, Deepest,
			func(n int) int { return 3 * (n - 1) }},
		"name": {func(n int) string { return strings.Repeat("a", n) + "=1" }, LongestName, func(int) int { return 0 }},
		"quoted name": {func(n int) string { return `"` + strings.Repeat("a", n-2) + `"=1` }, LongestName,
			func(int) int { return 0 }},
		"text": {func(n int) string { return "a='" + strings.Repeat("a", n-2) + "'" }, LongestText, func(int) int { return 2 }},
		"list": {func(n int) string { return "a=[" + strings.Repeat("1,", n) + "]" }, LongestList,
			func(n int) int { return 3 + 2*(n-1) }},
		"names": {names, MostValues, func(n int) int { return len(names(n - 1)) }},
	} {
		if _, fault := Decode([]byte(c.text(c.most)), &map[string]any{}); fault != nil {
			t.Errorf("%s: %d are refused: %v", name, c.most, fault)
		}
		_, fault := Decode([]byte(c.text(c.most+1)), &map[string]any{})
		if fault == nil || !strings.Contains(fault.Summary, fmt.Sprint(c.most)) || fault.Detail == "" ||
			fault.At.Start != c.place(c.most+1) {
			t.Errorf("%s: %d give %+v, want the bound at byte %d", name, c.most+1, fault, c.place(c.most+1))
		}
	}
}

// The decoder takes six quotes behind an escaped backslash for the end of a text and three quotes in it. What follows must not
// be a text to the scanner and keys to the decoder.
func TestSixQuotesAreNoEnd(t *testing.T) {
	hidden := "\n" + strings.Repeat("a.", 1000) + "b = 1\n"
	for _, text := range []string{`0 = """\\""""""` + hidden + `c = "`, `0 = """x""""""` + hidden, "0 = '''x''''''" + hidden} {
		_, fault := Decode([]byte(text), &map[string]any{})
		if fault == nil || !strings.Contains(fault.Summary, "six quotes") || text[fault.At.Start] != text[fault.At.Start-1] {
			t.Errorf("%.40q: %+v", text, fault)
		}
	}
}

func TestFaultsHavePlaces(t *testing.T) {
	for text, want := range map[string]Fault{
		"a = \n": {Span{4, 4}, "the file is not TOML: expected value but found '\\n' instead",
			`The last key read was "a".`},
		"\xef\xbb\xbfa = 1\n[b\n": {Span{11, 11}, "", ""},
		"a = \"\xff\"":            {Span{5, 5}, "the file is not UTF-8", "Save it as UTF-8."},
		"\xff\xfea=1":             {Span{0, 0}, "the file is not UTF-8", "Save it as UTF-8."},
	} {
		_, fault := Decode([]byte(text), &map[string]any{})
		if fault == nil || fault.At.Start != want.At.Start || want.Summary != "" &&
			(fault.Summary != want.Summary || fault.Detail != want.Detail) {
			t.Errorf("%q: %+v, want %+v", text, fault, want)
		}
	}
	var into struct{ A string }
	if _, fault := Decode([]byte("a = 1\n"), &into); fault == nil || fault.Summary != "the file is not TOML" &&
		!strings.Contains(fault.Error(), "TOML") {
		t.Errorf("a number into a text: %v", fault)
	}
}

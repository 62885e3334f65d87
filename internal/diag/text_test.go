package diag

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// acts lists, apart from the program's own idea of it, characters that must never come out of text as they are.
const acts = "\x00\x01\x07\b\v\f\x1b\x1f\x7f\u0080\u0085\u009b\u009f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e" +
	"\u2060\u2066\u2067\u2068\u2069\ufeff\ufdd0\ufffe\uffff\U0001ffff\U000e0041\ue000"

func TestEveryCharacterThatActsIsReplaced(t *testing.T) {
	for _, r := range acts {
		s := "a" + string(r) + "b"
		for name, got := range map[string]string{"Plain": Plain(s), "Shown": Shown(s),
			"ShownLines": string(ShownLines([]byte(s)))} {
			if strings.ContainsRune(got, r) || got[0] != 'a' || got[len(got)-1] != 'b' {
				t.Errorf("%s(%q) = %q", name, s, got)
			}
		}
	}
}

func TestWhatIsSeenStays(t *testing.T) {
	for _, s := range []string{"", "naïve – “ok” − 3 %\u00a0", "می\u200cخواهم", "क्\u200dष", "👩\u200d🔬", "\u06dd١", "\ufffd",
		"a\u0301"} {
		if Shown(s) != s || string(ShownLines([]byte(s))) != s {
			t.Errorf("Shown(%q) = %q", s, Shown(s))
		}
	}
	for in, want := range map[string]string{"a\nb\tc\rd\u2028e": "a b c d e", "\xff\xc3": "\ufffd\ufffd",
		"\x1b[1m": "\ufffd[1m"} {
		if got := Shown(in); got != want {
			t.Errorf("Shown(%q) = %q, want %q", in, got, want)
		}
	}
	if got := string(ShownLines([]byte("a\r\nb\rc\n\td\x9b\u202e"))); got != "a\nb\nc\n\td\ufffd\ufffd" {
		t.Errorf("a document became %q", got)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("ok é")
	f.Add("\x1b[31m\u202e\xff\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Plain(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, needsEscape) || strings.ContainsAny(got, acts) ||
			Plain(got) != got {
			t.Fatalf("Plain(%q) = %q is not plain", s, got)
		}
	})
}

func FuzzShown(f *testing.F) {
	f.Add("ok é\u200d")
	f.Add(acts + "\xff\n\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		line, lines := Shown(s), string(ShownLines([]byte(s)))
		if !utf8.ValidString(line) || strings.ContainsAny(line, acts+"\n\r\t") || Shown(line) != line {
			t.Fatalf("Shown(%q) = %q", s, line)
		}
		if utf8.RuneCountInString(line) != utf8.RuneCountInString(s) {
			t.Fatalf("Shown(%q) = %q has another length", s, line)
		}
		if !utf8.ValidString(lines) || strings.ContainsAny(lines, acts+"\r") ||
			!bytes.Equal(ShownLines([]byte(lines)), []byte(lines)) {
			t.Fatalf("ShownLines(%q) = %q", s, lines)
		}
	})
}

func FuzzPlainJSON(f *testing.F) {
	f.Add("ok é\u200d", "key")
	f.Add(acts, "\\\"\xff")
	f.Fuzz(func(t *testing.T, s, key string) {
		value := map[string][]string{key: {s}}
		text, err := json.MarshalIndent(value, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		plain := PlainJSON(text)
		if bytes.ContainsAny(plain, strings.Trim(acts, "\n\t")) {
			t.Fatalf("%q came out as %q", s, plain)
		}
		var want, got any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(plain, &got); err != nil || !reflect.DeepEqual(want, got) {
			t.Fatalf("%q reads as %v, want %v (%v)", plain, got, want, err)
		}
	})
}

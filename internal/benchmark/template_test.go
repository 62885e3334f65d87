package benchmark

import (
	"strings"
	"testing"

	"sdmap/internal/rows"
)

func fields(t testing.TB, text string) (out rows.Object) {
	t.Helper()
	err := rows.Read(strings.NewReader(text), int64(len(text)), rows.Options{}, func(r rows.Row) bool {
		if out = r.Fields; r.Fault != "" {
			t.Fatal(r.Fault)
		}
		return false
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const sampleRow = `{"q": "Why?", "a": {"b": "inner", "n": null}, "list": ["x", ["y", 2.50]], "yes": true, "two words": "w", "all": {"x": {"t": "1", "u": "s"}, "y": {"t": "2", "u": "s"}}}`

func TestTemplateRenders(t *testing.T) {
	row := fields(t, sampleRow)
	for text, want := range map[string]string{
		"":                                 "",
		"plain }} text }":                  "plain }} text }",
		"Q: {q}\nA:":                       "Q: Why?\nA:",
		"{a.b}{list[0]}{list[1][1]}{a.n}|": "innerx2.50|",
		"{{q} {{{q}}":                      "{q} {Why?}",
		"{yes} {two words}":                "true w",
		"{all.*.u}":                        "s",
		"\u2028{q}\x00":                    "\u2028Why?\x00",
	} {
		tmpl, err := ParseTemplate(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, err := tmpl.Render(row); err != nil || got != want {
			t.Errorf("%q renders %q (%v), want %q", text, got, err, want)
		}
	}
}

func TestTemplateFaults(t *testing.T) {
	for text, want := range map[string]string{
		"{q": "not closed", "{q {a}}": "not closed", "{}": "not a field", "{ q }": "not a field", "{a..b}": "not a field",
		"{list[x]}": "index", "{list[-1]}": "index", "{list[0]x}": "comes a dot", "{list[9999999999]}": "index",
		"{[0]}": "not a field",
		"{a.}":  "not a field", "{a]}": "not a field",
	} {
		if _, err := ParseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestRenderFaults(t *testing.T) {
	row := fields(t, sampleRow)
	for text, want := range map[string]string{
		"{Q}": `did you mean "q"`, "{zzz}": "the row has a, all, list, q", "{list}": "is a list, not text",
		"{a}":       "is a table, not text",
		"{list[7]}": "has 2 elements", "{q.x}": `"q" has no fields`, "{q[0]}": `"q" has no fields`, "{a[0]}": `"a" is not a list`,
		"{list.x}": "take one element", "{all.*.t}": "differs", "{all.*.v}": `in "all": there is no field "member.v"`, "{a.c}": `no field "a.c"`,
	} {
		tmpl, err := ParseTemplate(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tmpl.Render(row); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// A template that parses is made of its literals and its fields: with every field's value its own path in braces and
// every literal brace doubled, rendering gives the template back.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{a}", "{{a}", "{a.b[0][1].c} }", "{", "{a", "x{{{y}}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tmpl, err := ParseTemplate(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, p := range tmpl.parts {
			if p.path != nil {
				b.WriteString("{" + p.path.String() + "}")
			} else {
				b.WriteString(strings.ReplaceAll(p.literal, "{", "{{"))
			}
		}
		again, err := ParseTemplate(b.String())
		if err != nil || len(again.parts) != len(tmpl.parts) {
			t.Fatalf("%q was read as %q", text, b.String())
		}
		tmpl.Render(rows.Object{{Name: "a", Value: "x"}})
	})
}

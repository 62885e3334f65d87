package chat

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2024, 7, 26, 15, 4, 5, 0, time.UTC)

type golden struct {
	Template, Conversation, Source string
	Messages                       [][2]string
	Prompt                         bool
	Text                           string
	Error                          string
}

func goldens(t testing.TB) (templates, blanks []golden) {
	t.Helper()
	file, err := os.Open("testdata/goldens.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Templates, Blanks []golden }
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all.Templates, all.Blanks
}

func source(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (g golden) render(template string) (Rendered, error) {
	var messages []Message
	for _, m := range g.Messages {
		messages = append(messages, Message{m[0], m[1]})
	}
	return Render(template, messages, Options{BOS: "<s>", EOS: "</s>", AddGenerationPrompt: g.Prompt, Now: now})
}

// Templates in the styles of models give what Python's jinja2 gives.
func TestTemplates(t *testing.T) {
	templates, _ := goldens(t)
	for _, g := range templates {
		got, err := g.render(source(t, g.Template))
		switch {
		case g.Error != "":
			if err == nil || !strings.Contains(err.Error(), g.Error) {
				t.Errorf("%s, %s: error %v; golden %s", g.Template, g.Conversation, err, g.Error)
			}
		case err != nil:
			t.Errorf("%s, %s: %v", g.Template, g.Conversation, err)
		case got.Text != g.Text:
			t.Errorf("%s, %s, prompt %v:%s", g.Template, g.Conversation, g.Prompt, difference(got.Text, g.Text))
		}
		checkUntrusted(t, got)
	}
}

// difference shows the lines that differ.
func difference(got, want string) string {
	var b strings.Builder
	a, c := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(c)) {
		switch {
		case i >= len(a):
			b.WriteString("\n missing " + c[i])
		case i >= len(c):
			b.WriteString("\n too much " + a[i])
		case a[i] != c[i]:
			b.WriteString("\n got  " + a[i] + "\n want " + c[i])
		}
	}
	return b.String()
}

// White space comes out as Python's jinja2 has it, whatever stands beside tags.
func TestBlanks(t *testing.T) {
	_, blanks := goldens(t)
	for _, g := range blanks {
		got, err := g.render(g.Source)
		if (err != nil) != (g.Error != "") || err == nil && got.Text != g.Text {
			t.Errorf("%q gives %q, %v; golden %q, %s", g.Source, got.Text, err, g.Text, g.Error)
		}
	}
}

func checkUntrusted(t testing.TB, r Rendered) {
	t.Helper()
	at := 0
	for _, s := range r.Untrusted {
		if s.Start < at || s.End <= s.Start || s.End > len(r.Text) {
			t.Fatalf("the untrusted spans of %q are %v", r.Text, r.Untrusted)
		}
		at = s.End
	}
}

// What messages say is marked, however the template treats it; what the template says is not.
func TestUntrusted(t *testing.T) {
	for template, want := range map[string]string{
		"<{{ messages[0].content }}>":                          "<[ a,b ]>",
		"<{{ messages[0].content | trim }}>{{ 'x' }}":          "<[a,b]>x",
		"{{ '<' + messages[0]['content'].strip() + '>' }}":     "<[a,b]>",
		"{{ '<' ~ messages[0].content[1] ~ 'a' }}":             "<[a]a",
		"{{ messages[0].content.split(',')[0] ~ 'b' }}":        "[ a]b",
		"{{ messages[0].content | upper ~ 'b' }}":              "[ A,B ]b",
		"{{ [messages[0].content, 'x'] | join('-') }}":         "[ a,b ]-x",
		"{{ messages[0] | tojson }}":                           `[{"role": "user", "content": " a,b "}]`,
		"{{ messages[0] }}":                                    "[{'role': 'user', 'content': ' a,b '}]",
		"{{ messages[0].content.replace(',', ';') }}":          "[ a];[b ]",
		"{{ messages[0].role }}{{ messages[0].content[::2] }}": "user[ , ]",
		"{% set x %}({{ messages[0].content }}){% endset %}{{ x }}{% filter trim %} {{ messages[0].content " +
			"}}{% endfilter %}": "([ a,b ])[a,b]",
		"{% macro m(c) %}{{ c }}!{% endmacro %}{{ m(messages[0].content) }}": "[ a,b ]!",
		"{% for c in messages[0].content.strip() %}{{ c }}.{% endfor %}":     "[a].[,].[b].",
	} {
		got, err := Render(template, []Message{{"user", " a,b "}}, Options{})
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		marked, at := "", 0
		for _, s := range got.Untrusted {
			marked += got.Text[at:s.Start] + "[" + got.Text[s.Start:s.End] + "]"
			at = s.End
		}
		if marked += got.Text[at:]; marked != want {
			t.Errorf("%s marks %s, want %s", template, marked, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for template, want := range map[string]string{
		"{{ raise_exception('no ' ~ 1) }}": "line 1, column 19: the template refuses the conversation: no 1",
		"a\nüb {% include 'x' %}": `line 2, column 7: the statement "include" is not supported; supported: ` +
			`if, for, set,`,
		"{% import 'x' as y %}":               `the statement "import" is not supported`,
		"{% extends 'x' %}":                   `the statement "extends" is not supported`,
		"{% from 'x' import y %}":             `the statement "from" is not supported`,
		"{% call f() %}{% endcall %}":         `the statement "call" is not supported`,
		"{{ 'x' | pprint }}":                  `the filter "pprint" is not supported; supported: abs, capitalize, count,`,
		"{{ 1 is prime }}":                    `the test "prime" is not supported; supported: boolean,`,
		"{{ 'x'.format(1) }}":                 `"str.format" is undefined or not supported, so it cannot be called`,
		"{{ messages.append(1) }}":            `"list.append" is undefined or not supported`,
		"{{ nothing.of.it }}":                 `line 1, column 11: "nothing" is undefined`,
		"{{ nothing + 1 }}":                   `"nothing" is undefined`,
		"{{ 'a' + 1 }}":                       "+ cannot stand between values of types str and int",
		"{{ 1 / 0 }}":                         "division by zero",
		"{{ 9223372036854775807 + 1 }}":       "the number is too large",
		"{% for x in 5 %}{% endfor %}":        "a value of type int has no items",
		"{% for a, b in [[1]] %}{% endfor %}": "1 values for 2 names",
		"{% if true %}":                       "the template ends where {% endif %} should stand",
		"{% for x in y %}{% endif %}":         `the statement "endif" is not supported`,
		"{{ 'a }}":                            "the string does not end",
		"{{ a ":                               "the tag does not end; }} is missing",
		"{# a":                                "the comment does not end",
		"{% raw %}a":                          "the raw block does not end",
		"{{ a b }}":                           `"b" where }} should stand`,
		"{{ }}":                               `"}}" where an expression should stand`,
		"{{ f(*a) }}":                         "arguments with * are not supported",
		"{% set a.b = 1 %}":                   "a is no namespace",
		"{% set true = 1 %}":                  `"true" cannot be assigned to`,
		"{% break %}":                         "break stands outside of a loop",
		"{{ range(1000000) }}":                "the range has more than 100000 numbers",
		"{{ strftime_now('%Q') }}":            "strftime_now: %Q is not supported",
		"{{ {[]: 1} }}":                       "a value of type list cannot be a key",
		"{{ 'abc'[::0] }}":                    "the step of a slice is 0",
		"{{ namespace | tojson }}":            "a value of type function cannot be written as JSON",
		"{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}": "macro f takes 1 arguments, not 2",
	} {
		_, err := Render(template, []Message{{"user", "x"}}, Options{Now: now})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got  %v\n want %s", template, err, want)
		}
		if _, ok := errors.AsType[*Error](err); err != nil && !ok {
			t.Errorf("%T is not a *chat.Error", err)
		}
	}
}

// Hostile templates end soon, with an error, and in little memory.
func TestBounds(t *testing.T) {
	for what, template := range map[string]string{
		"recursion":    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"mutual":       "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}",
		"loops":        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
		"doubling":     "{% set n = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
		"lists":        "{% set n = namespace(x=[1, 2]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
		"nested lists": "{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
		"equal lists": "{% set n = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% set n.y " +
			"= [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}",
		"multiplication": "{{ 'a' * 1000000000000 }}",
		"list times":     "{{ [1] * 1000000000000 }}",
		"power":          "{{ 10 ** 1000000000 }}",
		"replacing":      "{% set a = 'a' * 10000 %}{{ a.replace('a', a) }}",
		"joining":        "{% set a = 'a' * 10000 %}{{ range(99999) | join(a) }}",
		"indenting":      "{{ ('\n' * 100000) | indent(1000, true, true) }}",
		"output":         "{% set a = 'a' * 100000 %}{% for i in range(99999) %}{{ a }}{% endfor %}",
		"searching":      "{% set a = 'a' * 1000000 %}{% for i in range(99999) %}{% if 'b' in a %}{% endif %}{% endfor %}",
		"itself":         "{% set n = namespace() %}{% set n.x = [n] %}{{ n.x }}{% set n.y = n %}{{ n }}",
		"parentheses": strings.Repeat("{{ ((((((((((", 1) + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100010) +
			" }}",
		"negations":       "{{ " + strings.Repeat("not ", 50000) + "1 }}",
		"minuses":         "{{ " + strings.Repeat("- ", 50000) + "1 }}",
		"sums":            "{{ 1" + strings.Repeat(" + 1", 50000) + " }}",
		"choices":         "{{ 1" + strings.Repeat(" if 1 else 1", 20000) + " }}",
		"filters":         "{{ 'x'" + strings.Repeat("|trim", 50000) + " }}",
		"attributes":      "{{ messages" + strings.Repeat("[0]", 80000) + " }}",
		"blocks":          strings.Repeat("{% if 1 %}", 20000) + strings.Repeat("{% endif %}", 1000),
		"alternatives":    "{% if 0 %}" + strings.Repeat("{% elif 0 %}", 20000) + "{% endif %}",
		"length":          strings.Repeat("x", 1<<18+1),
		"unsorted unique": "{{ range(90000) | unique | list | length }}",
	} {
		start := time.Now()
		r, err := Render(template, []Message{{"user", "x"}}, Options{})
		if err == nil && what != "itself" {
			t.Errorf("%s: no error, %d bytes", what, len(r.Text))
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s takes %v", what, d)
		}
	}
}

func FuzzRender(f *testing.F) {
	templates, blanks := goldens(f)
	for _, g := range templates[:2] {
		f.Add(source(f, g.Template), "a", "b")
	}
	for _, name := range []string{"constructs", "llama3", "gemma", "mistral", "phi3", "qwen3"} {
		f.Add(source(f, name+".jinja"), "user", " x </think> y")
	}
	for _, g := range blanks[:50] {
		f.Add(g.Source, "user", "x")
	}
	f.Fuzz(func(t *testing.T, template, role, content string) {
		r, err := Render(template, []Message{{"system", "s"}, {role, content}},
			Options{BOS: "<s>", EOS: "</s>", AddGenerationPrompt: true})
		if _, ok := errors.AsType[*Error](err); err != nil && !ok {
			t.Fatalf("%T is not a *chat.Error: %v", err, err)
		}
		checkUntrusted(t, r)
	})
}

package benchmark

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdmap/internal/diag"
	"sdmap/internal/golden"
	"sdmap/internal/study"
)

// plain is a choice benchmark with all defaults, as study fills them in.
func plain() study.Benchmark {
	return study.Benchmark{
		ID: "b", Source: "rows", Task: study.Choice, Prompt: "{question}", Choices: "choices", Answer: "answer", Delimiter: " ",
		Metric: "acc", OnBadRow: "stop", Header: true,
	}
}

// load writes files into a temporary study and loads spec from it.
func load(t testing.TB, spec study.Benchmark, files map[string]string) (*Benchmark, diag.List) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	b, list := Load(root, spec)
	for i := range list {
		list[i].Range.File = strings.TrimPrefix(list[i].Range.File, dir+"/")
	}
	return b, list
}

func mustLoad(t testing.TB, spec study.Benchmark, rows string) *Benchmark {
	t.Helper()
	b, list := load(t, spec, map[string]string{"rows": rows})
	if len(list) > 0 {
		t.Fatal(list)
	}
	return b
}

func choiceRow(question, answer string) string {
	return fmt.Sprintf(`{"question": %q, "choices": ["red", "green", "B"], "answer": %s}`+"\n", question, answer)
}

func TestAnswersInEveryForm(t *testing.T) {
	for answer, want := range map[string]int{
		`0`: 0, `2`: 2, `"A"`: 0, `"c"`: 2, `"green"`: 1, `" red "`: 0, `"B"`: 2, `true`: 1,
		`false`: 0,
	} {
		spec := plain()
		switch answer {
		case "2":
			spec.AnswerIs = "index0"
		case `"B"`:
			spec.AnswerIs = "text"
		}
		b := mustLoad(t, spec, choiceRow("q", answer))
		if got := b.Items[0]; got.Answer != want || got.Reference != got.Choices[want] {
			t.Errorf("answer %s is choice %d, want %d", answer, got.Answer, want)
		}
	}
}

func TestWhiteSpaceMovesToTheChoice(t *testing.T) {
	// Reference: lm-evaluation-harness moves context[len(context.rstrip()):] to the front of the continuation;
	// python3 -c 's="Q \n\x1d\u00a0"; print(ascii(s[len(s.rstrip()):]))' prints ' \n\x1d\xa0'.
	spec := plain()
	spec.Prompt = "{question} \n\x1d\u00a0"
	b, list := load(t, spec, map[string]string{"rows": choiceRow("Q", "0")})
	if len(list) != 1 || list[0].Severity != diag.Warning || !strings.Contains(list[0].Summary, "ends in white space") {
		t.Fatal(list)
	}
	it := b.Items[0]
	if it.Prompt != "Q" || it.Delimiter != " \n\x1d\u00a0 " || it.Question != "Q" {
		t.Errorf("prompt %q, delimiter %q, question %q", it.Prompt, it.Delimiter, it.Question)
	}
}

// A generation is asked with the prompt as it stands, as by lm-evaluation-harness; the warning says so.
func TestWhiteSpaceStaysInAGeneration(t *testing.T) {
	spec := plain()
	spec.Task, spec.Metric, spec.Prompt = study.Generate, "exact", "{question}: \n"
	b, list := load(t, spec, map[string]string{"rows": choiceRow("Q", "0")})
	if len(list) != 1 || list[0].Severity != diag.Warning || !strings.Contains(list[0].Detail, "sent as it stands") {
		t.Fatal(list)
	}
	if it := b.Items[0]; it.Prompt != "Q: \n" || it.Delimiter != " \n " || it.Question != "Q:" {
		t.Errorf("prompt %q, delimiter %q, question %q", it.Prompt, it.Delimiter, it.Question)
	}
}

func TestChoicesFromTemplates(t *testing.T) {
	spec := plain()
	spec.Choices, spec.ChoiceTemplates = "", []string{"{sol1}", "not {sol2}"}
	it := mustLoad(t, spec, `{"question": "q", "sol1": "a", "sol2": "b", "answer": true}`).Items[0]
	if it.Choices[0] != "a" || it.Choices[1] != "not b" || it.Answer != 1 {
		t.Errorf("%+v", it)
	}
}

func TestFewshot(t *testing.T) {
	var rows strings.Builder
	for i := range 6 {
		rows.WriteString(choiceRow(fmt.Sprintf("q%d", i), "1"))
	}
	spec := plain()
	spec.AnswerIs = "index0"
	spec.Fewshot = &study.Fewshot{Count: 2, Seed: 7}
	b, again := mustLoad(t, spec, rows.String()), mustLoad(t, spec, rows.String())
	if b.RequestsDigest() != again.RequestsDigest() {
		t.Error("equal seeds, different examples")
	}
	prefixes := map[string]int{}
	for _, it := range b.Items {
		prefix := strings.TrimSuffix(it.Prompt, it.Question)
		if strings.Count(prefix, " green\n\n") != 2 || strings.Contains(prefix, it.Question+" ") {
			t.Errorf("item %s has the prompt %q", it.Question, it.Prompt)
		}
		prefixes[prefix]++
	}
	if len(prefixes) != 3 {
		t.Errorf("%d prefixes; all items but the two examples share one", len(prefixes))
	}
	spec.Fewshot = &study.Fewshot{Count: 2, Seed: 8}
	if other := mustLoad(t, spec, rows.String()); other.RequestsDigest() == b.RequestsDigest() {
		t.Error("another seed draws the same examples")
	}
	spec.Fewshot = &study.Fewshot{Count: 1, Source: "shots"}
	c, list := load(t, spec, map[string]string{"rows": choiceRow("q0", "0"), "shots": choiceRow("q0", "0") + choiceRow("other",
		"2")})
	if len(list) > 0 || c.Items[0].Prompt != "other B\n\nq0" {
		t.Errorf("%v %+v: an example with the item's own question must be passed over", list, c)
	}
}

func TestLimitAndSkip(t *testing.T) {
	rows := choiceRow("a", "0") + "bad\n" + choiceRow("b", "9") + choiceRow("c", "0") + "worse\n"
	spec := plain()
	spec.OnBadRow, spec.Limit = "skip", 2
	b, list := load(t, spec, map[string]string{"rows": rows})
	if list.HasErrors() || len(list) != 1 || len(b.Items) != 2 || len(b.Skipped) != 2 || b.Skipped[1].Line != 3 {
		t.Errorf("%v %+v", list, b)
	}
	if b.Items[1].ID != "row-4" || b.Items[1].Line != 4 {
		t.Errorf("%+v", b.Items[1])
	}
}

func TestDigests(t *testing.T) {
	rows := choiceRow("a", "0") + choiceRow("b", "1") + choiceRow("c", "0")
	base := mustLoad(t, plain(), rows)
	change := func(edit func(*study.Benchmark), rows string) *Benchmark {
		spec := plain()
		edit(&spec)
		return mustLoad(t, spec, rows)
	}
	none := func(*study.Benchmark) {}
	for name, c := range map[string]struct {
		b                *Benchmark
		requests, digest bool // whether they change
	}{
		"answer":    {change(none, strings.Replace(rows, `"answer": 0`, `"answer": 1`, 1)), false, true},
		"question":  {change(none, strings.Replace(rows, `"a"`, `"aa"`, 1)), true, true},
		"metric":    {change(func(s *study.Benchmark) { s.Metric = "acc_norm" }, rows), false, true},
		"uncond":    {change(func(s *study.Benchmark) { s.Metric = "acc_mutual_info" }, rows), true, true},
		"chat":      {change(func(s *study.Benchmark) { s.Chat = true }, rows), true, true},
		"delimiter": {change(func(s *study.Benchmark) { s.Delimiter = "" }, rows), true, true},
		"chance":    {change(func(s *study.Benchmark) { s.Chance = new(0.5) }, rows), false, true},
		"family":    {change(func(s *study.Benchmark) { s.Family = "x" }, rows), false, false},
		"same":      {change(none, rows), false, false},
	} {
		if (c.b.RequestsDigest() != base.RequestsDigest()) != c.requests || (c.b.Digest() != base.Digest()) != c.digest {
			t.Errorf("%s: requests change %v, digest changes %v", name, c.b.RequestsDigest() != base.RequestsDigest(),
				c.b.Digest() != base.Digest())
		}
	}
}

func TestDiagnostics(t *testing.T) {
	generate := plain()
	generate.Task, generate.Metric = study.Generate, "numeric"
	templates := plain()
	templates.Prompt, templates.Choices, templates.Answer = "{question", "a[", "b..c"
	shots := plain()
	shots.Fewshot = &study.Fewshot{Count: 3}
	for name, c := range map[string]struct {
		spec study.Benchmark
		rows string
	}{
		"choice": {plain(), choiceRow("ok", "0") + `{"quest": "q"}` + "\n" +
			choiceRow("q", "3") + choiceRow("q", "-1") + choiceRow("q", "1.5") +
			choiceRow("q", `"D"`) + choiceRow("q", `"blue"`) + choiceRow("q", "null") + choiceRow(" ", "0") + "{\n" +
			`{"question": "q", "choices": ["a"], "answer": 0}` + "\n" + `{"question": "q", "choices": ["a", " "], "answer": 0}` +
			"\n" +
			`{"question": "q", "choices": "ab", "answer": 0}` + "\n" + `{"question": "q", "choices": ["a", {}], "answer": 0}` +
			"\n" +
			`{"question": "q", "choices": ["a", "a"], "answer": "a"}` + "\n" +
			`{"question": ["q"], "choices": ["a", "b"], "answer": 0}` + "\n" +
			`{"id": "x", "question": "q", "choices": ["a", "b"], "answer": 0}` + "\n" +
			`{"id": "x", "question": "q", "choices": ["a", "b"], "answer": 0}` + "\n" +
			`{"id": {}, "question": "q", "choices": ["a", "b"], "answer": 0}` + "\n" +
			`{"question": "q", "choices": ["a", "b"]}` + "\n"},
		"generate": {generate, "{\"question\": \"q\", \"answer\": \"no number\"}\n{\"question\": \"q\", \"answer\": " +
			"[1]}\n{\"question\": \"q\", \"answer\": \"\"}\n"},
		"many":      {plain(), strings.Repeat("{}\n", 23)},
		"empty":     {plain(), "\n"},
		"templates": {templates, choiceRow("q", "0")},
		"fewshot":   {shots, choiceRow("a", "0") + choiceRow("b", "0") + choiceRow("a", "1")},
		"array":     {plain(), "[\n{\"question\": \"q\"},\n{]"},
	} {
		b, list := load(t, c.spec, map[string]string{"rows": c.rows})
		if b != nil || !list.HasErrors() {
			t.Errorf("%s: no errors", name)
		}
		var out bytes.Buffer
		if err := diag.Print(&out, list, func(string) []byte { return []byte(c.rows) }, false); err != nil {
			t.Fatal(err)
		}
		golden.Compare(t, "testdata/"+name+".golden", out.Bytes())
	}
	if _, list := load(t, plain(), nil); !list.HasErrors() {
		t.Error("a missing file is an error")
	}
}

package benchmark_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/benchmark"
	"sdmap/internal/diag"
	"sdmap/internal/llm/backends"
	"sdmap/internal/study"
)

// read loads the benchmarks of a study that is written beside its files.
func read(t testing.TB, table string, files map[string]string) ([]*benchmark.Benchmark, diag.List) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "study.toml")
	toml := "[[models]]\npath = \"m.gguf\"\n" + table
	if err := os.WriteFile(filepath.Join(dir, "m.gguf"), nil, 0o644); err != nil { // studies look no further
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(toml), 0o644); err != nil {
		t.Fatal(err)
	}
	s, list := backends.All().Format().Load(path)
	if s == nil {
		return nil, list
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var out []*benchmark.Benchmark
	for _, spec := range s.Benchmarks {
		b, faults := benchmark.Load(root, spec)
		out, list = append(out, b), append(list, faults...)
	}
	return out, list
}

func one(t testing.TB, layout, file, rows string) (*benchmark.Benchmark, diag.List) {
	t.Helper()
	table := fmt.Sprintf("[[benchmarks]]\nid = \"b\"\nsource = %q\n", file)
	if layout != "" {
		table += fmt.Sprintf("layout = %q\n", layout)
	}
	bs, list := read(t, table, map[string]string{file: rows})
	if len(bs) == 0 {
		t.Fatal(list)
	}
	return bs[0], list
}

// published are files in the form of their authors or of the hub from which most people have them; the items are our own. With
// one line, layout, each gives the items that it holds.
var published = []struct {
	layout, file, rows string
	prompt             string   // of the first item
	choices            []string // of the first
	right              []int    // by item
	references         []string // of the first
}{
	{"arc", "arc.jsonl", `{"id": "a", "question": "Hot?", "choices": {"text": ["ice", "fire"], "label": ["A", "B"]}, "answerKey": "B"}
{"id": "b", "question": "Cold?", "choices": {"text": ["ice", "fire", "sun"], "label": ["1", "2", "3"]}, "answerKey": "1"}
`, "Question: Hot?\nAnswer:", []string{"ice", "fire"}, []int{1, 0}, nil},
	{"arc-stem", "arc.jsonl", `{"id": "a", "question": {"stem": "Hot?", "choices": [{"text": "ice", "label": "A"}, {"text": "fire", "label": "B"}]}, "answerKey": "B"}
{"id": "b", "question": {"stem": "Cold?", "choices": [{"text": "ice", "label": "1"}, {"text": "fire", "label": "2"}]}, "answerKey": "1"}
`, "Question: Hot?\nAnswer:", []string{"ice", "fire"}, []int{1, 0}, nil},
	{"openbookqa", "o.jsonl", `{"id": "a", "question_stem": "Fire is", "choices": {"text": ["hot", "cold"], "label": ["A", "B"]}, "answerKey": "A"}
{"id": "b", "question_stem": "Ice is", "choices": {"text": ["hot", "cold"], "label": ["A", "B"]}, "answerKey": "B"}
`, "Fire is", []string{"hot", "cold"}, []int{0, 1}, nil},
	{"mmlu", "m.json", `[{"question": "2+2?", "subject": "sums", "choices": ["1", "2", "3", "4"], "answer": 3},
{"question": "1+1?", "subject": "sums", "choices": ["1", "2", "3", "4"], "answer": 1}]`,
		"2+2?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:", []string{"A", "B", "C", "D"}, []int{3, 1}, nil},
	{"mmlu-csv", "m_test.csv", "2+2?,1,2,3,4,D\n\"Which, in \"\"words\"\"?\",1,2,3,4,B\n",
		"2+2?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:", []string{"A", "B", "C", "D"}, []int{3, 1}, nil},
	{"hellaswag", "h.jsonl", `{"ind": 4, "activity_label": "Baking", "ctx_a": "A man bakes.", "ctx_b": "he", "ctx": "A man bakes. he", "split": "val", "endings": ["eats.", "flies.", "sings.", "runs."], "label": "3"}
{"ind": 5, "activity_label": "Baking", "ctx_a": "A man bakes.", "ctx_b": "he", "ctx": "A man bakes. he", "split": "val", "endings": ["eats.", "flies.", "sings.", "runs."], "label": "1"}
`, "Baking: A man bakes. he", []string{"eats.", "flies.", "sings.", "runs."}, []int{3, 1}, nil},
	{"winogrande", "w.jsonl", `{"qID": "1", "sentence": "Ann met Bea because _ had called.", "option1": "Ann", "option2": "Bea", "answer": "2"}
{"qID": "2", "sentence": "The cup broke as _ was thin.", "option1": "the cup", "option2": "the floor", "answer": "1"}
`, "Ann met Bea because _ had called.", []string{"Ann", "Bea"}, []int{1, 0}, nil},
	{"truthfulqa-mc1", "t.json", `[{"question": "Do pigs fly?", "mc1_targets": {"No": 1, "Yes": 0, "At night": 0}, "mc2_targets": {"No": 1, "Never": 1, "Yes": 0}},
{"question": "Do cows?", "mc1_targets": {"Yes": 0, "No": 1}, "mc2_targets": {"No": 1, "Yes": 0}}]`,
		"Q: Do pigs fly?\nA:", []string{"No", "Yes", "At night"}, []int{0, 1}, nil},
	{"truthfulqa-mc2", "t.jsonl", `{"question": "Do pigs fly?", "mc1_targets": {"choices": ["No", "Yes"], "labels": [1, 0]}, "mc2_targets": {"choices": ["No", "Never", "Yes"], "labels": [1, 1, 0]}}
`, "Q: Do pigs fly?\nA:", []string{"No", "Never", "Yes"}, []int{0}, nil},
	{"piqa", "p.jsonl", `{"goal": "Open a jar", "sol1": "turn the lid", "sol2": "eat the lid", "label": 0}
{"goal": "Dry hands", "sol1": "use water", "sol2": "use a towel", "label": 1}
`, "Question: Open a jar\nAnswer:", []string{"turn the lid", "eat the lid"}, []int{0, 1}, nil},
	{"boolq", "b.jsonl", `{"question": "is ice cold", "title": "Ice", "answer": true, "passage": "Ice is cold."}
{"question": "is ice hot", "title": "Ice", "answer": false, "passage": "Ice is cold."}
`, "Ice is cold.\nQuestion: is ice cold?\nAnswer:", []string{"no", "yes"}, []int{1, 0}, nil},
	{"boolq", "b.tsv", "question\tanswer\tpassage\nis ice cold\tTrue\tIce is cold.\nis ice hot\tFalse\tIce is cold.\n",
		"Ice is cold.\nQuestion: is ice cold?\nAnswer:", []string{"no", "yes"}, []int{1, 0}, nil},
	{"boolq-superglue", "b.jsonl", `{"question": "is ice cold", "passage": "Ice is cold.", "idx": 0, "label": 1}
{"question": "is ice hot", "passage": "Ice is cold.", "idx": 1, "label": 0}
`, "Ice is cold.\nQuestion: is ice cold?\nAnswer:", []string{"no", "yes"}, []int{1, 0}, nil},
	{"medqa", "m.jsonl", `{"question": "Which?", "answer": "rest", "options": {"A": "run", "B": "rest", "C": "jump"}, "meta_info": "x", "answer_idx": "B"}
{"question": "What?", "answer": "run", "options": {"A": "run", "B": "rest", "C": "jump"}, "meta_info": "x", "answer_idx": "A"}
`, "Question: Which?\nAnswer:", []string{"run", "rest", "jump"}, []int{1, 0}, nil},
	{"medqa-columns", "m.jsonl", `{"id": "1", "sent1": "Which?", "sent2": "", "ending0": "run", "ending1": "rest", "ending2": "jump", "ending3": "eat", "label": 1}
`, "Question: Which?\nA. run\nB. rest\nC. jump\nD. eat\nAnswer:", []string{"A", "B", "C", "D"}, []int{1}, nil},
	{"logiqa", "l.jsonl", `{"label": "a", "context": "All is one.", "question": "So?", "options": ["one", "two", "three", "four"]}
{"label": "d", "context": "All is one.", "question": "So?", "options": ["one", "two", "three", "four"]}
`, "Passage: All is one.\nQuestion: So?\nAnswer:", []string{"one", "two", "three", "four"}, []int{0, 3}, nil},
	{"logiqa-query", "l.jsonl", `{"context": "All is one.", "query": "So?", "options": ["one", "two"], "correct_option": 1}
`, "Passage: All is one.\nQuestion: So?\nAnswer:", []string{"one", "two"}, []int{1}, nil},
	{"logiqa-txt", "l.txt", "\nb\nAll is one.\nSo?\nA.one\nB. two\nC.three\nD.four\n\nd\nAll is two.\nSo?\nA.one\nB.two\nC.three\nD.four",
		"Passage: All is one.\nQuestion: So?\nAnswer:", []string{"one", "two", "three", "four"}, []int{1, 3}, nil},
	{"logiqa2", "l.jsonl", `{"id": 7, "answer": 1, "text": "All is one.", "type": {}, "question": "So?", "options": ["one", "two"]}
`, "Passage: All is one.\nQuestion: So?\nAnswer:", []string{"one", "two"}, []int{1}, nil},
	{"agieval", "a.jsonl", `{"passage": null, "question": "2+2?", "options": ["(A)3", "(B)4"], "label": "B", "answer": null}
`, "Q: 2+2?\nAnswer:", []string{"(A)3", "(B)4"}, []int{1}, nil},
	{"gsm8k", "g.jsonl", `{"question": "2+2?", "answer": "It is <<2+2=4>>4.\n#### 4"}` + "\n",
		"Question: 2+2?\nAnswer:", nil, []int{-1}, []string{"It is <<2+2=4>>4.\n#### 4"}},
	{"svamp", "s.json", `[{"ID": "chal-1", "Body": "I have 2 and get 2", "Question": "How many?", "Equation": "( 2.0 + 2.0 )", "Answer": 4.0, "Type": "Addition"}]`,
		"I have 2 and get 2\nQuestion: How many?\nAnswer:", nil, []int{-1}, []string{"4.0"}},
	{"drop-passages", "d.json", `{"nfl_1": {"passage": "Ann scored 3.", "qa_pairs": [{"question": "Who?", "answer": {"number": "", "date": {"day": "", "month": "", "year": ""}, "spans": ["Ann"]}, "query_id": "q",
 "validated_answers": [{"number": "", "date": {}, "spans": ["Ann", "B"]}, {"number": "", "date": {}, "spans": ["Ann"]}]}], "wiki_url": "u"},
"history_2": {"passage": "In May.", "qa_pairs": [{"question": "When?", "answer": {"number": "", "date": {"day": "3", "month": "May", "year": ""}, "spans": []}, "query_id": "r"},
 {"question": "How many?", "answer": {"number": "3", "date": {}, "spans": []}}]}}`,
		"Ann scored 3. Who?", nil, []int{-1, -1, -1}, []string{"Ann", "Ann B"}},
	{"drop", "d.jsonl", `{"section_id": "s", "query_id": "q", "passage": "Ann scored.", "question": "Who?", "answers_spans": {"spans": ["Ann", "Ann B"], "types": ["span", "span"]}}` + "\n",
		"Ann scored. Who?", nil, []int{-1}, []string{"Ann", "Ann B"}},
	{"nq", "n.jsonl", `{"question": "who ran", "answer": ["Ann", "Ann B"]}` + "\n", "Q: who ran?\nA:", nil, []int{-1}, []string{"Ann", "Ann B"}},
	{"triviaqa", "t.jsonl", `{"question": "Who ran", "question_id": "1", "answer": {"aliases": ["Ann", "Annie"], "value": "Ann", "type": "x"}}` + "\n",
		"Question: Who ran?\nAnswer:", nil, []int{-1}, []string{"Ann", "Annie"}},
	{"triviaqa-data", "t.json", `{"Data": [{"Answer": {"Aliases": ["Ann", "Annie"], "Value": "Ann"}, "Question": "Who ran", "QuestionId": "1"}], "Domain": "Web", "Version": 1.0}`,
		"Question: Who ran?\nAnswer:", nil, []int{-1}, []string{"Ann", "Annie"}},
	{"bbh", "navigate.json", `{"canary": "none here", "examples": [{"input": "Back?", "target": "No"}, {"input": "Forth?", "target": "Yes"}]}`,
		"Q: Back?\nA:", nil, []int{-1, -1}, []string{"No"}},
	{"lm-eval", "samples_x.jsonl", `{"doc_id": 0, "doc": {"q": "Hot?"}, "target": "0", "arguments": {"gen_args_0": {"arg_0": "Hot?\nAnswer:", "arg_1": " fire"}, "gen_args_1": {"arg_0": "Hot?\nAnswer:", "arg_1": " ice"}}, "resps": [], "acc": 1.0}
{"doc_id": 1, "doc": {"q": "Cold?"}, "target": "1", "arguments": {"gen_args_0": {"arg_0": "Cold?\nAnswer:", "arg_1": " fire"}, "gen_args_1": {"arg_0": "Cold?\nAnswer:", "arg_1": " ice"}}, "resps": [], "acc": 1.0}
`, "Hot?\nAnswer:", []string{" fire", " ice"}, []int{0, 1}, nil},
	{"lm-eval-text", "samples_y.jsonl", `{"doc_id": 0, "doc": {}, "target": "3", "arguments": {"gen_args_0": {"arg_0": "How many?", "arg_1": {"until": []}}}, "resps": [["3"]]}` + "\n",
		"How many?", nil, []int{-1}, []string{"3"}},
}

func TestRowsAsPublished(t *testing.T) {
	tried := map[string]bool{}
	for _, p := range published {
		tried[p.layout] = true
		b, list := one(t, p.layout, p.file, p.rows)
		if len(list) > 0 {
			t.Errorf("%s: %v", p.layout, list)
			continue
		}
		var right []int
		for _, it := range b.Items {
			right = append(right, it.Answer)
		}
		if it := b.Items[0]; it.Prompt != p.prompt || !slices.Equal(it.Choices, p.choices) || !slices.Equal(right, p.right) ||
			!slices.Equal(it.References, p.references) {
			t.Errorf("%s: right %v, %+v", p.layout, right, it)
		}
	}
	for _, name := range study.LayoutNames() {
		if !tried[name] {
			t.Errorf("no file of layout %q is tried", name)
		}
	}
}

// A file without any line is named for what it is, with the line that reads it.
func TestLayoutsAreSuggested(t *testing.T) {
	plain := []string{"mmlu", "mmlu-csv", "logiqa2", "logiqa-txt"} // their columns are the defaults, or they have none
	for _, p := range published {
		if slices.Contains(plain, p.layout) {
			continue
		}
		_, list := one(t, "", p.file, p.rows)
		if !list.HasErrors() || !strings.Contains(list[0].Suggestion, fmt.Sprintf("layout = %q", p.layout)) {
			t.Errorf("%s: %v %+v", p.layout, list, list)
		}
	}
}

// A form of lines that names nothing is a fault of the study.
func TestLinesAreForms(t *testing.T) {
	for _, form := range []string{"question", "A.{}", "{a}{b}", "{a} b"} {
		_, list := read(t, fmt.Sprintf("[[benchmarks]]\nid = \"b\"\nsource = \"b.txt\"\nlines = [%q]\n", form),
			map[string]string{"b.txt": "a\n"})
		if !list.HasErrors() || !strings.Contains(list[0].Summary, "is no form of a line") {
			t.Errorf("%q: %v", form, list)
		}
	}
}

func TestProgramsAreRefused(t *testing.T) {
	_, list := one(t, "", "humaneval.jsonl", `{"task_id": "t/0", "prompt": "def f():\n", "canonical_solution": "    return 1\n", "test": "assert f() == 1", "entry_point": "f"}`)
	if !list.HasErrors() || !strings.Contains(list[0].Detail, "sdmap runs none") {
		t.Error(list)
	}
}

// Partial evaluation, as lm-evaluation-harness has it: context sentence[:i] + option, continuation " " + sentence[i+1:].strip().
func TestTheBlankIsFilled(t *testing.T) {
	b, list := one(t, "winogrande", "w.jsonl", `{"sentence": "Ann met Bea because _ had called.", "option1": "Ann", "option2": "Bea ", "answer": "2"}
{"sentence": "x _ y", "option1": "a", "option2": "b", "answer": "1"}
`)
	if list.HasErrors() {
		t.Fatal(list)
	}
	it := b.Items[0]
	if !slices.Equal(it.Contexts, []string{"Ann met Bea because Ann", "Ann met Bea because Bea"}) ||
		!slices.Equal(it.Continuations, []string{" had called.", "  had called."}) {
		t.Errorf("%q %q", it.Contexts, it.Continuations)
	}
	for rows, want := range map[string]string{"no blank": "stands 0 times", "_ and _": "stands 2 times", "it ends in _": "nothing to score"} {
		_, list := one(t, "winogrande", "w.jsonl", fmt.Sprintf(`{"sentence": %q, "option1": "a", "option2": "b", "answer": "1"}`+"\n", rows))
		if !list.HasErrors() || !strings.Contains(list[0].Summary, want) {
			t.Errorf("%q: %v", rows, list)
		}
	}
}

func TestMC2IsTheMassOfTheTrue(t *testing.T) {
	b, _ := one(t, "truthfulqa-mc2", "t.jsonl", `{"question": "Do pigs fly?", "mc2_targets": {"choices": ["No", "Never", "Yes"], "labels": [1, 1, 0]}}`+"\n")
	// ln 2, ln 1, ln 5: (2 + 1) / 8, far below what exp can show
	score, _ := b.ScoreChoice(0, benchmark.ChoiceReply{LogProbs: []float64{-2000 + 0.6931471805599453, -2000, -2000 + 1.6094379124341003}})
	if score < .375-1e-12 || score > .375+1e-12 || b.Chance(0) < .6666 || b.Chance(0) > .6667 {
		t.Errorf("score %v, chance %v", score, b.Chance(0))
	}
}

func TestSeveralReferences(t *testing.T) {
	b, _ := one(t, "drop", "d.jsonl", `{"passage": "p", "question": "q", "answers_spans": {"spans": ["red house", "green tree"]}}`+"\n")
	for reply, want := range map[string]float64{"Green tree.": 1, "the red house": 1, "green": 2. / 3, "blue": 0} {
		if got := b.ScoreText(0, reply); got != want {
			t.Errorf("%q: %v, want %v", reply, got, want)
		}
	}
}

func choice(choices, answer string) string {
	return fmt.Sprintf(`{"question": "q", "choices": %s, "answer": %s}`+"\n", choices, answer)
}

// An answer column has one reading; where two fit and differ, both are shown with the key that settles it.
func TestOneReadingAFile(t *testing.T) {
	letters, digits := `["C", "A", "B", "D"]`, `["1", "2", "3", "4"]`
	for name, c := range map[string]struct {
		rows, key string
		right     []int  // nil for a fault
		says      string // in it
	}{
		"letter or text":   {choice(letters, `"A"`), "", nil, `"A" is, as text, choice 2 "A", or, as letter, choice 1 "C"`},
		"settled letter":   {choice(letters, `"A"`), "letter", []int{0}, ""},
		"settled text":     {choice(letters, `"A"`), "text", []int{1}, ""},
		"text or index":    {choice(digits, `"2"`), "", nil, `"2" is, as text, choice 2 "2", or, as index0, choice 3 "3"`},
		"settled index0":   {choice(digits, `"2"`), "index0", []int{2}, ""},
		"settled index1":   {choice(digits, `"2"`), "index1", []int{1}, ""},
		"index from 0":     {choice(letters, "2") + choice(letters, "0"), "", []int{2, 0}, ""},
		"index from 1":     {choice(letters, "2") + choice(letters, "4"), "", []int{1, 3}, ""},
		"index from 0, 1":  {choice(letters, "2") + choice(letters, "3"), "", nil, "answer_is"},
		"letters in forms": {choice(`["x", "y"]`, `"(A)"`) + choice(`["x", "y"]`, `"b."`), "", []int{0, 1}, ""},
		"one fits all":     {choice(letters, `"A"`) + choice(`["x", "y"]`, `"B"`), "", []int{0, 1}, ""},
		"does not fit":     {choice(letters, `"E"`), "letter", nil, "not the letter of one of 4 choices"},
	} {
		table := "[[benchmarks]]\nid = \"b\"\nsource = \"rows.jsonl\"\n"
		if c.key != "" {
			table += fmt.Sprintf("answer_is = %q\n", c.key)
		}
		bs, list := read(t, table, map[string]string{"rows.jsonl": c.rows})
		if c.right == nil {
			if !list.HasErrors() || !strings.Contains(list[0].Summary+list[0].Suggestion, c.says) {
				t.Errorf("%s: %v", name, list)
			}
			continue
		}
		if list.HasErrors() {
			t.Errorf("%s: %v", name, list)
			continue
		}
		for i, it := range bs[0].Items {
			if it.Answer != c.right[i] {
				t.Errorf("%s: item %d is choice %d, want %d", name, i, it.Answer, c.right[i])
			}
		}
	}
}

func TestShardsAreReadInOrder(t *testing.T) {
	bs, list := read(t, "[[benchmarks]]\nid = \"b\"\nsource = \"part-*.csv\"\n", map[string]string{
		"part-2.csv": "question,choices,answer\n", "part-1.csv": ""})
	if !list.HasErrors() {
		t.Error("a table has no lists of choices", bs)
	}
	table := "[[benchmarks]]\nid = \"b\"\nsource = \"part-*.jsonl\"\n"
	bs, list = read(t, table, map[string]string{
		"part-2.jsonl": choice(`["x", "y"]`, "1"), "part-1.jsonl": choice(`["z", "w"]`, "0") + choice(`["u", "v"]`, "1")})
	if list.HasErrors() || len(bs[0].Items) != 3 || bs[0].Items[2].Choices[0] != "x" || bs[0].Items[2].ID != "row-3" ||
		len(bs[0].Spec.Files()) != 2 {
		t.Fatal(list, bs)
	}
	_, list = read(t, table, map[string]string{"part-1.jsonl": choice(`["x", "y"]`, "0"), "part-2.jsonl": "{\"a\" 1}\n" + choice(`["x", "y"]`, "1")})
	if !list.HasErrors() || filepath.Base(list[0].Range.File) != "part-2.jsonl" || list[0].Range.Start.Line != 1 {
		t.Error(list)
	}
}

func TestVariantsShareTheirRequests(t *testing.T) {
	table := "[[benchmarks]]\nid = \"b\"\nsource = \"rows.jsonl\"\nmetrics = [\"acc\", \"acc_mutual_info\"]\n"
	bs, list := read(t, table, map[string]string{"rows.jsonl": choice(`["x", "y"]`, "1") + choice(`["x", "y"]`, "0")})
	if list.HasErrors() || len(bs) != 2 || bs[0].Spec.ID != "b.acc" || bs[1].Spec.ID != "b.acc_mutual_info" || bs[1].Spec.Family != "b" {
		t.Fatal(list, bs)
	}
	if bs[0].RequestsDigest() != bs[1].RequestsDigest() || bs[0].Digest() == bs[1].Digest() {
		t.Error("variants ask alike and score differently")
	}
	if got, _ := bs[0].ScoreChoice(0, benchmark.ChoiceReply{LogProbs: []float64{-2, -1}, Uncond: []float64{-1, -9}}); got != 1 {
		t.Error("acc looks at the log-probabilities alone")
	}
}

func TestSampleAndExamples(t *testing.T) {
	var rows strings.Builder
	for i := range 40 {
		fmt.Fprintf(&rows, `{"question": "q%02d", "choices": ["x", "y"], "answer": %d}`+"\n", i, i%2)
	}
	table := "[[benchmarks]]\nid = \"b\"\nsource = \"rows.jsonl\"\nlimit = 5\n"
	load := func(more string) *benchmark.Benchmark {
		bs, list := read(t, table+more, map[string]string{"rows.jsonl": rows.String()})
		if list.HasErrors() || len(bs[0].Items) != 5 {
			t.Fatal(list)
		}
		return bs[0]
	}
	drawn := load("sample = true\n")
	if first := load(""); first.Items[4].ID != "row-5" || slices.IsSortedFunc(drawn.Items, func(a, b benchmark.Item) int { return a.Line - b.Line }) == false ||
		drawn.RequestsDigest() == first.RequestsDigest() || drawn.RequestsDigest() != load("sample = true\n").RequestsDigest() {
		t.Error("the sample is not one, in the order of the file, by the seed")
	}
	few := load("fewshot = { count = 3 }\n")
	if before, _, _ := strings.Cut(few.Items[0].Prompt, "\n\n"); few.Items[0].Prompt == "" || before < "q05" && strings.Count(few.Items[0].Prompt, "q0") > 3 {
		t.Errorf("examples come from the limited part: %q", few.Items[0].Prompt)
	}
	inOrder := load("fewshot = { count = 2, order = \"file\" }\n")
	if got := inOrder.Items[0].Prompt; got != "q01 y\n\nq02 x\n\nq00" {
		t.Errorf("%q", got)
	}
	if got := inOrder.Items[3].Prompt; got != "q00 x\n\nq01 y\n\nq03" {
		t.Errorf("%q", got)
	}
}

// The same line reads a benchmark as Parquet; rows there have numbers and no lines.
func TestParquetAsPublished(t *testing.T) {
	src, err := os.ReadFile("../rows/testdata/zstd.parquet")
	if err != nil {
		t.Fatal(err)
	}
	b, list := one(t, "arc", "test-00000-of-00001.parquet", string(src))
	if len(list) > 0 {
		t.Fatal(list)
	}
	if it := b.Items[1]; len(b.Items) != 3 || it.Choices[1] != "ice" || it.Answer != 1 || b.Items[2].Answer != 1 || it.ID != "a2" {
		t.Errorf("%+v", b.Items)
	}
	if _, list = one(t, "hellaswag", "x.parquet", string(src)); !list.HasErrors() {
		t.Error("rows of another benchmark are read")
	}
	bs, list := read(t, "[[benchmarks]]\nid = \"b\"\nsource = \"x.parquet\"\nchoices = \"endings\"\nanswer = \"label\"\n",
		map[string]string{"x.parquet": string(src)})
	if !list.HasErrors() || !strings.HasPrefix(list[0].Summary, "row 2: choices needed") || list[0].Range.Start.Line != 0 {
		t.Error(bs, list)
	}
}

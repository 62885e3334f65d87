package study

import (
	"fmt"
	"strings"
)

// Layout is the form in which a benchmark is published: a name for what a study would otherwise say with many keys. A key that
// the study gives itself counts in place of the layout's. Prompts are those of lm-evaluation-harness where it has the benchmark.
type Layout struct {
	Name    string
	Of      string // whose rows they are
	Columns string // that tell the layout, dotted, by spaces
	Keys    []Setting
}

// Setting is a key of [[benchmarks]] and its value: a string, []string, int or bool.
type Setting struct {
	Key   string
	Value any
}

// Task is how benchmarks of the layout are answered.
func (l Layout) Task() Task {
	for _, s := range l.Keys {
		if s.Key == "task" {
			return Task(s.Value.(string))
		}
	}
	return Choice
}

// TOML writes the keys out as a study would.
func (l Layout) TOML() string {
	var b strings.Builder
	for _, s := range l.Keys {
		fmt.Fprintf(&b, "%s = %s\n", s.Key, literal(s.Value))
	}
	return b.String()
}

func literal(value any) string {
	list, isList := value.([]string)
	if !isList {
		return fmt.Sprintf("%#v", value)
	}
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

var (
	letters    = []string{"A", "B", "C", "D"}
	writes     = Setting{"task", string(Generate)}
	endsOfText = Setting{"stop", []string{"\n", ".", ","}}
)

// Layouts are the known ones, in the order of the documentation.
var Layouts = []Layout{
	{"arc", "ARC and CommonsenseQA: choices of text and label", "question choices answerKey", []Setting{
		{"prompt", "Question: {question}\nAnswer:"}, {"choices", "choices"}, {"answer", "answerKey"}, {"answer_is", "label"}}},
	{"arc-stem", "ARC and OpenBookQA as their authors publish them", "question.stem question.choices answerKey", []Setting{
		{"prompt", "Question: {question.stem}\nAnswer:"}, {"choices", "question.choices"}, {"answer", "answerKey"},
		{"answer_is", "label"}}},
	{"openbookqa", "OpenBookQA", "question_stem choices answerKey", []Setting{
		{"prompt", "{question_stem}"}, {"choices", "choices"}, {"answer", "answerKey"}, {"answer_is", "label"}}},
	{"mmlu", "MMLU as JSON or Parquet", "question choices answer subject", []Setting{
		{"prompt", "{question}\nA. {choices[0]}\nB. {choices[1]}\nC. {choices[2]}\nD. {choices[3]}\nAnswer:"},
		{"choices", letters}, {"answer", "answer"}, {"answer_is", "index0"}}},
	{"mmlu-csv", "MMLU as CSV without a header", "c1 c2 c3 c4 c5 c6", []Setting{
		{"header", false}, {"prompt", "{c1}\nA. {c2}\nB. {c3}\nC. {c4}\nD. {c5}\nAnswer:"},
		{"choices", letters}, {"answer", "c6"}, {"answer_is", "letter"}}},
	{"hellaswag", "HellaSwag", "activity_label ctx endings label", []Setting{
		{"prompt", "{activity_label}: {ctx}"}, {"choices", "endings"}, {"answer", "label"}, {"answer_is", "index0"}}},
	{"winogrande", "Winogrande: what stands behind the blank is scored", "sentence option1 option2 answer", []Setting{
		{"prompt", "{sentence}"}, {"blank", "_"}, {"choices", []string{"{option1}", "{option2}"}}, {"answer", "answer"},
		{"answer_is", "index1"}}},
	{"truthfulqa-mc1", "TruthfulQA, one true choice", "question mc1_targets", []Setting{
		{"prompt", "Q: {question}\nA:"}, {"choices", "mc1_targets"}}},
	{"truthfulqa-mc2", "TruthfulQA, the probability of all true choices", "question mc2_targets", []Setting{
		{"prompt", "Q: {question}\nA:"}, {"choices", "mc2_targets"}, {"metric", MC2}}},
	{"piqa", "PIQA", "goal sol1 sol2 label", []Setting{
		{"prompt", "Question: {goal}\nAnswer:"}, {"choices", []string{"{sol1}", "{sol2}"}}, {"answer", "label"},
		{"answer_is", "index0"}}},
	{"boolq", "BoolQ", "question passage answer", []Setting{
		{"prompt", "{passage}\nQuestion: {question}?\nAnswer:"}, {"choices", []string{"no", "yes"}}, {"answer", "answer"}}},
	{"boolq-superglue", "BoolQ in SuperGLUE", "question passage label", []Setting{
		{"prompt", "{passage}\nQuestion: {question}?\nAnswer:"}, {"choices", []string{"no", "yes"}}, {"answer", "label"}}},
	{"medqa", "MedQA: options as a table", "question options answer_idx", []Setting{
		{"prompt", "Question: {question}\nAnswer:"}, {"choices", "options"}, {"answer", "answer_idx"}, {"answer_is", "label"}}},
	{"medqa-columns", "MedQA with an option a column", "sent1 ending0 ending1 ending2 ending3 label", []Setting{
		{"prompt", "Question: {sent1}\nA. {ending0}\nB. {ending1}\nC. {ending2}\nD. {ending3}\nAnswer:"},
		{"choices", letters}, {"answer", "label"}, {"answer_is", "index0"}}},
	{"logiqa", "LogiQA with letters", "context question options label", []Setting{
		{"prompt", "Passage: {context}\nQuestion: {question}\nAnswer:"}, {"choices", "options"}, {"answer", "label"},
		{"answer_is", "letter"}}},
	{"logiqa-query", "LogiQA with indexes", "context query options correct_option", []Setting{
		{"prompt", "Passage: {context}\nQuestion: {query}\nAnswer:"}, {"choices", "options"}, {"answer", "correct_option"},
		{"answer_is", "index0"}}},
	{"logiqa-txt", "LogiQA as its authors publish it: eight lines a row, the first blank", "", []Setting{
		{"lines", []string{"{label}", "{context}", "{question}", "A.{a}", "B.{b}", "C.{c}", "D.{d}"}},
		{"prompt", "Passage: {context}\nQuestion: {question}\nAnswer:"}, {"choices", []string{"{a}", "{b}", "{c}", "{d}"}},
		{"answer", "label"}, {"answer_is", "letter"}}},
	{"logiqa2", "LogiQA 2.0", "text question options answer", []Setting{
		{"prompt", "Passage: {text}\nQuestion: {question}\nAnswer:"}, {"choices", "options"}, {"answer", "answer"},
		{"answer_is", "index0"}}},
	{"agieval", "AGIEval's tasks with options", "passage question options label", []Setting{
		{"prompt", "{passage}Q: {question}\nAnswer:"}, {"choices", "options"}, {"answer", "label"}, {"answer_is", "letter"}}},
	{"gsm8k", "GSM8K", "question answer", []Setting{writes,
		{"prompt", "Question: {question}\nAnswer:"}, {"answer", "answer"}, {"metric", "numeric"}, {"max_tokens", 256},
		{"stop", []string{"Question:", "</s>", "<|im_end|>"}}}},
	{"svamp", "SVAMP", "Body Question Answer", []Setting{writes,
		{"prompt", "{Body}\nQuestion: {Question}\nAnswer:"}, {"answer", "Answer"}, {"metric", "numeric"},
		{"stop", []string{"\n"}}}},
	{"drop", "DROP: several references", "passage question answers_spans", []Setting{writes,
		{"prompt", "{passage} {question}"}, {"answer", "answers_spans.spans"}, {"metric", "f1"}, {"stop", []string{"."}}}},
	{"drop-passages", "DROP as its authors publish it: questions by passage", "*.passage *.qa_pairs", []Setting{writes,
		{"rows", "*.qa_pairs"}, {"prompt", "{passage} {question}"}, {"answer", "answer"}, {"metric", "f1"},
		{"stop", []string{"."}}}},
	{"nq", "NQ-open: several references", "question answer[0]", []Setting{writes,
		{"prompt", "Q: {question}?\nA:"}, {"answer", "answer"}, endsOfText}},
	{"triviaqa", "TriviaQA: several references", "question answer.aliases", []Setting{writes,
		{"prompt", "Question: {question}?\nAnswer:"}, {"answer", "answer.aliases"}, endsOfText}},
	{"triviaqa-data", "TriviaQA as its authors publish it", "Question Answer.Aliases", []Setting{writes,
		{"rows", "Data"}, {"prompt", "Question: {Question}?\nAnswer:"}, {"answer", "Answer.Aliases"}, endsOfText}},
	{"bbh", "BIG-Bench Hard", "input target", []Setting{writes,
		{"prompt", "Q: {input}\nA:"}, {"answer", "target"}, {"stop", []string{"Q:", "\n\n"}}}},
	{"lm-eval", "samples of lm-evaluation-harness, multiple choice", "arguments.gen_args_0.arg_1 arguments.gen_args_1 target",
		[]Setting{{"prompt", "{arguments.*.arg_0}"}, {"choices", "arguments.*.arg_1"}, {"answer", "target"}, {"delimiter", ""}}},
	{"lm-eval-text", "samples of lm-evaluation-harness, generated text", "arguments.gen_args_0.arg_0 target", []Setting{writes,
		{"prompt", "{arguments.gen_args_0.arg_0}"}, {"answer", "target"}}},
}

// LayoutNames are their names.
func LayoutNames() []string {
	names := make([]string, len(Layouts))
	for i, l := range Layouts {
		names[i] = l.Name
	}
	return names
}

// applyLayout gives the keys of the layout their values, where the study does not.
func (t table) applyLayout() {
	for _, l := range Layouts {
		if l.Name != t.text("layout") {
			continue
		}
		if t.has("task") && Task(t.text("task")) != l.Task() {
			t.report(t.place("task"), fmt.Sprintf("layout %q is not for this task", l.Name),
				fmt.Sprintf("Its rows are for task = %q.", l.Task()), "")
			return
		}
		for _, s := range l.Keys {
			if !t.given(s.Key) {
				t.values[s.Key] = s.Value
			}
		}
	}
}

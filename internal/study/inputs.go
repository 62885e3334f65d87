package study

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"sdmap/internal/diag"
)

func buildBenchmarks(s *Study, top table) {
	seen := map[string]diag.Range{}
	scored := top.has("scores") || top.has("results")
	for _, t := range top.tables("benchmarks") {
		for _, b := range t.variants(t.benchmark(s.Seed, scored)) {
			if t.has("id") {
				t.checkUnique(b.ID, "benchmark", t.place("id"), seen)
			}
			s.Benchmarks = append(s.Benchmarks, b)
		}
	}
	if len(s.Benchmarks) == 0 && !scored && !top.given("benchmarks") && !top.given("scores") && !top.given("results") {
		top.report(diag.Range{File: top.name}, "the study has no benchmarks",
			"Write a [[benchmarks]] table with id and source for each, [scores] for a leaderboard or [[results]] for logs.", "")
	}
}

// given says whether the study names the key at all, rightly or wrongly.
func (t table) given(key string) bool { return t.pos.Children[key] != nil }

// checkUnique reports ids that are malformed or taken.
func (t table) checkUnique(id, what string, at diag.Range, seen map[string]diag.Range) bool {
	if !t.checkID(id, at) {
		return false
	}
	if first, taken := seen[id]; taken {
		t.report(at, fmt.Sprintf("two %ss are called %q", what, id), fmt.Sprintf("The first is at line %d.", first.Start.Line),
			"")
		return false
	}
	seen[id] = at
	return true
}

// variants are the benchmark under each of its metrics. They ask alike, so that one set of replies serves all.
func (t table) variants(b Benchmark) []Benchmark {
	metrics := t.texts("metrics")
	if len(metrics) == 0 {
		return []Benchmark{b}
	}
	if t.given("metric") {
		t.report(t.at(t.pos.Children["metrics"].Key), `"metric" and "metrics" say the same`, "Give one of them.", "")
	}
	out := make([]Benchmark, len(metrics))
	for i, m := range metrics {
		t.checkMetric("metrics", m, b.Task)
		out[i] = b
		out[i].ID, out[i].Metric = b.ID+"."+m, m
		out[i].Unconditional = slices.Contains(metrics, "acc_mutual_info")
	}
	return out
}

// lineForm is what a line begins with and, in braces, the name of what follows.
var lineForm = regexp.MustCompile(`^[^{}]*\{[^{}]+\}$`)

// lines are the forms of a row's lines, where a row is a block of them.
func (t table) lines() []string {
	forms := t.texts("lines")
	for _, f := range forms {
		if !lineForm.MatchString(f) {
			t.report(t.place("lines"), fmt.Sprintf("%q is no form of a line", f),
				`Write what the line begins with and, in braces, the name of what follows: "{question}" or "A.{a}".`, "")
		}
	}
	return forms
}

func (t table) benchmark(studySeed uint64, scored bool) Benchmark {
	t.applyLayout()
	b := Benchmark{
		ID: t.text("id"), Task: Task(t.text("task")), Layout: t.text("layout"),
		List: t.text("rows"), Lines: t.lines(), Header: get[bool](t, "header"), AnswerIs: t.text("answer_is"),
		Blank: t.text("blank"), Last: t.text("which") == "last", Sample: get[bool](t, "sample"), Seed: studySeed,
		Prompt: t.text("prompt"), Answer: t.text("answer"), Delimiter: t.text("delimiter"),
		Pattern: t.text("pattern"), Family: t.text("family"), Format: t.text("format"),
		Wording: t.text("wording"),
		Limit:   t.integer("limit"), OnBadRow: t.text("on_bad_row"), Chat: get[bool](t, "chat"),
		At: t.at(t.pos.Key), Places: t.places(),
	}
	b.Source, b.Shards = t.source()
	if !t.given("source") && !scored {
		t.report(b.At, `[[benchmarks]] needs "source"`, "The file that holds the benchmark's rows.", "")
	}
	b.Metric = t.metric(b.Task)
	t.checkPattern(b.Metric)
	t.checkRows(b)
	if b.Task == Choice {
		b.Choices, b.ChoiceTemplates = t.choices()
		t.onlyFor(Generate, "max_tokens", "stop")
	} else {
		b.MaxTokens, b.Stop = t.integer("max_tokens"), t.texts("stop")
		t.onlyFor(Choice, "choices", "answer_is", "blank")
	}
	if b.Chat && t.given("delimiter") && !t.has("fewshot") {
		t.report(t.at(t.pos.Children["delimiter"].Key), `"delimiter" means nothing with chat = true`,
			"The answer follows the chat template at once; only solved examples are joined by it.", "")
	}
	if slices.Contains(b.Stop, "") {
		t.report(t.place("stop"), "an empty text cannot end a reply", "", "")
	}
	if t.has("chance") {
		b.Chance = new(get[float64](t, "chance"))
	}
	b.Scale, b.Items, b.Lower, b.StdErr = get[float64](t, "scale"), t.integer("items"), get[bool](t, "lower_is_better"),
		t.text("stderr")
	if !scored {
		t.onlyScored("scale", "items", "lower_is_better", "stderr")
	}
	if t.has("fewshot") {
		b.Fewshot = t.table("fewshot").fewshot(studySeed, b)
		for key, at := range t.table("fewshot").places() {
			b.Places["fewshot."+key] = at
		}
	}
	if b.Family == "" {
		b.Family, _, _ = strings.Cut(b.ID, ".")
	}
	if b.Format == "" {
		b.Format = string(b.Task)
	}
	return b
}

// onlyFor reports keys that mean nothing for this benchmark's task.
func (t table) onlyFor(task Task, keys ...string) {
	for _, key := range keys {
		if t.given(key) {
			t.report(t.at(t.pos.Children[key].Key), fmt.Sprintf("%q means nothing for this task", key),
				fmt.Sprintf("Only benchmarks with task = %q have it.", task), "")
		}
	}
}

// onlyScored reports keys that are about a column of [scores] where there is no table of scores.
func (t table) onlyScored(keys ...string) {
	for _, key := range keys {
		if t.given(key) {
			t.report(t.at(t.pos.Children[key].Key), fmt.Sprintf("%q means nothing without [scores]", key),
				"It is about a column of a table of scores, or of logs.", "")
		}
	}
}

// metric is the scoring rule, which must be one of the task's.
func (t table) metric(task Task) string {
	metric := t.text("metric")
	if metric == "" {
		return Metrics(task)[0]
	}
	t.checkMetric("metric", metric, task)
	return metric
}

func (t table) checkMetric(key, metric string, task Task) {
	if known := Metrics(task); !slices.Contains(known, metric) {
		t.report(t.place(key), fmt.Sprintf("metric %q is not for task %q", metric, task),
			fmt.Sprintf("For this task: %s.", strings.Join(known, ", ")), "")
	}
}

// source is the file of rows as the study names it, and the files that it stands for where it is a pattern.
func (t table) source() (source string, shards []string) {
	if !t.has("source") {
		return "", nil
	}
	if t.isAddress("source") {
		return t.fileOrAddress("source"), nil
	}
	source = t.text("source")
	switch files := t.expand("source", t.checkFile); {
	case len(files) == 0:
		return "", nil
	case len(files) == 1 && files[0] == path.Clean(filepath.ToSlash(source)):
		return files[0], nil
	default:
		return source, files
	}
}

// checkRows reports keys that mean nothing beside others.
func (t table) checkRows(b Benchmark) {
	only := func(key string, useful bool, where string) {
		if t.given(key) && !useful {
			t.report(t.at(t.pos.Children[key].Key), fmt.Sprintf("%q means nothing here", key), where, "")
		}
	}
	only("sample", b.Limit > 0 || !b.Sample, "It draws the items of limit, and there is no limit.")
	only("which", t.has("pattern"), "It says which match of a pattern counts, and there is no pattern.")
	if b.Blank != "" && b.Chat {
		t.report(t.place("chat"), "a blank in the prompt cannot be filled under a chat template",
			"What is scored stands behind the blank, inside the user's message.", "Take chat out, or blank.")
	}
}

func (t table) checkPattern(metric string) {
	if slices.Contains(t.texts("metrics"), "regex") {
		metric = "regex"
	}
	switch {
	case metric == "regex" && !t.has("pattern") && !t.given("pattern"):
		t.report(t.place("metric"), `metric "regex" needs "pattern"`,
			`A regular expression whose first group is the answer, such as '#### (-?[0-9]+)'.`, "")
	case metric != "regex" && t.given("pattern"):
		t.report(t.at(t.pos.Children["pattern"].Key), `"pattern" means nothing for this metric`, `Only metric = "regex" has it.`,
			"")
	case t.has("pattern"):
		re, err := syntax.Parse(t.text("pattern"), syntax.Perl)
		if err != nil {
			t.report(t.place("pattern"), "the pattern is not a regular expression", err.Error(),
				`In TOML, 'single quotes' keep backslashes as they are.`)
			return
		}
		if re.MaxCap() == 0 {
			t.report(t.place("pattern"), "the pattern has no group", "Its first group (in parentheses) is the answer.", "")
		}
		if t.steps += steps(re); t.steps > mostSteps {
			t.report(t.place("pattern"), fmt.Sprintf("the patterns of the study take more than %d steps", mostSteps),
				"Each character is one; x{1000} takes a thousand.", "")
		}
	}
}

// mostSteps bounds what the patterns of a study become when they are compiled: a count such as {1000} is written out.
const mostSteps = 1_000_000

// steps is about what a pattern takes when it is compiled.
func steps(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)/2
	for _, sub := range re.Sub {
		n += steps(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
}

func (t table) choices() (field string, templates []string) {
	list, isList := t.values["choices"].([]string)
	if !isList {
		return t.text("choices"), nil
	}
	if len(list) < 2 {
		t.report(t.place("choices"), "a choice needs at least two choices", "A list holds one template for each choice; a text "+
			"names the field that holds the list.", "")
	}
	return "", slices.Clone(list)
}

func (t table) fewshot(studySeed uint64, b Benchmark) *Fewshot {
	f := &Fewshot{Count: t.integer("count"), Seed: studySeed, Source: t.fileOrAddress("source"),
		InOrder: t.text("order") == FileOrder}
	if t.has("seed") {
		f.Seed = uint64(t.integer("seed"))
	}
	if f.Source != "" && f.Source == b.Source {
		t.report(t.place("source"), fmt.Sprintf("benchmark %q takes its examples from itself by name", b.ID),
			"Items of the benchmark would stand solved in the prompts of others.",
			"Name a file of other rows; or leave the key out, if you mean it.")
	}
	return f
}

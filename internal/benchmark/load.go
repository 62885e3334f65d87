package benchmark

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"sdmap/internal/diag"
	"sdmap/internal/study"
)

// Load reads the benchmark that spec describes from the study's folder. It is nil if the list has errors.
func Load(dir *os.Root, spec study.Benchmark) (*Benchmark, diag.List) {
	l := &loader{dir: dir, spec: spec, reading: reading(spec.AnswerIs)}
	l.parse()
	if l.list.HasErrors() {
		return nil, l.list
	}
	ownExamples := spec.Fewshot != nil && spec.Fewshot.Source == ""
	limit := spec.Limit
	if spec.Sample || ownExamples { // they may come from anywhere in the file
		limit = 0
	}
	all, skipped := l.items(spec.Files(), limit, "source")
	b := &Benchmark{Spec: spec, Items: l.limited(all), Skipped: skipped}
	if spec.Fewshot != nil && !l.list.HasErrors() {
		l.fewshot(b, all)
	}
	if l.list.HasErrors() {
		return nil, l.list
	}
	for i := range b.Items {
		b.Items[i].finish(spec)
	}
	return b, l.list
}

// limited are the first items or the drawn ones, in the order of the file.
func (l *loader) limited(all []Item) []Item {
	n := l.spec.Limit
	if n == 0 || n >= len(all) {
		return all
	}
	if !l.spec.Sample {
		return slices.Clone(all[:n])
	}
	drawn := rand.New(rand.NewPCG(l.spec.Seed, streamSample)).Perm(len(all))[:n]
	slices.Sort(drawn)
	out := make([]Item, n)
	for i, k := range drawn {
		out[i] = all[k]
	}
	return out
}

// streamSample tells this use of the seed from others.
const streamSample = 0x736d706c // "smpl"

// loader carries what every step of loading one benchmark needs.
type loader struct {
	dir     *os.Root
	spec    study.Benchmark
	prompt  Template
	choices Path       // of the list of choices, or
	fixed   []Template // one template a choice
	answer  Path
	wording Path
	pattern *regexp.Regexp // nil where there is none
	reading reading        // of answers, once it is known
	files   []string       // that are being read
	list    diag.List
}

// place is where the study gives the key, or the benchmark's table.
func (l *loader) place(key string) diag.Range {
	if r, ok := l.spec.Places[key]; ok {
		return r
	}
	return l.spec.At
}

func (l *loader) fault(key, summary, detail string) {
	l.list = append(l.list, diag.Diagnostic{Summary: summary, Detail: detail, Range: l.place(key)})
}

// parse reads the spec's templates and paths.
func (l *loader) parse() {
	var err error
	if l.prompt, err = ParseTemplate(l.spec.Prompt); err != nil {
		l.fault("prompt", "the prompt is not a template", err.Error())
	}
	if l.answer, err = ParsePath(l.spec.Answer); err != nil {
		l.fault("answer", "the answer is not a field", err.Error())
	}
	if l.spec.Wording != "" {
		if l.wording, err = ParsePath(l.spec.Wording); err != nil {
			l.fault("wording", "the wording is not a field", err.Error())
		}
	}
	if l.spec.Pattern != "" {
		l.pattern, _ = regexp.Compile(l.spec.Pattern) // it was checked with the study
	}
	if strings.TrimRightFunc(l.spec.Prompt, IsSpace) != l.spec.Prompt {
		l.trailing()
	}
	if l.spec.Task != study.Choice {
		return
	}
	for i, text := range l.spec.ChoiceTemplates {
		t, err := ParseTemplate(text)
		if err != nil {
			l.fault("choices", fmt.Sprintf("choice %d is not a template", i+1), err.Error())
		}
		l.fixed = append(l.fixed, t)
	}
	if l.fixed == nil {
		if l.choices, err = ParsePath(l.spec.Choices); err != nil {
			l.fault("choices", "choices is not a field", err.Error())
		}
	}
}

// finish takes white space from the end of the prompt to the front of what follows, as lm-evaluation-harness does with choices,
// since tokens usually begin with their space. There as here, a generation is asked with its prompt as it stands.
func (it *Item) finish(spec study.Benchmark) {
	trimmed := strings.TrimRightFunc(it.Prompt, IsSpace)
	it.Delimiter = it.Prompt[len(trimmed):] + spec.Delimiter
	if spec.Task == study.Choice {
		it.Prompt = trimmed
	}
}

// IsSpace is what Python's str.rstrip strips: Unicode white space and four separators of ASCII.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

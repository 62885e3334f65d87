package benchmark

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"sdmap/internal/diag"
	"sdmap/internal/files"
	"sdmap/internal/study"
)

// mostBadRows is how many bad rows are told one by one; the others are counted.
const mostBadRows = 20

// Load reads the benchmark that spec describes from the study's folder. It is nil if the list has errors.
func Load(dir *os.Root, spec study.Benchmark) (*Benchmark, diag.List) {
	l := &loader{dir: dir, spec: spec}
	l.parse()
	if l.list.HasErrors() {
		return nil, l.list
	}
	items, skipped := l.items(spec.Source, spec.Limit, "source")
	b := &Benchmark{Spec: spec, Items: items, Skipped: skipped}
	if spec.Fewshot != nil && !l.list.HasErrors() {
		l.fewshot(b)
	}
	if l.list.HasErrors() {
		return nil, l.list
	}
	for i := range b.Items {
		b.Items[i].finish(spec.Delimiter)
	}
	return b, l.list
}

// loader carries what every step of loading one benchmark needs.
type loader struct {
	dir     *os.Root
	spec    study.Benchmark
	prompt  Template
	choices Path       // of the list of choices, or
	fixed   []Template // one template a choice
	answer  Path
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

// items reads the rows of a file. Bad rows are told or, if the benchmark says so, skipped.
func (l *loader) items(source string, limit int, key string) ([]Item, []SkippedRow) {
	f, err := files.OpenIn(l.dir, source)
	if err != nil {
		l.fault(key, fmt.Sprintf("%q cannot be read", source), err.Error())
		return nil, nil
	}
	defer f.Close()
	var items []Item
	var bad []SkippedRow
	seen := map[string]int{}
	err = readRows(f, func(r row) bool {
		item, fault := l.item(r)
		if first, taken := seen[item.ID]; fault == "" && taken {
			fault = fmt.Sprintf("the id %q is also that of line %d", item.ID, first)
		}
		if fault != "" {
			bad = append(bad, SkippedRow{r.line, fault})
			return true
		}
		seen[item.ID] = r.line
		items = append(items, item)
		return limit == 0 || len(items) < limit
	})
	file := filepath.Join(l.dir.Name(), source)
	l.badRows(file, bad, len(items), key)
	if err != nil {
		l.broken(file, err)
	}
	if len(items) == 0 && err == nil && (len(bad) == 0 || l.spec.OnBadRow == "skip") {
		l.fault(key, fmt.Sprintf("%q has no usable rows", source), "A benchmark needs at least one item.")
	}
	return items, bad
}

// broken tells of a fault that ended the reading of a file.
func (l *loader) broken(file string, err error) {
	at := diag.Range{File: file}
	if broken, ok := errors.AsType[*brokenFile](err); ok && broken.line > 0 {
		at.Start = diag.Pos{Line: broken.line, Column: 1}
		at.End = at.Start
	}
	l.list = append(l.list, diag.Diagnostic{Summary: "the file cannot be read to its end", Detail: err.Error(), Range: at})
}

// badRows tells the first of them and counts the rest, or warns of their number where they are skipped.
func (l *loader) badRows(file string, bad []SkippedRow, good int, key string) {
	if len(bad) == 0 {
		return
	}
	if l.spec.OnBadRow == "skip" {
		l.list = append(l.list, diag.Diagnostic{
			Severity: diag.Warning, Summary: fmt.Sprintf("benchmark %q: %d of %d rows are skipped", l.spec.ID, len(bad),
				len(bad)+good),
			Detail: fmt.Sprintf("The first is line %d: %s.", bad[0].Line, bad[0].Reason), Range: l.place(key),
		})
		return
	}
	for _, row := range bad[:min(len(bad), mostBadRows)] {
		at := diag.Pos{Line: row.Line, Column: 1}
		l.list = append(l.list, diag.Diagnostic{Summary: row.Reason, Range: diag.Range{File: file, Start: at, End: at}})
	}
	if more := len(bad) - mostBadRows; more > 0 {
		at := diag.Pos{Line: bad[mostBadRows].Line, Column: 1}
		l.list = append(l.list, diag.Diagnostic{
			Summary: fmt.Sprintf("%d rows are bad from here on", more),
			Detail:  `on_bad_row = "skip" in the benchmark's table leaves bad rows out and counts them.`,
			Range:   diag.Range{File: file, Start: at, End: at},
		})
	}
}

// finish moves white space from the end of the prompt to the front of what follows, as lm-evaluation-harness does, since
// tokens usually begin with their space.
func (it *Item) finish(delimiter string) {
	trimmed := strings.TrimRightFunc(it.Prompt, IsSpace)
	it.Delimiter = it.Prompt[len(trimmed):] + delimiter
	it.Prompt = trimmed
}

// IsSpace is what Python's str.rstrip strips: Unicode white space and four separators of ASCII.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

package benchmark

import (
	"encoding/json"
	"fmt"
	"strings"

	"sdmap/internal/rows"
	"sdmap/internal/study"
)

// place is where a row stands.
type place struct {
	file   int // index in the loader's files
	line   int // 0 where the form of the file has none
	number int // of the row in the benchmark, from 1
}

// pending is an item whose answer is not yet read: how answers are written shows only in all of them.
type pending struct {
	Item
	at     place
	answer any
	labels []string // of the choices; nil where they have none
	odd    []oddity // what is told of the row though it is taken
}

// item makes an item of a row, without examples, or says what is wrong with the row.
func (l *loader) item(r rows.Row, at place) (pending, string) {
	if r.Fault != "" {
		return pending{}, r.Fault
	}
	p := pending{at: at, Item: Item{Line: r.Line, Answer: -1}}
	if r.Line == 0 {
		p.Line = r.Number
	}
	if err := l.fill(&p, r.Fields, at.number); err != nil {
		return pending{}, err.Error()
	}
	p.notes(r.Notes)
	p.look(l)
	return p, ""
}

func (l *loader) fill(p *pending, fields rows.Object, number int) (err error) {
	if p.ID, err = rowID(fields, number); err != nil {
		return err
	}
	if p.Prompt, err = l.prompt.Render(fields); err != nil {
		return err
	}
	if p.Question = strings.TrimFunc(p.Prompt, IsSpace); p.Question == "" {
		return fmt.Errorf("the prompt is empty")
	}
	if l.spec.Wording != "" {
		value, err := l.wording.Value(fields)
		if err == nil {
			p.Wording, err = l.wording.text(value)
		}
		if err != nil {
			return err
		}
	}
	if l.spec.Task == study.Generate {
		value, err := l.answer.Value(fields)
		if err == nil {
			err = l.references(&p.Item, withOthers(value, fields))
		}
		return err
	}
	if err = l.choose(p, fields); err != nil {
		return err
	}
	if p.Truths == nil {
		if p.answer, err = l.answer.Value(fields); err != nil {
			return err
		}
		p.answer = ownMemory(p.answer)
		if err = p.takeTruths(); err != nil {
			return err
		}
	}
	if p.Truths != nil {
		err = l.checkTruths(&p.Item)
	} else if !p.readable(l.reading) {
		err = fmt.Errorf("%s", l.reading.why(p))
	}
	if err != nil {
		return err
	}
	if l.spec.Blank != "" {
		if err = p.fillBlank(l.spec.Blank, l.spec.Delimiter); err != nil {
			return err
		}
	}
	p.Lettered = lettered(p.Question, p.Choices)
	return nil
}

// ownMemory is a text apart from the row that it stands in, which could not be freed otherwise.
func ownMemory(value any) any {
	switch v := value.(type) {
	case string:
		return strings.Clone(v)
	case json.Number:
		return json.Number(strings.Clone(v.String()))
	}
	return value
}

// rowID is the row's "id", or its number where it has none.
func rowID(fields rows.Object, number int) (string, error) {
	value, _ := fields.Get("id")
	switch v := value.(type) {
	case nil:
		return fmt.Sprintf("row-%d", number), nil
	case json.Number:
		return strings.Clone(v.String()), nil
	case string:
		if strings.TrimSpace(v) != "" {
			return strings.Clone(v), nil
		}
	}
	return "", fmt.Errorf(`"id" must be a text or a number`)
}

// references are the texts that a generated answer is compared with: one, or those of a list.
func (l *loader) references(it *Item, value any) error {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	if len(list) == 0 {
		return fmt.Errorf("the answer %q is a list without a reference", l.answer)
	}
	for _, v := range list {
		text, err := l.reference(v)
		if err != nil {
			return err
		}
		it.References = append(it.References, text)
	}
	it.Reference = it.References[0]
	return nil
}

func (l *loader) reference(value any) (string, error) {
	text, ok := scalarText(value)
	if table, isTable := value.(rows.Object); isTable {
		text, ok = spanText(table)
	}
	if !ok {
		return "", fmt.Errorf("the answer %q is %s, not text", l.answer, rows.KindOf(value))
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("the answer %q is empty", l.answer)
	}
	if l.spec.Metric == "numeric" {
		if err := checkNumber(text); err != nil {
			return "", err
		}
	}
	return strings.Clone(text), nil
}

// fillBlank makes a context of each choice, put in place of the mark, and of what stands behind the mark the text that is
// scored. White space at the end of a context goes to the front of that text, as everywhere.
func (p *pending) fillBlank(mark, delimiter string) error {
	before, after, found := strings.Cut(p.Prompt, mark)
	if !found || strings.Contains(after, mark) {
		return fmt.Errorf("the blank %q stands %d times in the prompt, not once", mark, strings.Count(p.Prompt, mark))
	}
	if after = strings.TrimFunc(after, IsSpace); after == "" {
		return fmt.Errorf("nothing stands behind the blank %q: there is nothing to score", mark)
	}
	for _, c := range p.Choices {
		context := before + c
		trimmed := strings.TrimRightFunc(context, IsSpace)
		p.Contexts = append(p.Contexts, trimmed)
		p.Continuations = append(p.Continuations, context[len(trimmed):]+delimiter+after)
	}
	return nil
}

// solved is the item as an example: its prompt with the right answer.
func (it Item) solved(delimiter string) string {
	if it.Contexts != nil {
		return it.Contexts[it.Answer] + it.Continuations[it.Answer]
	}
	return it.Prompt + delimiter + it.Reference
}

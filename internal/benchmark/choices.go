package benchmark

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/rows"
	"sdmap/internal/study"
)

// choose reads the row's choices, with their labels or truths where the file gives them: at least two and none empty.
func (l *loader) choose(p *pending, fields rows.Object) error {
	if err := l.rawChoices(p, fields); err != nil {
		return err
	}
	if len(p.Choices) < 2 {
		return fmt.Errorf("choices needed: at least two; the row has %d", len(p.Choices))
	}
	for i, c := range p.Choices {
		if strings.TrimSpace(c) == "" {
			return fmt.Errorf("choice %d is empty", i+1)
		}
	}
	return nil
}

func (l *loader) rawChoices(p *pending, fields rows.Object) (err error) {
	for _, t := range l.fixed {
		text, err := t.Render(fields)
		if err != nil {
			return err
		}
		p.Choices = append(p.Choices, text)
	}
	if l.fixed != nil {
		return nil
	}
	value, err := l.choices.Value(fields)
	if err != nil {
		return err
	}
	switch v := value.(type) {
	case []any:
		return p.choiceList(v)
	case rows.Object:
		return p.choiceTable(v)
	}
	return fmt.Errorf("%q is %s; choices are a list", l.choices, rows.KindOf(value))
}

// choiceList takes a list of texts, or of tables with text and label.
func (p *pending) choiceList(list []any) error {
	for i, v := range list {
		label := any(nil)
		if o, ok := v.(rows.Object); ok {
			text, hasText := o.Get("text")
			var hasLabel bool
			if label, hasLabel = o.Get("label"); hasText && hasLabel {
				v = text
			}
		}
		text, ok := scalarText(v)
		if !ok {
			return fmt.Errorf("choice %d is %s, not text", i+1, rows.KindOf(v))
		}
		p.Choices = append(p.Choices, strings.Clone(text))
		if label == nil {
			continue
		}
		if err := p.addLabel(label); err != nil {
			return err
		}
	}
	if p.labels != nil && len(p.labels) != len(p.Choices) {
		return fmt.Errorf("%d of %d choices have labels", len(p.labels), len(p.Choices))
	}
	return nil
}

func (p *pending) addLabel(label any) error {
	text, ok := scalarText(label)
	if !ok || strings.TrimSpace(text) == "" {
		return fmt.Errorf("the label of choice %d is %s, not text", len(p.labels)+1, rows.KindOf(label))
	}
	if text = strings.TrimSpace(text); slices.Contains(p.labels, text) {
		return fmt.Errorf("two choices have the label %q", clip(text))
	}
	p.labels = append(p.labels, strings.Clone(text))
	return nil
}

// choiceTable takes a table of lists (text or choices, with label or labels), one of truths by text, or one of texts by label.
func (p *pending) choiceTable(o rows.Object) error {
	texts, found := firstList(o, "text", "choices")
	if found {
		if err := p.choiceList(texts); err != nil {
			return err
		}
		marks, found := firstList(o, "label", "labels")
		switch {
		case !found:
			return nil
		case len(marks) != len(texts):
			return fmt.Errorf("there are %d choices and %d labels", len(texts), len(marks))
		}
		if p.Truths = truths(marks); p.Truths != nil {
			return nil
		}
		for _, m := range marks {
			if err := p.addLabel(m); err != nil {
				return err
			}
		}
		return nil
	}
	return p.byName(o)
}

func firstList(o rows.Object, names ...string) ([]any, bool) {
	for _, name := range names {
		value, _ := o.Get(name)
		if list, ok := value.([]any); ok {
			return list, true
		}
	}
	return nil, false
}

// byName takes {"a true answer": 1, "a false one": 0}, or {"A": "the first choice", "B": "the second"}.
func (p *pending) byName(o rows.Object) error {
	values := make([]any, len(o))
	for i, f := range o {
		values[i] = f.Value
	}
	if p.Truths = truths(values); p.Truths != nil {
		for _, name := range o.Names() {
			p.Choices = append(p.Choices, strings.Clone(name))
		}
		return nil
	}
	for _, f := range o {
		text, ok := scalarText(f.Value)
		if !ok {
			return fmt.Errorf("choice %q is %s, not text", clip(f.Name), rows.KindOf(f.Value))
		}
		if f.Value == nil {
			continue // Parquet has a column for the options that other rows have
		}
		p.Choices = append(p.Choices, strings.Clone(text))
		if err := p.addLabel(f.Name); err != nil {
			return err
		}
	}
	return nil
}

// truths are marks of true and false; nil if the values are none, or none is true: numbers can be labels too.
func truths(values []any) []bool {
	out := make([]bool, len(values))
	any := false
	for i, v := range values {
		switch v := v.(type) {
		case bool:
			out[i] = v
		case json.Number:
			if v != "0" && v != "1" {
				return nil
			}
			out[i] = v == "1"
		default:
			return nil
		}
		any = any || out[i]
	}
	if !any {
		return nil
	}
	return out
}

// takeTruths reads an answer that is a list of truths, one a choice.
func (p *pending) takeTruths() error {
	list, ok := p.answer.([]any)
	if !ok {
		return nil
	}
	if p.Truths = truths(list); p.Truths == nil {
		return fmt.Errorf("the answer is a list, and not of true and false for each choice")
	}
	if len(p.Truths) != len(p.Choices) {
		return fmt.Errorf("there are %d choices, and the answer is a list of %d", len(p.Choices), len(p.Truths))
	}
	return nil
}

// checkTruths sets the answer of an item that says of each choice whether it is true. Only one metric takes several.
func (l *loader) checkTruths(it *Item) error {
	n := count(it.Truths, true)
	if n > 1 && l.spec.Metric != study.MC2 {
		return fmt.Errorf(`%d choices are true; metric = %q takes several, others one`, n, study.MC2)
	}
	it.Answer = slices.Index(it.Truths, true)
	return nil
}

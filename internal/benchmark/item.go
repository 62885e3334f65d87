package benchmark

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sdmap/internal/study"
)

// item makes an item of a row, without examples, or says what is wrong with the row.
func (l *loader) item(r row) (Item, string) {
	if r.fault != "" {
		return Item{}, r.fault
	}
	it := Item{Line: r.line, Answer: -1}
	fault := l.fill(&it, r)
	if fault != nil {
		return Item{}, fault.Error()
	}
	return it, ""
}

func (l *loader) fill(it *Item, r row) (err error) {
	if it.ID, err = rowID(r); err != nil {
		return err
	}
	if it.Prompt, err = l.prompt.Render(r.fields); err != nil {
		return err
	}
	if it.Question = strings.TrimFunc(it.Prompt, IsSpace); it.Question == "" {
		return fmt.Errorf("the prompt is empty")
	}
	value, err := l.answer.Value(r.fields)
	if err != nil {
		return err
	}
	if l.spec.Task == study.Generate {
		it.Reference, err = l.reference(value)
		return err
	}
	if it.Choices, err = l.choicesOf(r.fields); err != nil {
		return err
	}
	if it.Answer, err = answerIndex(l.answer, value, it.Choices); err != nil {
		return err
	}
	it.Reference = it.Choices[it.Answer]
	it.Lettered = lettered(it.Question, it.Choices)
	return nil
}

// rowID is the row's "id", or its number where it has none.
func rowID(r row) (string, error) {
	switch v := r.fields["id"].(type) {
	case nil:
		return fmt.Sprintf("row-%d", r.number), nil
	case json.Number:
		return v.String(), nil
	case string:
		if strings.TrimSpace(v) != "" {
			return v, nil
		}
	}
	return "", fmt.Errorf(`"id" must be a text or a number`)
}

// reference is the text that a generated answer is compared with.
func (l *loader) reference(value any) (string, error) {
	text, ok := scalarText(value)
	if !ok {
		return "", fmt.Errorf("the answer %q is %s, not text", l.answer, kindOf(value))
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("the answer %q is empty", l.answer)
	}
	if l.spec.Metric == "numeric" && lastNumber(text) == nil {
		return "", fmt.Errorf("the answer %q has no number, which metric numeric needs", clip(text))
	}
	return text, nil
}

// choicesOf are the row's choices, at least two and none empty.
func (l *loader) choicesOf(fields map[string]any) ([]string, error) {
	choices, err := l.rawChoices(fields)
	if err != nil {
		return nil, err
	}
	if len(choices) < 2 {
		return nil, fmt.Errorf("choices needed: at least two; the row has %d", len(choices))
	}
	for i, c := range choices {
		if strings.TrimSpace(c) == "" {
			return nil, fmt.Errorf("choice %d is empty", i+1)
		}
	}
	return choices, nil
}

func (l *loader) rawChoices(fields map[string]any) ([]string, error) {
	var choices []string
	for _, t := range l.fixed {
		text, err := t.Render(fields)
		if err != nil {
			return nil, err
		}
		choices = append(choices, text)
	}
	if l.fixed != nil {
		return choices, nil
	}
	value, err := l.choices.Value(fields)
	if err != nil {
		return nil, err
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%q is %s; choices are a list", l.choices, kindOf(value))
	}
	for i, v := range list {
		text, ok := scalarText(v)
		if !ok {
			return nil, fmt.Errorf("choice %d is %s, not text", i+1, kindOf(v))
		}
		choices = append(choices, text)
	}
	return choices, nil
}

// answerIndex finds the right choice: an integer is its index from 0; a text is a choice's own text or, where no choice
// reads so, its letter; true and false are the indexes 1 and 0.
func answerIndex(path Path, value any, choices []string) (int, error) {
	switch v := value.(type) {
	case json.Number:
		i, err := strconv.Atoi(v.String())
		if err != nil {
			return 0, fmt.Errorf("the answer %s is not an integer", clip(v.String()))
		}
		return inChoices(i, v.String(), choices)
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case string:
		return textAnswer(v, choices)
	}
	return 0, fmt.Errorf("the answer %q is %s; it must be an index, a letter or a choice's text", path, kindOf(value))
}

func textAnswer(text string, choices []string) (int, error) {
	found, count := 0, 0
	for i, c := range choices {
		if strings.TrimSpace(c) == strings.TrimSpace(text) {
			found, count = i, count+1
		}
	}
	switch t := strings.TrimSpace(text); {
	case count == 1:
		return found, nil
	case count > 1:
		return 0, fmt.Errorf("the answer %q is the text of %d choices", clip(text), count)
	case len(t) == 1 && t[0] >= 'A' && t[0] <= 'Z':
		return inChoices(int(t[0]-'A'), t, choices)
	case len(t) == 1 && t[0] >= 'a' && t[0] <= 'z':
		return inChoices(int(t[0]-'a'), t, choices)
	}
	return 0, fmt.Errorf("the answer %q is neither a letter nor the text of a choice", clip(text))
}

func inChoices(i int, text string, choices []string) (int, error) {
	if i < 0 || i >= len(choices) {
		return 0, fmt.Errorf("the answer %s is out of range: there are %d choices", text, len(choices))
	}
	return i, nil
}

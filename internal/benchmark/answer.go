package benchmark

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sdmap/internal/rows"
)

// A reading is how answers are written: one of study.Readings. A file has one.
//
//	index0, index1  the number of the choice, counted from 0 or from 1
//	letter          A or a for the first, also as (A), A. or A)
//	label           the label that the file itself gives the choice
//	text            the words of the choice
type reading string

// readings in the order in which they are tried. A file that labels its choices says by it what its answers are.
var readings = []reading{"label", "text", "letter", "index0", "index1"}

// index is the choice that p's answer names under the reading, if it names one.
func (r reading) index(p *pending) (int, bool) {
	text, ok := scalarText(p.answer)
	if text = strings.TrimSpace(text); !ok || text == "" {
		return 0, false
	}
	if i, ok := ofTruth(p, text); ok {
		return i, true
	}
	switch r {
	case "label":
		i := slices.Index(p.labels, text)
		return i, i >= 0
	case "text":
		return only(p.Choices, text)
	case "letter":
		return ofLetter(p.answer, text, len(p.Choices))
	case "index0":
		return ofNumber(text, 0, len(p.Choices))
	}
	return ofNumber(text, 1, len(p.Choices))
}

// ofTruth reads false and true, which are the first and the second choice under any reading; as text, as tables write them, only
// where there are two choices that do not read so themselves.
func ofTruth(p *pending, text string) (int, bool) {
	truth, isBool := p.answer.(bool)
	if !isBool {
		word := strings.ToLower(text)
		truth = word == "true"
		isBool = (truth || word == "false") && len(p.Choices) == 2 && count(p.Choices, text) == 0
	}
	if truth {
		return 1, isBool
	}
	return 0, isBool
}

// readable says whether the answer fits the reading or, where none is known yet, any.
func (p *pending) readable(r reading) bool {
	return slices.ContainsFunc(readings, func(other reading) bool {
		_, ok := other.index(p)
		return ok && (r == "" || r == other)
	})
}

// only is the choice that reads so, if exactly one does.
func only(choices []string, text string) (int, bool) {
	choices = trimmed(choices)
	return slices.Index(choices, text), count(choices, text) == 1
}

func count[T comparable](all []T, wanted T) int {
	n := 0
	for _, v := range all {
		if v == wanted {
			n++
		}
	}
	return n
}

func trimmed(texts []string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = strings.TrimSpace(s)
	}
	return out
}

func ofLetter(answer any, text string, choices int) (int, bool) {
	if _, isText := answer.(string); !isText {
		return 0, false
	}
	text = strings.ToUpper(strings.TrimRight(strings.TrimPrefix(text, "("), ").:"))
	if len(text) != 1 || text[0] < 'A' || text[0] > 'Z' {
		return 0, false
	}
	i := int(text[0] - 'A')
	return i, i < choices
}

func ofNumber(text string, first, choices int) (int, bool) {
	i, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
	i -= first
	return i, err == nil && i >= 0 && i < choices
}

// settle reads the answers of all items as the file has them, or as it must be told. Items whose answer does not fit are bad
// rows; the others stay in the memory of items.
func (l *loader) settle(items []pending, key string) (good []pending, bad []badRow) {
	r := l.reading
	if r == "" && slices.ContainsFunc(items, func(p pending) bool { return p.Truths == nil }) {
		if r = l.infer(items, key); r == "" {
			return nil, nil
		}
		l.reading = r
	}
	good = items[:0]
	for n := range items {
		p := &items[n]
		if p.Truths == nil {
			i, ok := r.index(p)
			if !ok {
				bad = append(bad, badRow{p.at, r.why(p)})
				continue
			}
			p.Answer = i
		}
		p.Reference = p.Choices[p.Answer]
		good = append(good, *p)
	}
	return good, bad
}

// infer is the reading that fits most rows, of those that do not say of each choice whether it is true; where two fit as many
// and differ, that is a fault.
func (l *loader) infer(items []pending, key string) reading {
	most := 0
	var best []reading
	for _, r := range readings {
		fits := 0
		for n := range items {
			if _, ok := r.index(&items[n]); ok && items[n].Truths == nil {
				fits++
			}
		}
		if fits > most {
			most, best = fits, nil
		}
		if fits == most && fits > 0 {
			best = append(best, r)
		}
	}
	switch {
	case len(best) == 0:
		return "text" // and no row fits it
	case best[0] == "label":
		return best[0]
	}
	for _, r := range best[1:] {
		if p, differ := firstDifference(items, best[0], r); differ {
			l.ambiguous(p, best[0], r, key)
			return ""
		}
	}
	return best[0]
}

func firstDifference(items []pending, a, b reading) (*pending, bool) {
	for n := range items {
		p := &items[n]
		if p.Truths != nil {
			continue
		}
		i, okA := a.index(p)
		k, okB := b.index(p)
		if okA != okB || i != k {
			return p, true
		}
	}
	return nil, false
}

// ambiguous shows a row under both readings, and the key that settles it.
func (l *loader) ambiguous(p *pending, a, b reading, key string) {
	show := func(r reading) string {
		if i, ok := r.index(p); ok {
			return fmt.Sprintf("as %s, choice %d %q", r, i+1, clip(p.Choices[i]))
		}
		return fmt.Sprintf("as %s, none", r)
	}
	text, _ := scalarText(p.answer)
	d := l.at(p.at, fmt.Sprintf("the answers can be read in two ways: %q is, %s, or, %s", clip(text), show(a), show(b)))
	d.Detail = fmt.Sprintf("Of the answers of benchmark %q as many fit one reading as the other.", l.spec.ID)
	d.Suggestion = fmt.Sprintf("Write answer_is = %q or answer_is = %q in its table.", a, b)
	l.list = append(l.list, d)
}

// why says why an answer does not fit the reading, or any.
func (r reading) why(p *pending) string {
	text, ok := scalarText(p.answer)
	if !ok || p.answer == nil {
		return fmt.Sprintf("the answer is %s; it must be an index, a letter, a label or a choice's text", rows.KindOf(p.answer))
	}
	shown, n := clip(strings.TrimSpace(text)), len(p.Choices)
	twice := count(trimmed(p.Choices), strings.TrimSpace(text)) > 1
	switch {
	case twice && (r == "text" || r == ""):
		return fmt.Sprintf("the answer %q is the text of more than one choice", shown)
	case r == "":
		return fmt.Sprintf("the answer %q is no index, letter, label or text of one of %d choices", shown, n)
	case r == "label":
		return fmt.Sprintf("the answer %q is none of the labels %s", shown, clip(strings.Join(p.labels, ", ")))
	case r == "index0":
		return fmt.Sprintf("the answer %q is not an index from 0 to %d", shown, n-1)
	case r == "index1":
		return fmt.Sprintf("the answer %q is not an index from 1 to %d", shown, n)
	}
	return fmt.Sprintf("the answer %q is not the %s of one of %d choices", shown, r, n)
}

package benchmark

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/rows"
	"sdmap/internal/study"
)

// oddity is what is told of a row that is taken as it is: nothing is mended in silence, or at all.
type oddity struct {
	kind int
	what string
}

// Kinds of oddities, in the order in which they are told.
const (
	equalChoices = iota
	goldTwice
	doubledBlank
	endsInSpace
	halfSurrogate
	nulByte
	twiceKey
	noMatch
	kinds
)

// remedies say what can be done about each kind.
var remedies = [kinds]string{
	equalChoices: "Equal choices have equal scores and take each other's wins. Correct the row, or leave it out.",
	goldTwice:    "A model that picks the other is counted wrong. Correct the row, or leave it out.",
	doubledBlank: `Models have seldom met two blanks. Write delimiter = "", or take the blank out of the row.`,
	endsInSpace: "The white space goes to the front of what follows, as in lm-evaluation-harness, and stands there beside the " +
		"delimiter. Take it out of the row or of the prompt.",
	halfSurrogate: "It is read as U+FFFD, which no text holds on purpose. Write the character itself in the file.",
	nulByte:       "Many tokenizers end a text there or refuse it. Take it out of the file.",
	twiceKey:      "The last value counts, as in most readers of JSON. Take one out of the file.",
	noMatch:       "It is compared whole. Widen the pattern, if it should match references too.",
}

// keptSpace is the remedy of endsInSpace where replies are generated.
const keptSpace = "It is sent as it stands, as in lm-evaluation-harness. A blank there often spoils the reply, since tokens " +
	"usually begin with their space: take it out of the row or of the prompt, unless it is meant."

func (l *loader) remedy(kind int) string {
	if kind == endsInSpace && l.spec.Task == study.Generate {
		return keptSpace
	}
	return remedies[kind]
}

func (p *pending) tell(kind int, what string, args ...any) {
	p.odd = append(p.odd, oddity{kind, fmt.Sprintf(what, args...)})
}

// notes takes over what the reader of the row saw.
func (p *pending) notes(notes []rows.Note) {
	for _, n := range notes {
		switch n.Kind {
		case rows.DuplicateKey:
			p.tell(twiceKey, "the key %q stands twice in one object", clip(n.Text))
		case rows.LoneSurrogate:
			p.tell(halfSurrogate, "%q holds half of a surrogate pair", clip(n.Text))
		}
	}
}

// look finds what is odd about the texts of an item. What depends on its answer is found once that is known; see lookAgain.
func (p *pending) look(l *loader) {
	if !l.endsInSpace() && strings.TrimRightFunc(p.Prompt, IsSpace) != p.Prompt {
		p.tell(endsInSpace, "the prompt ends in white space")
	}
	for _, text := range append([]string{p.Prompt}, append(p.Choices, p.References...)...) {
		if strings.IndexByte(text, 0) >= 0 {
			p.tell(nulByte, "a NUL stands in %q", clip(text))
			break
		}
	}
	if p.Contexts != nil || l.spec.Chat {
		return
	}
	spaced := strings.TrimRightFunc(l.spec.Delimiter, IsSpace) != l.spec.Delimiter
	for i, c := range p.Choices {
		if spaced && strings.TrimLeftFunc(c, IsSpace) != c {
			p.tell(doubledBlank, "white space stands twice between the prompt and choice %d", i+1)
			return
		}
	}
}

func (l *loader) endsInSpace() bool {
	return strings.TrimRightFunc(l.spec.Prompt, IsSpace) != l.spec.Prompt
}

// trailing warns once of a template that ends in white space.
func (l *loader) trailing() {
	l.list = append(l.list, diag.Diagnostic{Severity: diag.Warning,
		Summary: fmt.Sprintf("the prompt of benchmark %q ends in white space", l.spec.ID), Detail: l.remedy(endsInSpace),
		Range: l.place("prompt")})
}

// lookAgain finds choices that read alike.
func (p *pending) lookAgain() {
	texts := trimmed(p.Choices)
	for i, c := range texts {
		k := slices.Index(texts, c)
		switch {
		case k == i:
		case (i == p.Answer || k == p.Answer) && p.Truths == nil:
			p.tell(goldTwice, "the right choice %q stands twice, as choices %d and %d", clip(c), k+1, i+1)
		default:
			p.tell(equalChoices, "choices %d and %d read alike: %q", k+1, i+1, clip(c))
		}
	}
}

// oddRows tells the first rows of each kind and counts the rest.
func (l *loader) oddRows(found []pending) {
	l.unmatched(found)
	var told [kinds]int
	var more [kinds]place
	for i := range found {
		p := &found[i]
		p.lookAgain()
		for _, o := range p.odd {
			if told[o.kind]++; told[o.kind] == mostTold+1 {
				more[o.kind] = p.at
			}
			if told[o.kind] > mostTold {
				continue
			}
			d := l.at(p.at, o.what)
			d.Severity, d.Detail = diag.Warning, l.remedy(o.kind)
			l.list = append(l.list, d)
		}
		p.odd = nil
	}
	for kind, n := range told {
		if n > mostTold {
			d := l.at(more[kind], fmt.Sprintf("%d more such rows from here on", n-mostTold))
			d.Severity, d.Detail = diag.Warning, l.remedy(kind)
			l.list = append(l.list, d)
		}
	}
}

// unmatched notes references that the pattern does not match, where it matches others.
func (l *loader) unmatched(found []pending) {
	if l.pattern == nil || l.spec.Metric != "regex" {
		return
	}
	matches := 0
	var without []int
	for i, p := range found {
		for _, r := range p.References {
			if _, ok := group(l.pattern, r, l.spec.Last); ok {
				matches++
			} else {
				without = append(without, i)
			}
		}
	}
	if matches == 0 && len(found) > 0 {
		l.list = append(l.list, diag.Diagnostic{Severity: diag.Warning, Range: l.place("pattern"),
			Summary: fmt.Sprintf("the pattern of benchmark %q matches no reference", l.spec.ID),
			Detail:  "References are compared whole with what the pattern finds in replies."})
		return
	}
	for _, i := range without {
		found[i].tell(noMatch, "the pattern does not match the reference %q", clip(found[i].Reference))
	}
}

package diag

import (
	"fmt"
	"slices"
	"strings"
)

// MostOfAKind is how many faults of one kind are told one by one; the others are counted.
const MostOfAKind = 20

// Collector gathers what is wrong with a text. Of each kind it keeps the first faults and the number of the rest, so that
// neither people nor memory drown in a fault that was made a hundred thousand times.
type Collector struct {
	list  List
	kinds map[kind]*tally
}

// kind is what faults have in common of which only the first are told.
type kind struct {
	file     string
	severity Severity
	words    string
}

// tally counts the faults of a kind and remembers where those begin that are only counted.
type tally struct {
	seen int
	rest Range
}

// Add keeps a diagnostic, or counts it. Those of one kind differ, in their summaries, only in numbers and in what is quoted.
func (c *Collector) Add(d Diagnostic) {
	if c.count(kind{d.Range.File, d.Severity, wordsOf(d.Summary)}, d.Range) {
		c.list = append(c.list, d)
	}
}

// Tells counts an error of a kind, given in words, and says whether it is among the first, which are to be described by Add:
// for faults that may be many and whose description takes time to make.
func (c *Collector) Tells(words string, at Range) bool {
	return c.count(kind{at.File, Error, words}, at)
}

func (c *Collector) count(of kind, at Range) bool {
	if c.kinds == nil {
		c.kinds = map[kind]*tally{}
	}
	t := c.kinds[of]
	if t == nil {
		t = &tally{}
		c.kinds[of] = t
	}
	if t.seen++; t.seen == MostOfAKind+1 {
		t.rest = at
	}
	return t.seen <= MostOfAKind
}

// List is what was gathered, sorted. Where faults were only counted, one diagnostic says how many and where they begin.
func (c *Collector) List() List {
	list := slices.Clone(c.list)
	for of, t := range c.kinds {
		if more := t.seen - MostOfAKind; more > 0 {
			list = append(list, Diagnostic{Severity: of.severity, Summary: fmt.Sprintf("%d more from here on: %s", more,
				of.words), Range: t.rest})
		}
	}
	return list.Sort()
}

// Empty says whether nothing was found.
func (c *Collector) Empty() bool { return len(c.kinds) == 0 }

// longestKind bounds the words of a kind; they say enough by then.
const longestKind = 120

// wordsOf is a summary with "…" for what it quotes and for numbers.
func wordsOf(summary string) string {
	var b strings.Builder
	for i := 0; i < len(summary) && b.Len() < longestKind; {
		switch c := summary[i]; {
		case c == '"':
			i += quoted(summary[i:])
			b.WriteString(`"…"`)
		case c >= '0' && c <= '9':
			i += len(summary[i:]) - len(strings.TrimLeft(summary[i:], "0123456789"))
			b.WriteString("…")
		default:
			b.WriteByte(c)
			i++
		}
	}
	return strings.ToValidUTF8(b.String(), "")
}

// quoted is the length of the quoted text at the beginning of s.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

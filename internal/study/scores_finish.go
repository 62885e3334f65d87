package study

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"sdmap/internal/diag"
)

// finish decides what only whole columns can tell: which hold no scores, which are means of others, what is missing.
func (c *scoreSheet) finish() {
	c.tellLacking()
	c.leaveOutTexts()
	c.pad()
	c.tellCells(c.scored)
	if !c.found.Empty() {
		return
	}
	if c.roles.long() {
		c.unmet(c.columns, c.scoredNames())
	}
	c.unmet(c.perplexities, c.scoredNames())
	c.scalePerplexities()
	c.unmetRenamings()
	c.refuseMeans()
	c.warnNegative()
	c.warnShares()
	c.warnTwice()
}

func (c *scoreSheet) scoredNames() []string {
	var out []string
	for _, col := range c.scored {
		out = append(out, col.name)
	}
	return out
}

// lineageWords are what columns of lineages are called by.
var lineageWords = []string{"lineage", "family", "organization", "organisation"}

// calledLineage says whether a column's name is one of a lineage: "Model Family".
func calledLineage(name string) bool {
	return slices.ContainsFunc(lineageWords, func(w string) bool { return strings.Contains(strings.ToLower(name), w) })
}

// likeLineage says whether models share the column's words, of which there are several.
func (col *scoreColumn) likeLineage() bool {
	return calledLineage(col.name) && len(col.words) > 1 && len(col.words) < col.noNumber.n
}

// leaveOutTexts takes the columns out that hold words and no number, unless the study names them; such columns describe models.
func (c *scoreSheet) leaveOutTexts() {
	s, gone := c.study, map[int]bool{}
	var stay []*scoreColumn
	for _, col := range c.scored {
		if col.named || col.numbers > 0 || col.beyond.n > 0 || col.noNumber.n == 0 {
			stay = append(stay, col)
			continue
		}
		gone[col.benchmark] = true
		s.Scores.LeftOut = append(s.Scores.LeftOut, col.name)
		if s.Scores.LikeLineage == "" && c.roles.lineage < 0 && col.likeLineage() {
			s.Scores.LikeLineage = col.name
		}
	}
	if len(gone) == 0 || len(stay) == 0 {
		return
	}
	place := make([]int, len(s.Benchmarks)) // where each benchmark goes
	kept := 0
	for i := range s.Benchmarks {
		if place[i] = -1; !gone[i] {
			place[i], s.Benchmarks[kept] = kept, s.Benchmarks[i]
			kept++
		}
	}
	s.Benchmarks = s.Benchmarks[:kept]
	for _, rows := range [][][]float64{s.Scores.Values, s.Scores.Errors} {
		for r, row := range rows {
			rows[r] = moved(row, place)
		}
	}
	for r, row := range c.counts {
		c.counts[r] = moved(row, place)
	}
	for _, col := range stay {
		col.benchmark = place[col.benchmark]
	}
	c.scored = stay
}

// moved is a row without the columns that have no place any more, in its own memory.
func moved[T any](row []T, place []int) []T {
	n := 0
	for i, v := range row {
		if place[i] >= 0 {
			row[place[i]] = v
			n++
		}
	}
	return row[:n]
}

// pad gives every row of a long table all columns, and forgets what no row has.
func (c *scoreSheet) pad() {
	if !c.roles.long() {
		return
	}
	s, n := c.study.Scores, len(c.study.Benchmarks)
	for r := range s.Values {
		s.Values[r] = append(s.Values[r], blank(n-len(s.Values[r]))...)
		s.Errors[r] = append(s.Errors[r], blank(n-len(s.Errors[r]))...)
		c.counts[r] = append(c.counts[r], make([]int, n-len(c.counts[r]))...)
	}
	if c.roles.errors < 0 {
		s.Errors = nil
	}
	if c.roles.items >= 0 {
		s.Counts = c.counts
	}
}

// tellLacking reports benchmarks that the study writes down and the table does not have.
func (c *scoreSheet) tellLacking() {
	names := c.heads
	if c.roles.long() {
		names = c.scoredNames()
	}
	for i, b := range c.study.Benchmarks {
		if b.ID != "" && !c.matched[i] && c.found.Tells("the table of scores lacks a column", b.At) {
			c.report(b.At, fmt.Sprintf("the table of scores has no column %q", b.ID), "Columns: "+some(names)+".",
				didYouMean(b.ID, names))
		}
	}
}

// warnNegative says which columns hold negative scores: they are read as normalised by chance, and may be meant as missing.
func (c *scoreSheet) warnNegative() {
	n, lowest := 0, 0.0
	var names []string
	for _, col := range c.scored {
		if col.negative > 0 {
			n, lowest, names = n+col.negative, min(lowest, col.lowest*col.scale), append(names, col.name)
		}
	}
	if n > 0 {
		c.found.Add(diag.Diagnostic{Severity: diag.Warning, Summary: fmt.Sprintf("%d scores are negative, down to %.3g", n,
			lowest),
			Detail: "They stand in " + quotedNames(names) + " and are read as normalised by chance, which is 0.",
			Suggestion: fmt.Sprintf("If a negative number stands for a missing score, write missing = [%q] in [scores].",
				fmt.Sprintf("%.3g", lowest)), Range: diag.Range{File: c.sheet}})
	}
}

// Gaps counts what is missing in a table of scores.
type Gaps struct {
	Cells, Missing int
	Benchmarks     []int // indices of those that lack a score
	Pairs, Thinned int   // pairs of benchmarks, and those that some model lacks a score of
	Least, Most    int   // models that have both scores, over all pairs
}

// Gaps counts the missing scores, and the models of each pair of benchmarks.
func (s *Scores) Gaps() Gaps {
	if len(s.Values) == 0 {
		return Gaps{}
	}
	m, n := len(s.Values), len(s.Values[0])
	have := s.present()
	g := Gaps{Cells: m * n, Pairs: n * (n - 1) / 2, Least: m}
	for b, words := range have {
		if k := m - common(words, words); k > 0 {
			g.Missing += k
			g.Benchmarks = append(g.Benchmarks, b)
		}
		for a := range b {
			k := common(have[a], words)
			g.Least, g.Most = min(g.Least, k), max(g.Most, k)
			if k < m {
				g.Thinned++
			}
		}
	}
	return g
}

// present has a bit for each model, by benchmark: whether it has a score.
func (s *Scores) present() [][]uint64 {
	out := make([][]uint64, len(s.Values[0]))
	for b := range out {
		out[b] = make([]uint64, (len(s.Values)+63)/64)
	}
	for i, row := range s.Values {
		for b, v := range row {
			if !math.IsNaN(v) {
				out[b][i/64] |= 1 << (i % 64)
			}
		}
	}
	return out
}

// common counts the models of both sets.
func common(a, b []uint64) int {
	n := 0
	for i, word := range a {
		n += bits.OnesCount64(word & b[i])
	}
	return n
}

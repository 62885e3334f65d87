package benchmark

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/rows"
	"sdmap/internal/study"
)

// mostTold is how many rows of a kind are told one by one; the others are counted.
const mostTold = 20

// badRow is a row that cannot be used, and why.
type badRow struct {
	at     place
	reason string
}

// items reads the rows of files, up to limit items; 0 is all. Bad rows are told or, if the benchmark says so, skipped.
func (l *loader) items(sources []string, limit int, key string) ([]Item, []SkippedRow) {
	l.files = sources
	var found []pending
	var bad []badRow
	seen := map[string]place{}
	number := 0
	var head rows.Object // the first row
	failed := false
	for i := range sources {
		err := l.read(i, func(r rows.Row) bool {
			number++
			if head == nil {
				head = r.Fields
			}
			at := place{i, r.Line, number}
			p, fault := l.item(r, at)
			if first, taken := seen[p.ID]; fault == "" && taken {
				fault = fmt.Sprintf("the id %q is also that of %s", p.ID, l.nameOf(first, i))
			}
			if fault != "" {
				bad = append(bad, badRow{at, fault})
				return true
			}
			seen[p.ID] = at
			found = append(found, p)
			return limit == 0 || len(found) < limit
		})
		if err != nil {
			l.broken(i, err, key)
			failed = true
		}
		if limit > 0 && len(found) >= limit {
			break
		}
	}
	columns := head.Names()
	if l.isCode(columns, key) || len(found) == 0 && len(bad) > 0 && l.lacks(columns) && l.otherLayout(head, key) {
		return nil, nil
	}
	if l.spec.Task == study.Choice {
		var unread []badRow
		found, unread = l.settle(found, key)
		bad = append(bad, unread...)
		slices.SortFunc(bad, func(a, b badRow) int { return a.at.number - b.at.number })
	}
	l.badRows(bad, len(found), key)
	l.oddRows(found)
	if len(found) == 0 && !failed && !l.list.HasErrors() {
		l.fault(key, fmt.Sprintf("%q has no usable rows", strings.Join(sources, ", ")), "A benchmark needs at least one item.")
	}
	return strip(found), l.skipped(bad)
}

// read streams the rows of one of the loader's files.
func (l *loader) read(i int, visit func(rows.Row) bool) error {
	f, err := l.spec.Outside.Open(l.dir, l.files[i])
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	o := rows.Options{List: l.spec.List, Lines: l.spec.Lines, NoHeader: !l.spec.Header,
		Tabs: strings.Contains(l.files[i], ".tsv")}
	return rows.Read(f, info.Size(), o, visit)
}

func strip(found []pending) []Item {
	out := make([]Item, len(found))
	for i, p := range found {
		out[i] = p.Item
	}
	return out
}

func (l *loader) skipped(bad []badRow) []SkippedRow {
	var out []SkippedRow
	for _, b := range bad {
		line := b.at.line
		if line == 0 {
			line = b.at.number
		}
		out = append(out, SkippedRow{l.files[b.at.file], line, b.reason})
	}
	return out
}

// nameOf names a row's place in words, to somebody who reads the file of index here.
func (l *loader) nameOf(at place, here int) string {
	name := fmt.Sprintf("line %d", at.line)
	if at.line == 0 {
		name = fmt.Sprintf("row %d", at.number)
	}
	if at.file != here {
		name += " of " + l.files[at.file]
	}
	return name
}

// at is a diagnostic at a row's place. Where a file has no lines the row is named.
func (l *loader) at(at place, summary string) diag.Diagnostic {
	d := diag.Diagnostic{Summary: summary, Range: diag.Range{File: l.spec.Outside.Shown(l.dir.Name(), l.files[at.file])}}
	if at.line == 0 {
		d.Summary = fmt.Sprintf("row %d: %s", at.number, summary)
		return d
	}
	d.Range.Start = diag.Pos{Line: at.line, Column: 1}
	d.Range.End = d.Range.Start
	return d
}

// broken tells of a fault that ended the reading of a file.
func (l *loader) broken(i int, err error, key string) {
	broken, ok := errors.AsType[*rows.Broken](err)
	if !ok {
		l.fault(key, fmt.Sprintf("%q cannot be read", l.files[i]), err.Error())
		return
	}
	at := diag.Range{File: l.spec.Outside.Shown(l.dir.Name(), l.files[i])}
	if broken.Line > 0 {
		at.Start = diag.Pos{Line: broken.Line, Column: 1}
		at.End = at.Start
	}
	l.list = append(l.list, diag.Diagnostic{Summary: "the file cannot be read to its end", Detail: err.Error(), Range: at})
}

// badRows tells the first of them and counts the rest, or warns of their number where they are skipped.
func (l *loader) badRows(bad []badRow, good int, key string) {
	if len(bad) == 0 {
		return
	}
	if l.spec.OnBadRow == "skip" {
		l.list = append(l.list, diag.Diagnostic{
			Severity: diag.Warning, Summary: fmt.Sprintf("benchmark %q: %d of %d rows are skipped", l.spec.ID, len(bad),
				len(bad)+good),
			Detail: fmt.Sprintf("The first is %s: %s.", l.nameOf(bad[0].at, bad[0].at.file), bad[0].reason), Range: l.place(key),
		})
		return
	}
	if len(bad) > mostTold {
		l.mostBad(bad, good)
	}
	for _, row := range bad[:min(len(bad), mostTold)] {
		l.list = append(l.list, l.at(row.at, row.reason))
	}
	if more := len(bad) - mostTold; more > 0 {
		l.list = append(l.list, l.at(bad[mostTold].at, fmt.Sprintf("%d rows are bad from here on", more)))
	}
}

// mostBad stands before many bad rows: what most of them have in common, and the line that leaves them out.
func (l *loader) mostBad(bad []badRow, good int) {
	times := map[string]int{}
	commonest := bad[0].reason
	for _, row := range bad {
		if times[row.reason]++; times[row.reason] > times[commonest] {
			commonest = row.reason
		}
	}
	d := l.at(bad[0].at, fmt.Sprintf("%d of %d rows are bad", len(bad), len(bad)+good))
	d.Range.Start, d.Range.End = diag.Pos{}, diag.Pos{}
	if n := times[commonest]; n > 1 {
		d.Detail = fmt.Sprintf("Of %d of them: %s.", n, commonest)
	}
	d.Suggestion = `If they can be spared, on_bad_row = "skip" in the benchmark's table leaves them out and counts them.`
	l.list = append(l.list, d)
}

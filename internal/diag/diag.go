// Package diag holds what is wrong with a file that a person wrote, and where: diagnostics.
//
// The pipeline: a reader of some file finds a fault -> a Diagnostic with a Range -> a List, which collects all of them ->
// Print, which shows each with its place, the line itself, a caret and what to do. One run names every fault it can see;
// nobody should have to fix a file one error at a time.
//
// Positions count from one for people (Line, Column) and from zero for programs (Byte). Text that came from files is
// shown through Plain, so that nothing in it can steer a terminal; for documents there is Shown.
package diag

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Severity says whether a study can go on.
type Severity uint8

const (
	Error   Severity = iota // the study does not run
	Warning                 // it runs, and its reader should know
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Pos is a place in a file. The zero Pos means the file as a whole.
type Pos struct {
	Line   int // from 1
	Column int // from 1, in characters (a byte that is not UTF-8 counts as one)
	Byte   int // from 0
}

// Range is the half-open span [Start, End) of File. A zero Start means the file as a whole.
type Range struct {
	File       string
	Start, End Pos
}

// String is file:line:column, or only the file where there is no line.
func (r Range) String() string {
	if r.Start.Line == 0 {
		return Plain(r.File)
	}
	return fmt.Sprintf("%s:%d:%d", Plain(r.File), r.Start.Line, r.Start.Column)
}

// At is the position of a byte offset in src; offsets beyond the end mean the end.
func At(src []byte, offset int) Pos {
	offset = max(0, min(offset, len(src)))
	before := src[:offset]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return Pos{
		Line:   bytes.Count(before, []byte{'\n'}) + 1,
		Column: utf8.RuneCount(before[lineStart:]) + 1,
		Byte:   offset,
	}
}

// Span is the range of the bytes [start, end) of src.
func Span(file string, src []byte, start, end int) Range {
	return Range{File: file, Start: At(src, start), End: At(src, end)}
}

// Diagnostic is one fault and its remedy.
type Diagnostic struct {
	Severity   Severity
	Summary    string // one line, no full stop
	Detail     string // why, or what would be right; may be empty
	Suggestion string // what to write instead; may be empty
	Range      Range
}

// Error makes a diagnostic usable as an error: its place and its summary.
func (d Diagnostic) Error() string {
	if d.Range.File == "" {
		return Plain(d.Summary)
	}
	return d.Range.String() + ": " + Plain(d.Summary)
}

// List is every fault that was found. A List is not an error by itself: ask HasErrors.
type List []Diagnostic

// HasErrors says whether anything in l stops the study.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders l by file, place, severity and summary, and keeps equal diagnostics once.
func (l List) Sort() List {
	sorted := slices.Clone(l)
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Range.File, b.Range.File), cmp.Compare(a.Range.Start.Byte, b.Range.Start.Byte),
			cmp.Compare(a.Range.Start.Line, b.Range.Start.Line), cmp.Compare(a.Range.Start.Column, b.Range.Start.Column),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Summary, b.Summary))
	})
	return slices.Compact(sorted)
}

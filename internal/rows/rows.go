// Package rows reads files of rows in the forms in which benchmarks are published.
//
// The pipeline: file -> gzip or zstd taken off -> its form, told by content (JSON Lines, a JSON array, a list inside one JSON
// object, CSV, TSV, Parquet) -> a stream of Rows, each an Object with its place in the file.
//
// The opinion: a row that cannot be read is a row with a fault, and those behind it are still read; only what makes the rest
// of a file unreadable ends it. Nothing is repaired in silence: what a decoder would quietly change (a key that stands twice,
// half of a surrogate pair) is a Note of its row. Memory is bounded by the longest row, whatever the size of the file.
package rows

import (
	"io"
)

// Object is a row, or a table inside one: its fields in the order of the file. A value is a string, a json.Number, a bool,
// nil, a []any, an Object or an Opaque.
type Object []Field

// Field is a named value.
type Field struct {
	Name  string
	Value any
}

// Opaque is a value that a file holds and that is no text, number or list, such as a decimal: what it is, in words.
type Opaque string

// Get is the value of the field of this name.
func (o Object) Get(name string) (any, bool) {
	for _, f := range o {
		if f.Name == name {
			return f.Value, true
		}
	}
	return nil, false
}

// Names are the names of the fields, in order.
func (o Object) Names() []string {
	names := make([]string, len(o))
	for i, f := range o {
		names[i] = f.Name
	}
	return names
}

// Row is one row of a file: its fields, or what is wrong with it.
type Row struct {
	Line   int // of its beginning, from 1; 0 where the form has no lines
	Number int // of the row in its file, from 1
	Fields Object
	Notes  []Note // what was read otherwise than it is written
	Fault  string
}

// Note is something in a row that decoders pass over in silence.
type Note struct {
	Kind NoteKind
	Text string // the key, or the field, that it is about
}

// NoteKind says what a Note is about.
type NoteKind uint8

const (
	DuplicateKey  NoteKind = iota // a key stands twice in one object; the last value counts
	LoneSurrogate                 // half of a surrogate pair became U+FFFD
)

// Options say what cannot be seen in a file itself.
type Options struct {
	List     string   // of one JSON object: the name of the list of rows, or *.NAME; empty where there is only one
	Lines    []string // of text in which a row is a block of lines: what each begins with, and its name in braces
	NoHeader bool     // CSV and TSV: the first line is a row, and columns are called c1, c2, ...
	Tabs     bool     // columns are parted by tabs where both commas and tabs stand in the first line
}

// Broken is a fault that ends the reading of a file.
type Broken struct {
	Line   int // 0 where not known
	Reason string
}

func (e *Broken) Error() string { return e.Reason }

// Longest bounds the memory that one row can take.
const Longest = 16 << 20

// Read streams the rows of a file of size bytes until visit returns false. Faults of a single row are rows; an error ends the
// file.
func Read(file io.ReaderAt, size int64, o Options, visit func(Row) bool) error {
	s, err := open(file, size)
	if err != nil {
		return err
	}
	defer s.Close()
	first, err := s.first()
	if err != nil {
		return err
	}
	switch {
	case first.parquet && s.packed != "":
		return &Broken{Reason: "it is Parquet inside " + s.packed + ": unpack it first"}
	case o.Lines != nil:
		return readBlocks(s.in, s.blank, o.Lines, visit)
	case first.parquet:
		return readParquet(file, size, visit)
	case first.mark == '[':
		return readArray(s.in, s.blank, visit)
	case first.mark == '{':
		return readObjects(file, size, s, o, visit)
	case first.mark == 0:
		return nil
	}
	return readTable(s.in, s.blank, o, visit)
}

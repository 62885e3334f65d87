package rows

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// mostColumns bounds the leaves of a schema.
const mostColumns = 10_000

// batchOfRows is how many rows are decoded at once.
const batchOfRows = 64

// readParquet streams the rows of a Parquet file. The library reads pages and codecs; rows are put together here, since lists
// and tables of any depth have no Go type to be read into.
func readParquet(file io.ReaderAt, size int64, visit func(Row) bool) (err error) {
	defer func() {
		if p := recover(); p != nil { // the library panics on some damaged files
			err = &Broken{Reason: fmt.Sprintf("the Parquet file is damaged: %v", p)}
		}
	}()
	if err := checkFooter(file, size); err != nil {
		return unreadable(err)
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err == nil {
		err = checkPages(f, file, size)
	}
	if err != nil {
		return unreadable(err)
	}
	if n := len(f.Schema().Columns()); n > mostColumns {
		return &Broken{Reason: fmt.Sprintf("the Parquet file has %d columns; at most %d are read", n, mostColumns)}
	}
	root := nodeOf("", f.Root())
	number := 0
	for _, group := range f.RowGroups() {
		more, err := readGroup(group, root, &number, visit)
		if err != nil {
			return &Broken{Reason: fmt.Sprintf("the Parquet file cannot be read behind row %d: %v", number, err)}
		}
		if !more {
			return nil
		}
	}
	return nil
}

func unreadable(err error) error {
	return &Broken{Reason: fmt.Sprintf("the Parquet file cannot be read: %v; download it again, or save its rows as JSON Lines",
		err)}
}

func readGroup(group parquet.RowGroup, root *node, number *int, visit func(Row) bool) (more bool, err error) {
	in := group.Rows()
	defer in.Close()
	batch := make([]parquet.Row, batchOfRows)
	for {
		n, err := in.ReadRows(batch)
		for _, values := range batch[:n] {
			*number++
			if !visit(parquetRow(values, root, *number)) {
				return false, nil
			}
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

func parquetRow(values parquet.Row, root *node, number int) Row {
	r := Row{Number: number}
	columns := make([][]parquet.Value, root.leaves)
	size := 0
	for _, v := range values {
		columns[v.Column()] = append(columns[v.Column()], v)
		if v.Kind() == parquet.ByteArray {
			size += len(v.ByteArray())
		}
	}
	if size > Longest {
		r.Fault = tooLong
		return r
	}
	r.Fields, _ = root.group(columns, 0, 0).(Object)
	return r
}

// node is a part of the schema: a leaf, a list, or a table of fields.
type node struct {
	name     string
	optional bool
	repeated bool
	leaves   int // columns below it, itself where it is one
	fields   []*node
	list     bool // stands for the list that its only field, which is repeated, holds
	scalar   func(parquet.Value) any
}

func nodeOf(name string, column parquet.Node) *node {
	n := &node{name: name, optional: column.Optional(), repeated: column.Repeated()}
	if column.Leaf() {
		n.leaves, n.scalar = 1, scalarOf(column.Type())
		return n
	}
	for _, f := range column.Fields() {
		inner := nodeOf(f.Name(), f)
		n.fields = append(n.fields, inner)
		n.leaves += inner.leaves
	}
	if name != "" && len(n.fields) == 1 && n.fields[0].repeated { // as lists and maps are written, annotated or not
		n.list = true
		if element := n.fields[0]; len(element.fields) == 1 && element.name != "array" && element.name != name+"_tuple" {
			n.fields[0] = wrapped(element)
		}
	}
	return n
}

// wrapped is a repeated table whose only field is the element of the list that it repeats for.
func wrapped(repeated *node) *node {
	inner := *repeated
	inner.list = true
	return &inner
}

// value puts together what the columns below n hold, given the levels of what stands above; columns holds the values of one
// place.
func (n *node) value(columns [][]parquet.Value, repetition, definition int) any {
	if n.repeated {
		return n.elements(columns, repetition+1, definition+1)
	}
	if n.optional {
		if columns[0][0].DefinitionLevel() <= definition {
			return nil
		}
		definition++
	}
	return n.content(columns, repetition, definition)
}

func (n *node) content(columns [][]parquet.Value, repetition, definition int) any {
	switch {
	case n.scalar != nil:
		return n.scalar(columns[0][0])
	case n.list: // of its field, or of an element's only field
		return n.fields[0].value(columns, repetition, definition)
	}
	return n.group(columns, repetition, definition)
}

func (n *node) group(columns [][]parquet.Value, repetition, definition int) any {
	o := make(Object, len(n.fields))
	first := 0
	for i, f := range n.fields {
		o[i] = Field{f.name, f.value(columns[first:first+f.leaves], repetition, definition)}
		first += f.leaves
	}
	return o
}

// elements cuts the columns where the next element of the list begins.
func (n *node) elements(columns [][]parquet.Value, repetition, definition int) any {
	out := []any{}
	if columns[0][0].DefinitionLevel() < definition {
		return out
	}
	rest := make([][]parquet.Value, len(columns))
	copy(rest, columns)
	for len(rest[0]) > 0 {
		one := make([][]parquet.Value, len(rest))
		for i, column := range rest {
			end := 1
			for end < len(column) && column[end].RepetitionLevel() > repetition {
				end++
			}
			one[i], rest[i] = column[:end], column[end:]
		}
		out = append(out, n.content(one, repetition, definition))
	}
	return out
}

// scalarOf is how values of a leaf's type are read.
func scalarOf(t parquet.Type) func(parquet.Value) any {
	if l := t.LogicalType(); l != nil {
		switch l.Value.(type) {
		case *format.DecimalType:
			return opaque("a decimal")
		case *format.TimestampType, *format.DateType, *format.TimeType:
			return opaque("a time")
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(v parquet.Value) any { return v.Boolean() }
	case parquet.Int32, parquet.Int64:
		return func(v parquet.Value) any { return json.Number(v.String()) }
	case parquet.Float:
		return func(v parquet.Value) any {
			return json.Number(strconv.FormatFloat(float64(v.Float()), 'g', -1, 32))
		}
	case parquet.Double:
		return func(v parquet.Value) any { return json.Number(strconv.FormatFloat(v.Double(), 'g', -1, 64)) }
	case parquet.ByteArray:
		return text
	}
	return opaque(fmt.Sprintf("bytes of the type %s", t))
}

func opaque(what string) func(parquet.Value) any {
	return func(parquet.Value) any { return Opaque(what) }
}

func text(v parquet.Value) any {
	if b := v.ByteArray(); utf8.Valid(b) {
		return string(b)
	}
	return Opaque("bytes that are not UTF-8")
}

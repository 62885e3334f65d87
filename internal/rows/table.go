package rows

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table reads CSV and TSV as RFC 4180 has them. A quote inside a column that does not begin with one is itself; what follows a
// closing quote must be a delimiter or the end of the line.
type table struct {
	in     *bufio.Reader
	comma  byte
	line   int // read so far
	names  []string
	buffer []byte // the line that is being read
	text   []byte // the columns of a record with quotes, one behind the other
	ends   []int  // of the columns in text
}

// readTable reads CSV or TSV.
func readTable(in *bufio.Reader, line int, o Options, visit func(Row) bool) error {
	t := &table{in: in, line: line}
	if t.comma = delimiter(in, o.Tabs); t.comma == 0 {
		return &Broken{line + 1, "it is not known what form the file has: it is neither JSON nor Parquet, and its " +
			"first line has neither commas nor tabs between columns; where a row is several lines, name them with lines = [...]"}
	}
	if !o.NoHeader {
		if err := t.header(); err != nil {
			return err
		}
	}
	for number := 1; ; number++ {
		columns, start, fault, err := t.record()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		r := Row{Line: start, Number: number, Fault: fault}
		if fault == "" {
			r.Fields, r.Fault = t.fields(columns)
		}
		if !visit(r) {
			return nil
		}
	}
}

// delimiter is the tab or the comma, by the first line; 0 where it has neither.
func delimiter(in *bufio.Reader, tabs bool) byte {
	head, _ := in.Peek(buffer)
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	commas, tabbed := bytes.IndexByte(line, ',') >= 0, bytes.IndexByte(line, '\t') >= 0
	switch {
	case tabbed && (tabs || !commas || bytes.Count(line, []byte{'\t'}) >= bytes.Count(line, []byte{','})):
		return '\t'
	case commas:
		return ','
	}
	return 0
}

// header reads the names of the columns; one without a name has that of its place, c1, c2, ...
func (t *table) header() error {
	columns, start, fault, err := t.record()
	if err == io.EOF {
		return nil
	}
	if err == nil && fault != "" {
		err = &Broken{start, fault}
	}
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, name := range columns {
		if name == "" {
			name = place(i)
		}
		if seen[name] {
			return &Broken{start, fmt.Sprintf("two columns are called %q; without a header write header = false", name)}
		}
		seen[name] = true
		t.names = append(t.names, name)
	}
	return nil
}

func place(column int) string { return fmt.Sprintf("c%d", column+1) }

// fields names the columns of a row. Without a header the first row says how many there are.
func (t *table) fields(columns []string) (Object, string) {
	if t.names == nil {
		for i := range columns {
			t.names = append(t.names, place(i))
		}
	}
	if len(columns) != len(t.names) {
		return nil, fmt.Sprintf("the row has %d columns, and %d are expected", len(columns), len(t.names))
	}
	o := make(Object, len(columns))
	for i, c := range columns {
		o[i] = Field{t.names[i], c}
	}
	return o, ""
}

// record reads the next record and says in which line it begins; lines without anything are passed. The error is io.EOF at the
// end.
func (t *table) record() (columns []string, start int, fault string, err error) {
	for {
		text, long, err := t.nextLine()
		if err != nil && err != io.EOF {
			return nil, 0, "", err
		}
		if len(text) == 0 && !long && err == io.EOF {
			return nil, 0, "", io.EOF
		}
		if long {
			return nil, t.line, tooLong, nil
		}
		if len(trimBreak(text)) > 0 {
			start = t.line
			columns, fault, err = t.split(text)
			return columns, start, fault, err
		}
	}
}

func (t *table) nextLine() ([]byte, bool, error) {
	text, long, err := readLine(t.in, &t.buffer)
	if len(text) > 0 || long {
		t.line++
	}
	return text, long, err
}

func trimBreak(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
}

// split cuts a record into columns, reading on where a quoted column goes over the end of a line; line breaks inside quotes stay
// as they are. The columns are parts of one string.
func (t *table) split(line []byte) (columns []string, fault string, err error) {
	if bytes.IndexByte(line, '"') < 0 {
		if !utf8.Valid(line) {
			return nil, "the row is not UTF-8", nil
		}
		return cut(string(trimBreak(line)), t.comma, len(t.names)), "", nil
	}
	start := t.line
	t.text, t.ends = t.text[:0], t.ends[:0]
	for at := 0; ; at++ {
		if at < len(line) && line[at] == '"' {
			if line, at, err = t.quoted(line, at+1, start); err != nil {
				return nil, "", err
			}
			if at < len(trimBreak(line)) && line[at] != t.comma && fault == "" {
				fault = fmt.Sprintf("column %d goes on after its closing quote; a quote inside a quoted column is written twice",
					len(t.ends)+1)
			}
		}
		rest := trimBreak(line)[at:]
		end := bytes.IndexByte(rest, t.comma)
		if end >= 0 {
			rest = rest[:end]
		}
		t.text = append(t.text, rest...)
		t.ends = append(t.ends, len(t.text))
		if at += end; end < 0 {
			break
		}
	}
	if !utf8.Valid(t.text) {
		fault = "the row is not UTF-8"
	}
	text, begin := string(t.text), 0
	columns = make([]string, len(t.ends))
	for i, end := range t.ends {
		columns[i], begin = text[begin:end], end
	}
	return columns, fault, nil
}

// quoted reads a column from behind its opening quote to behind the closing one, and returns the line in which it ends.
func (t *table) quoted(line []byte, at, start int) (rest []byte, next int, err error) {
	before := len(t.text)
	for {
		end := bytes.IndexByte(line[at:], '"')
		switch {
		case end >= 0 && at+end+1 < len(line) && line[at+end+1] == '"':
			t.text = append(t.text, line[at:at+end+1]...)
			at += end + 2
			continue
		case end >= 0:
			t.text = append(t.text, line[at:at+end]...)
			return line, at + end + 1, nil
		}
		t.text = append(t.text, line[at:]...)
		more, long, err := t.nextLine()
		if err != nil && err != io.EOF {
			return nil, 0, err
		}
		if len(more) == 0 && !long || len(t.text)-before+len(more) > Longest || long {
			return nil, 0, &Broken{start, fmt.Sprintf("a quote that opens a column in this line is not closed before the "+
				"file ends, or within %d MiB", Longest>>20)}
		}
		line, at = more, 0
	}
}

// cut splits a line without quotes.
func cut(line string, comma byte, expected int) []string {
	columns := make([]string, 0, max(expected, 1))
	for {
		i := strings.IndexByte(line, comma)
		if i < 0 {
			return append(columns, line)
		}
		columns, line = append(columns, line[:i]), line[i+1:]
	}
}

package rows

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

var tooLong = fmt.Sprintf("the row is longer than %d MiB", Longest>>20)

// readLines reads JSON Lines.
func readLines(in *bufio.Reader, line int, visit func(Row) bool) error {
	number := 0
	var text []byte
	var p parser
	for {
		var long bool
		var err error
		text, long, err = readLine(in, text[:0])
		if err != nil && err != io.EOF {
			return err
		}
		if err == io.EOF && len(text) == 0 && !long {
			return nil
		}
		line++
		if row := bytes.TrimSpace(text); len(row) > 0 || long {
			number++
			if !visit(p.row(row, long, line, number)) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLine appends the next line, with its break; of a line beyond the bound it keeps nothing.
func readLine(in *bufio.Reader, text []byte) (line []byte, long bool, err error) {
	for {
		chunk, err := in.ReadSlice('\n')
		if long = long || len(text)+len(chunk) > Longest; long {
			text = text[:0]
		} else {
			text = append(text, chunk...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, long, err
		}
	}
}

// row makes a row of its text.
func (p *parser) row(text []byte, long bool, line, number int) Row {
	r := Row{Line: line, Number: number}
	if long {
		r.Fault = tooLong
		return r
	}
	r.Fields, r.Notes, r.Fault = p.parse(string(text))
	return r
}

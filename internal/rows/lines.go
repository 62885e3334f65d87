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
	var buffer []byte
	var p parser
	for {
		text, long, err := readLine(in, &buffer)
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

// readLine takes the next line, with its break, which is valid until the next is taken; of a line beyond the bound it keeps
// nothing. A line that in holds as a whole is not copied; others are put together in buffer.
func readLine(in *bufio.Reader, buffer *[]byte) (line []byte, long bool, err error) {
	line, err = in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, false, err
	}
	text := append((*buffer)[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = in.ReadSlice('\n')
		if long = long || len(text)+len(line) > Longest; long {
			text = text[:0]
		} else {
			text = append(text, line...)
		}
	}
	*buffer = text
	return text, long, err
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

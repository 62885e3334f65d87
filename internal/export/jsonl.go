package export

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"

	"sdmap/internal/diag"
)

// jsonLines is answers.jsonl, packed or not.
type jsonLines struct {
	file   *file
	packed *gzip.Writer // nil where it is not packed
}

func (w *writer) jsonLines() (table, error) {
	path := "answers.jsonl"
	if w.Gzip {
		path += ".gz"
	}
	f, err := w.file(path)
	if err != nil {
		return nil, err
	}
	t := &jsonLines{file: f}
	if w.Gzip {
		t.packed = gzip.NewWriter(f)
	}
	return t, nil
}

func (t *jsonLines) add(rows []Row) error {
	var to io.Writer = t.file
	if t.packed != nil {
		to = t.packed
	}
	for _, r := range rows {
		text, err := line(r)
		if err == nil {
			_, err = to.Write(text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *jsonLines) close() error {
	if t.packed == nil {
		return t.file.Close()
	}
	return errors.Join(t.packed.Close(), t.file.Close())
}

// line is a value as a line of JSON. No character stands in it by itself that programs take for the end of a line, as Python's
// splitlines takes U+0085.
func line(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	if isASCII(b.Bytes()) {
		return b.Bytes(), err
	}
	return diag.PlainJSON(b.Bytes()), err
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= 0x7f {
			return false
		}
	}
	return true
}

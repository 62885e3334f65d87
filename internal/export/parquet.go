package export

import (
	"errors"

	"github.com/parquet-go/parquet-go"
)

// A group of rows is held in memory until it is written: it ends with so many rows, or so many bytes of text.
const (
	rowsOfGroup  = 1 << 16
	bytesOfGroup = 32 << 20
)

// parquetTable is answers.parquet. Every column that can be null is a pointer or a list: the library writes null for an optional
// value that is 0, false or empty.
type parquetTable struct {
	file *file
	to   *parquet.GenericWriter[Row]
	held int // bytes of text in the group of rows that is not written yet
}

func (w *writer) parquet() (table, error) {
	f, err := w.file("answers.parquet")
	if err != nil {
		return nil, err
	}
	return &parquetTable{file: f, to: parquet.NewGenericWriter[Row](f, parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("sdmap", w.Version, ""), parquet.MaxRowsPerRowGroup(rowsOfGroup))}, nil
}

func (t *parquetTable) add(rows []Row) error {
	for _, r := range rows {
		t.held += r.size()
	}
	_, err := t.to.Write(rows)
	if err == nil && t.held > bytesOfGroup {
		t.held, err = 0, t.to.Flush()
	}
	return err
}

func (t *parquetTable) close() error { return errors.Join(t.to.Close(), t.file.Close()) }

// size is about how much memory a row's texts take.
func (r Row) size() int {
	n := 0
	for _, texts := range [][]string{r.Choices, r.Contexts, r.Continuations, r.References} {
		for _, t := range texts {
			n += len(t)
		}
	}
	for _, t := range []*string{r.Prompt, r.Text, r.Extracted} {
		if t != nil {
			n += len(*t)
		}
	}
	return n
}

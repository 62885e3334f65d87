package export

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
)

// A group of rows is held in memory until it is written: it ends with so many rows, or so many bytes of text.
const (
	rowsOfGroup  = 1 << 16
	bytesOfGroup = 32 << 20
)

// parquet writes answers.parquet. Every column that can be null is a pointer or a list: the library writes null for an optional
// value that is 0, false or empty.
func (w *writer) parquet() error {
	return w.to("answers.parquet", func(to io.Writer) error {
		p := parquet.NewGenericWriter[Row](to, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("sdmap", w.Version, ""),
			parquet.MaxRowsPerRowGroup(rowsOfGroup))
		held := 0
		err := w.each(func(rows []Row) error {
			for _, r := range rows {
				held += r.size()
			}
			_, err := p.Write(rows)
			if err == nil && held > bytesOfGroup {
				held, err = 0, p.Flush()
			}
			return err
		})
		return errors.Join(err, p.Close())
	})
}

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

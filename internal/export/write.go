package export

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"sdmap/internal/outdir"
)

// The forms of an export.
const (
	JSONL   = "jsonl"
	Parquet = "parquet"
	EEE     = "eee" // Every Eval Ever
)

// Formats lists all forms.
func Formats() []string { return []string{JSONL, Parquet, EEE} }

// Options say what is written.
type Options struct {
	Formats  []string
	Texts    bool // of items and replies; without them there are ids and digests
	Gzip     bool // JSON Lines are packed; records of Every Eval Ever never are
	Progress func(done, total int)
}

// aboutFile says what is in the folder, and what is not.
const aboutFile = "export.json"

// kind is what an export's folder holds.
var kind = outdir.Kind{
	Name:  "export",
	Fixed: []string{aboutFile},
	Others: []string{"answers.jsonl", "answers.jsonl.gz", "answers.parquet", "every_eval_ever/data/*/*/*/*.json",
		"every_eval_ever/data/*/*/*/*_samples.jsonl"},
	Elsewhere: "name another folder with -to",
	InTheWay:  "Name another folder with -to, or move these away.",
}

// creating opens a file of the export.
type creating func(path string) (io.WriteCloser, error)

// Write writes the answers that are there into a folder. What an earlier export left there is replaced, and nothing else.
func (a *Answers) Write(ctx context.Context, folder outdir.Folder, o Options) error {
	folder.Kind = &kind
	if err := folder.Check(ctx, []string{"answers.jsonl", "answers.jsonl.gz", "answers.parquet"}); err != nil {
		return err
	}
	w := &writer{Answers: a, ctx: ctx, Options: o}
	w.total = len(a.Of) * len(a.To) * len(o.Formats)
	return folder.WriteStreamed(ctx, func(create func(path string) (io.WriteCloser, error)) error {
		w.create = create
		return w.all()
	})
}

// writer is one export under way.
type writer struct {
	*Answers
	Options
	ctx         context.Context
	create      creating
	done, total int
	about       about
}

func (w *writer) all() error {
	for _, f := range []struct {
		name  string
		write func() error
	}{{JSONL, w.jsonLines}, {Parquet, w.parquet}, {EEE, w.everyEvalEver}} {
		if !slices.Contains(w.Formats, f.name) {
			continue
		}
		if err := f.write(); err != nil {
			return err
		}
	}
	return w.writeAbout()
}

// step counts a model on a benchmark, and ends the export when it is interrupted.
func (w *writer) step() error {
	w.done++
	w.Progress(w.done, w.total)
	return w.ctx.Err()
}

// each goes through rows by benchmark, model and item, a model's on a benchmark at a time.
func (w *writer) each(visit func(rows []Row) error) error {
	for _, j := range w.To {
		for _, i := range w.Of {
			if w.There(i, j) {
				rows, err := w.Rows(i, j, w.Texts)
				if err == nil {
					err = visit(rows)
				}
				if err != nil {
					return fmt.Errorf("%s on %s: %w", w.Study.Models[i].ID, w.Study.Benchmarks[j].ID, err)
				}
			}
			if err := w.step(); err != nil {
				return err
			}
		}
	}
	return nil
}

// buffered is how much is gathered before it is written.
const buffered = 1 << 18

// to creates a file and has it filled.
func (w *writer) to(path string, fill func(to io.Writer) error) error {
	file, err := w.create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(file, buffered)
	if err = fill(b); err == nil {
		err = b.Flush()
	}
	return errors.Join(err, file.Close())
}

func (w *writer) jsonLines() error {
	if !w.Gzip {
		return w.to("answers.jsonl", w.lines)
	}
	return w.to("answers.jsonl.gz", func(to io.Writer) error {
		z := gzip.NewWriter(to)
		return errors.Join(w.lines(z), z.Close())
	})
}

func (w *writer) lines(to io.Writer) error {
	return w.each(func(rows []Row) error {
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
	})
}

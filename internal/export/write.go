package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

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

// Write writes the answers that are there into a folder. What an earlier export left there is replaced, and nothing else.
func (a *Answers) Write(ctx context.Context, folder outdir.Folder, o Options) error {
	folder.Kind = &kind
	if err := folder.Check(ctx, []string{"answers.jsonl", "answers.jsonl.gz", "answers.parquet"}); err != nil {
		return err
	}
	w := &writer{Answers: a, ctx: ctx, Options: o}
	if w.wants(JSONL) || w.wants(Parquet) {
		w.total += len(a.Of) * len(a.To)
	}
	if w.wants(EEE) {
		w.total += len(a.Of) * len(a.To)
	}
	return folder.WriteStreamed(ctx, func(create func(path string) (io.WriteCloser, error)) error {
		w.create = create
		return w.all()
	})
}

// writer is one export under way.
type writer struct {
	*Answers
	Options
	ctx    context.Context
	create func(path string) (io.WriteCloser, error)

	mu          sync.Mutex // guards create and what follows
	done, total int
}

func (w *writer) wants(form string) bool { return slices.Contains(w.Formats, form) }

// all writes every file. Tables and records are made side by side; where one fails the other ends, too.
func (w *writer) all() error {
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithCancel(w.ctx)
	defer cancel()
	var tables, records error
	var both sync.WaitGroup
	both.Go(func() {
		if tables = w.tables(); tables != nil {
			cancel()
		}
	})
	if w.wants(EEE) {
		both.Go(func() {
			if records = w.everyEvalEver(); records != nil {
				cancel()
			}
		})
	}
	both.Wait()
	if err := errors.Join(tables, records); err != nil {
		return err
	}
	return w.writeAbout()
}

// table is a file of rows.
type table interface {
	add(rows []Row) error
	close() error
}

// tables writes JSON Lines and Parquet, both in one walk through the answers.
func (w *writer) tables() (err error) {
	var open []table
	begin := map[string]func() (table, error){JSONL: w.jsonLines, Parquet: w.parquet}
	for _, form := range w.Formats {
		if begin[form] == nil || err != nil {
			continue
		}
		var t table
		if t, err = begin[form](); err == nil {
			open = append(open, t)
		}
	}
	if err == nil && len(open) > 0 {
		err = w.each(func(rows []Row) error {
			for _, t := range open {
				if err := t.add(rows); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, t := range open {
		err = errors.Join(err, t.close())
	}
	return err
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

// step counts a model on a benchmark, and ends the export when it is interrupted.
func (w *writer) step() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	w.Progress(w.done, w.total)
	return w.ctx.Err()
}

// file is a file of the export, written in large parts.
type file struct {
	*bufio.Writer
	under io.Closer
}

func (w *writer) file(path string) (*file, error) {
	w.mu.Lock()
	under, err := w.create(path)
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	const part = 1 << 18
	return &file{bufio.NewWriterSize(under, part), under}, nil
}

func (f *file) Close() error { return errors.Join(f.Flush(), f.under.Close()) }

// put writes a file that is at hand.
func (w *writer) put(path string, text []byte) error {
	f, err := w.file(path)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

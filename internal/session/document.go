package session

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/outdir"
	"sdmap/internal/report"
	"sdmap/internal/report/html"
	"sdmap/internal/report/markdown"
	"sdmap/internal/study"
)

// Document makes the files of a report from what was computed. An interruption ends it at once: nothing is written yet, and all
// that was computed is kept.
func (x *Session) Document(ctx context.Context, c *Computed) ([]outdir.File, error) {
	type made struct {
		files []outdir.File
		err   error
	}
	done := make(chan made, 1)
	go func() {
		files, err := x.compose(ctx, c)
		done <- made{files, err}
	}()
	select {
	case m := <-done:
		return m.files, m.err
	case <-ctx.Done():
		return nil, Unwritten()
	}
}

// Unwritten is the error of an interruption between the last computation and the report.
func Unwritten() error {
	return interrupted("interrupted before the report was written; all that was computed is kept, and the same command writes it")
}

func (x *Session) compose(ctx context.Context, c *Computed) ([]outdir.File, error) {
	in, err := x.input(ctx, c)
	if err != nil {
		return nil, err
	}
	r, faults, err := report.Build(*in)
	if err != nil {
		return nil, err
	}
	for i := range faults {
		faults[i].Range.File = filepath.Join(x.Study.Dir, faults[i].Range.File)
	}
	x.world.Faults(faults)
	if faults.HasErrors() {
		x.world.Say("Everything that was computed is kept; put the text right and run again.")
		return nil, Error{Kind: Invalid}
	}
	page, err := html.Render(r)
	if err != nil {
		return nil, err
	}
	text, err := markdown.Render(r)
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, err
	}
	var files []outdir.File
	for _, f := range r.Files {
		files = append(files, outdir.File{Path: f.Path, Data: f.Bytes})
	}
	return append(files, outdir.File{Path: "report.json", Data: append(diag.PlainJSON(data), '\n')},
		outdir.File{Path: "report.md", Data: text},
		outdir.File{Path: outdir.Page, Data: page}), nil
}

// PublicPath names a study as a reader would: from the folder that holds studies, whatever the current folder is.
func PublicPath(s *study.Study) string {
	abs, err := filepath.Abs(s.File)
	if err != nil {
		return filepath.ToSlash(s.File)
	}
	path := filepath.ToSlash(abs)
	if i := strings.LastIndex(path, "/studies/"); i >= 0 {
		return path[i+1:]
	}
	return filepath.Base(abs)
}

// shellWord is a path as a shell wants it typed.
func shellWord(path string) string {
	if !strings.ContainsAny(path, " \t\n'\"\\$`&|;<>()*?[]{}!#~^") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

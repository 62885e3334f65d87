package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sdmap/internal/analysis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/benchmark"
	"sdmap/internal/corpus"
	"sdmap/internal/diag"
	"sdmap/internal/files"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// Open reads all that a study names and plans it; list is what Read found. Faults of all files are shown at once. Servers are
// asked what they are; with offline set, what they were when they were last asked will do.
func (w *World) Open(ctx context.Context, s *study.Study, list diag.List, offline bool) (*Session, error) {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return nil, err
	}
	x := &Session{world: w, root: root}
	x.Study = s
	list = append(list, x.readSources()...)
	list = append(list, x.findImatrix(ctx, offline)...)
	faults, unasked := x.openModels(ctx, offline)
	list = append(list, faults...)
	if !list.HasErrors() {
		x.Study = plan.Settle(x.Inputs)
		var faults diag.List
		x.Plan, faults = plan.Build(x.Inputs)
		list = append(list, faults...)
	}
	list = list.Sort()
	w.Faults(list)
	if list.HasErrors() {
		return nil, errors.Join(w.invalid(s.File, list, unasked), x.Close())
	}
	return x, nil
}

// readSources reads benchmarks, corpus and truth, and looks at the texts that are read at the end.
func (x *Session) readSources() (list diag.List) {
	s := x.Study
	for _, spec := range s.Benchmarks {
		var b *benchmark.Benchmark
		if spec.Source != "" {
			var faults diag.List
			b, faults = benchmark.Load(x.root, spec)
			list = append(list, faults...)
		}
		x.Benchmarks = append(x.Benchmarks, b)
	}
	if s.Corpus != nil {
		c, faults := corpus.Load(x.root, *s.Corpus)
		x.Corpus, list = c, append(list, faults...)
	}
	if p := s.Axes.Perplexity; p != nil && p.Import != "" {
		t, faults := perplexity.ReadImported(x.root, p, s.Scored())
		x.Surprisals, list = t, append(list, faults...)
	}
	if s.Truth != nil {
		list = append(list, x.readTruth()...)
	}
	return append(list, x.checkTexts()...)
}

// largestText bounds what is read of files that people write: a narrative, a bibliography, a truth.
const largestText = 10 << 20

// checkTexts tells of texts beyond the bound before anything is computed; they are read at the end.
func (x *Session) checkTexts() (list diag.List) {
	for _, path := range []string{x.Study.Report.Narrative, x.Study.Report.Bibliography} {
		if info, err := x.root.Stat(path); path != "" && err == nil && info.Size() > largestText {
			list = append(list, diag.Diagnostic{Severity: diag.Error, Summary: fmt.Sprintf("%q is larger than %d MiB", path,
				largestText>>20),
				Detail: "A report of this length is a book: divide it, or leave data out of it.",
				Range:  diag.Range{File: filepath.Join(x.Study.Dir, path)}})
		}
	}
	return list
}

func (x *Session) readTruth() (list diag.List) {
	t := x.Study.Truth
	var err error
	if x.truth, err = files.ReadIn(x.root, filepath.ToSlash(t.Source), largestText); err != nil {
		return diag.List{fault(t.At, "the truth cannot be read", err)}
	}
	var ids []string
	for _, b := range x.Study.Benchmarks {
		ids = append(ids, b.ID)
	}
	return analysis.CheckTruth(filepath.Join(x.Study.Dir, t.Source), x.truth, ids)
}

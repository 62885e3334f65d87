package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sdmap/internal/analysis"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/corpus"
	"sdmap/internal/diag"
	"sdmap/internal/files"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// loaded is a study with everything that its plan needs. Close releases the models.
type loaded struct {
	plan.Inputs
	plan *plan.Plan

	root    *os.Root
	truth   []byte
	drivers []func() error
}

func (l *loaded) Close() error {
	errs := []error{l.root.Close()}
	for _, d := range l.drivers {
		errs = append(errs, d())
	}
	return errors.Join(errs...)
}

// readStudy reads the study file alone and shows what is wrong with it.
func (a *app) readStudy(file string) (*study.Study, diag.List, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, "study.toml")
	}
	s, list := study.Load(file)
	if list.HasErrors() {
		a.showFaults(list)
		return nil, list, a.invalid(file, list, 0)
	}
	return s, list, nil
}

// invalid is the error of a study with faults, of which some are servers that are unreachable; they were shown, so it has no
// text.
func (a *app) invalid(file string, list diag.List, unasked int) error {
	n := 0
	for _, d := range list {
		if d.Severity == diag.Error {
			n++
		}
	}
	if !a.json {
		a.say("%s: %s; nothing was run", diag.Plain(file), count(n, "error"))
	}
	if n == unasked && n > 0 {
		return coded{code: exitUnreachable}
	}
	return coded{code: exitStudy}
}

// load reads all that a study names and plans it. Faults of all files are shown at once. Servers are asked what they are; with
// offline set, what they were when they were last asked will do.
func (a *app) load(ctx context.Context, store *cas.Store, s *study.Study, list diag.List, offline bool) (*loaded, error) {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return nil, err
	}
	l := &loaded{root: root}
	l.Study = s
	for _, spec := range s.Benchmarks {
		var b *benchmark.Benchmark
		if spec.Source != "" {
			var faults diag.List
			b, faults = benchmark.Load(root, spec)
			list = append(list, faults...)
		}
		l.Benchmarks = append(l.Benchmarks, b)
	}
	if s.Corpus != nil {
		c, faults := corpus.Load(root, *s.Corpus)
		l.Corpus, list = c, append(list, faults...)
	}
	if s.Truth != nil {
		list = append(list, l.readTruth()...)
	}
	list = append(list, l.checkTexts()...)
	list = append(list, a.imatrix(ctx, store, l, offline)...)
	faults, unasked := a.openModels(ctx, store, l, offline)
	list = append(list, faults...)
	if !list.HasErrors() {
		l.Study = plan.Settle(l.Inputs)
		var faults diag.List
		l.plan, faults = plan.Build(l.Inputs)
		list = append(list, faults...)
	}
	list = list.Sort()
	a.showFaults(list)
	if list.HasErrors() {
		return nil, errors.Join(a.invalid(s.File, list, unasked), l.Close())
	}
	return l, nil
}

// largestText bounds what is read of files that people write: a narrative, a bibliography, a truth.
const largestText = 10 << 20

// checkTexts tells of texts beyond the bound before anything is computed; they are read at the end.
func (l *loaded) checkTexts() (list diag.List) {
	for _, path := range []string{l.Study.Report.Narrative, l.Study.Report.Bibliography} {
		if info, err := l.root.Stat(path); path != "" && err == nil && info.Size() > largestText {
			list = append(list, diag.Diagnostic{Severity: diag.Error, Summary: fmt.Sprintf("%q is larger than %d MiB", path,
				largestText>>20),
				Detail: "A report of this length is a book: divide it, or leave data out of it.",
				Range:  diag.Range{File: filepath.Join(l.Study.Dir, path)}})
		}
	}
	return list
}

func (l *loaded) readTruth() (list diag.List) {
	t := l.Study.Truth
	var err error
	if l.truth, err = files.ReadIn(l.root, filepath.ToSlash(t.Source), largestText); err != nil {
		return diag.List{fault(t.At, "the truth cannot be read", err)}
	}
	var ids []string
	for _, b := range l.Study.Benchmarks {
		ids = append(ids, b.ID)
	}
	return analysis.CheckTruth(filepath.Join(l.Study.Dir, t.Source), l.truth, ids)
}

func fault(at diag.Range, summary string, err error) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Error, Summary: summary, Detail: err.Error(), Range: at}
}

// open is readStudy and load together.
func (a *app) open(ctx context.Context, store *cas.Store, file string, offline bool) (*loaded, error) {
	s, list, err := a.readStudy(file)
	if err != nil {
		return nil, err
	}
	return a.load(ctx, store, s, list, offline)
}

// showFaults prints diagnostics with the lines that they speak of.
func (a *app) showFaults(list diag.List) {
	a.faults = list
	if a.json {
		return // the command prints them as data
	}
	if err := diag.Print(a.Stderr, list, diag.Source, a.colour()); err != nil {
		a.say("sdmap: %v", err)
	}
}

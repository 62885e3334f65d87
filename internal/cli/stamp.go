package cli

import (
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sdmap/internal/cas"
	"sdmap/internal/outdir"
	"sdmap/internal/study"
)

// A stamp says that a report is finished: from these files this program wrote those. It is an entry of the store like
// any other, under a key that holds the digests of the program (which stands for templates and the meaning of every
// step), of the study and of all files that the study names; its content lists the digests of the files written. If it
// holds, `run` has nothing to do and does not even read the benchmarks.
type stamp struct {
	store *cas.Store
	made  cas.Made
	dir   string
	again func() (*stamp, error) // the same, from the files as they are by then
}

const stampKind = "cli/stamp"

// What a server has behind a name is not in the study, nor is a program: with either, l must be given and the stamp holds what
// they said they are.
func (a *app) newStamp(store *cas.Store, s *study.Study, dir string, l *loaded) (*stamp, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "kind %s\nversion 1\nfact arch %s\n%s", stampKind, runtime.GOARCH, reportFact(abs))
	fmt.Fprintf(&b, "fact name %q\nfact path %q\n", s.Name, publicPath(s)) // both stand in the report
	fact := func(label, path string) error {
		id, err := store.FileDigest(path)
		if err == nil {
			fmt.Fprintf(&b, "fact %s %s\n", label, id)
		}
		return err
	}
	if err := fact("program", a.Executable); err != nil {
		return nil, err
	}
	if err := fact("study", s.File); err != nil {
		return nil, err
	}
	for _, f := range inputFiles(s) {
		if err := fact(fmt.Sprintf("file %q", f), filepath.Join(s.Dir, filepath.FromSlash(f))); err != nil {
			return nil, err
		}
	}
	if l != nil {
		is := l.everyModel()
		for i, m := range everyModel(s) {
			if m.Remote() {
				fmt.Fprintf(&b, "fact model %q %q\n", m.ID, fmt.Sprintf("%+v", is[i].Identity))
			}
		}
		if s.RunsImatrix() {
			fmt.Fprintf(&b, "fact imatrix %q\n", l.Imatrix.Version)
		}
	}
	return &stamp{store, cas.Made{Kind: stampKind, Description: b.String()}, dir,
		func() (*stamp, error) { return a.newStamp(store, s, dir, l) }}, nil
}

func reportFact(abs string) string { return fmt.Sprintf("fact report %q\n", filepath.ToSlash(abs)) }

// inputFiles are all files that a study names, once each.
func inputFiles(s *study.Study) []string {
	files := []string{s.Report.Narrative, s.Report.Bibliography}
	for _, b := range s.Benchmarks {
		files = append(files, b.Source)
		if b.Fewshot != nil {
			files = append(files, b.Fewshot.Source)
		}
	}
	for _, m := range everyModel(s) {
		files = append(files, m.Files()...)
	}
	if s.Corpus != nil {
		files = append(files, s.Corpus.Source)
	}
	files = append(files, s.ImatrixFiles()...)
	if s.Scores != nil {
		files = append(files, s.Scores.Source)
	}
	if s.Truth != nil {
		files = append(files, s.Truth.Source)
	}
	slices.Sort(files)
	return slices.DeleteFunc(slices.Compact(files), func(f string) bool { return f == "" })
}

// holds says whether the report was finished and all its files are as they were written.
func (s *stamp) holds() bool {
	e, hit := s.store.Lookup(cas.IDOf(s.made.Description))
	if !hit {
		return false
	}
	want, err := s.store.Read(e.Output)
	if err != nil {
		return false
	}
	for digest, path := range stampLines(want) {
		id, err := s.store.FileDigest(filepath.Join(s.dir, filepath.FromSlash(path)))
		if err != nil || id.String() != digest {
			return false
		}
	}
	return true
}

// finished sets a stamp, unless a file of the study changed since it was made: then nobody knows of which version the report is.
func (a *app) finished(mark *stamp, files []outdir.File) {
	now, err := mark.again()
	if err != nil || now.made.Description != mark.made.Description {
		a.say("A file of the study changed during the run: run it again for a report of one version.")
		return
	}
	mark.set(files)
}

// set records that the files were written. It is a convenience of the next run: where it cannot be kept nothing is lost.
func (s *stamp) set(files []outdir.File) {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%s %s\n", cas.OutputOf(f.Data), f.Path)
	}
	s.store.Keep(s.made, []byte(b.String()))
}

// stampLines are the digests and paths of what a stamp says was written.
func stampLines(content []byte) iter.Seq2[string, string] {
	return func(yield func(digest, path string) bool) {
		for line := range strings.Lines(string(content)) {
			digest, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if !yield(digest, path) {
				return
			}
		}
	}
}

// stamped is what all stamps of a store, of earlier releases too, say was written into a folder.
func stamped(store *cas.Store, dir string) outdir.Digests {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	known := outdir.Digests{}
	for e := range store.Entries() {
		if e.Kind != stampKind || !strings.Contains(e.Description, "\n"+reportFact(abs)) {
			continue
		}
		content, err := store.Read(e.Output)
		if err != nil {
			continue // then less is known
		}
		for digest, path := range stampLines(content) {
			known[path] = append(known[path], strings.TrimPrefix(digest, "sha256:"))
		}
	}
	return known
}

package session

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

// A Stamp says that a report is finished: from these files this program wrote those. It is an entry of the store like
// any other, under a key that holds the digests of the program (which stands for templates and the meaning of every
// step), of the study and of all files that the study names; its content lists the digests of the files written. If it
// holds, `run` has nothing to do and does not even read the benchmarks.
type Stamp struct {
	store *cas.Store
	made  cas.Made
	dir   string
	world *World
	again func() (*Stamp, error) // the same, from the files as they are by then
}

const stampKind = "cli/stamp"

// Stamp is that of a study's report in dir. What a server has behind a name is not in the study, nor is a program: with either, x
// must be given and the stamp holds what they said they are.
func (w *World) Stamp(s *study.Study, dir string, x *Session) (*Stamp, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "kind %s\nversion 1\nfact arch %s\n%s", stampKind, runtime.GOARCH, reportFact(abs))
	fmt.Fprintf(&b, "fact name %q\nfact path %q\n", s.Name, PublicPath(s)) // both stand in the report
	fact := func(label, path string) error {
		id, err := w.Store.FileDigest(path)
		if err == nil {
			fmt.Fprintf(&b, "fact %s %s\n", label, id)
		}
		return err
	}
	if err := fact("program", w.Executable); err != nil {
		return nil, err
	}
	if err := fact("study", s.File); err != nil {
		return nil, err
	}
	for _, f := range InputFiles(s) {
		if err := fact(fmt.Sprintf("file %q", f), s.Outside.Path(s.Dir, f)); err != nil {
			return nil, err
		}
	}
	if x != nil {
		is := x.everyModel()
		for i, m := range EveryModel(s) {
			if m.Remote() {
				fmt.Fprintf(&b, "fact model %q %q\n", m.ID, fmt.Sprintf("%+v", is[i].Identity))
			}
		}
		if s.RunsImatrix() {
			fmt.Fprintf(&b, "fact imatrix %q\n", x.Imatrix.Version)
		}
	}
	return &Stamp{w.Store, cas.Made{Kind: stampKind, Description: b.String()}, dir, w,
		func() (*Stamp, error) { return w.Stamp(s, dir, x) }}, nil
}

func reportFact(abs string) string { return fmt.Sprintf("fact report %q\n", filepath.ToSlash(abs)) }

// InputFiles are all files that a study names, once each.
func InputFiles(s *study.Study) []string {
	files := []string{s.Report.Narrative, s.Report.Bibliography}
	for _, b := range s.Benchmarks {
		files = append(files, b.Files()...)
		if b.Fewshot != nil {
			files = append(files, b.Fewshot.Source)
		}
	}
	for _, m := range EveryModel(s) {
		files = append(files, m.Files()...)
	}
	if s.Corpus != nil {
		files = append(files, s.Corpus.Source)
	}
	if p := s.Axes.Perplexity; p != nil {
		files = append(files, p.Import)
	}
	files = append(files, s.ImatrixFiles()...)
	if s.Scores != nil {
		files = append(append(files, s.Scores.Source), s.Scores.Files...)
	}
	if s.Truth != nil {
		files = append(files, s.Truth.Source)
	}
	slices.Sort(files)
	return slices.DeleteFunc(slices.Compact(files), func(f string) bool { return f == "" })
}

// Holds says whether the report was finished and all its files are as they were written.
func (s *Stamp) Holds() bool {
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

// Finished sets the stamp, unless a file of the study changed since it was made: then nobody knows of which version the report
// is.
func (s *Stamp) Finished(files []outdir.File) {
	now, err := s.again()
	if err != nil || now.made.Description != s.made.Description {
		s.world.Say("A file of the study changed during the run: run it again for a report of one version.")
		return
	}
	s.set(files)
}

// set records that the files were written. It is a convenience of the next run: where it cannot be kept nothing is lost.
func (s *Stamp) set(files []outdir.File) {
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

// Stamped is what all stamps of a store, of earlier releases too, say was written into a folder.
func (w *World) Stamped(dir string) outdir.Digests {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	known := outdir.Digests{}
	for e := range w.Store.Entries() {
		if e.Kind != stampKind || !strings.Contains(e.Description, "\n"+reportFact(abs)) {
			continue
		}
		content, err := w.Store.Read(e.Output)
		if err != nil {
			continue // then less is known
		}
		for digest, path := range stampLines(content) {
			known[path] = append(known[path], strings.TrimPrefix(digest, "sha256:"))
		}
	}
	return known
}

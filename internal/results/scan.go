package results

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"sdmap/internal/files"
	"sdmap/internal/jsonpull"
)

// Found is what files hold.
type Found struct {
	Runs []*Run
	Logs map[string]int // files of each format, by its name

	*scan
}

// scan is the reading of some files.
type scan struct {
	root   *os.Root
	counts *counts
	parts  map[string]part // of all files that are of some format
	format map[string]*format
	runs   []*Run
	wide   map[[3]string]bool // scales on which some model has more than 1
}

// mostRuns bounds how many scores logs may hold.
const mostRuns = 1 << 20

// Scan reads the scores of all logs among some files of a folder, with paths that have slashes.
func Scan(root *os.Root, names []string) *Found {
	s := &scan{root: root, counts: &counts{}, parts: map[string]part{}, format: map[string]*format{},
		wide: map[[3]string]bool{}}
	out := &Found{Logs: map[string]int{}, scan: s}
	for _, name := range names {
		s.reading(name, func(in *bufio.Reader) error {
			packed := isPacked(in)
			f, what := recognise(in)
			switch {
			case packed:
				s.counts.add("files that are packed (unpack them: only .eval is read as it is)", name, 0, false)
				return nil
			case f == nil:
				s.counts.add("files that are no logs of a known format", name, 0, false)
				return nil
			}
			out.Logs[f.name]++
			s.parts[name], s.format[name] = what, f
			return nil
		})
	}
	for _, name := range names {
		if s.parts[name] == log {
			s.reading(name, func(in *bufio.Reader) error { return s.format[name].runs(s, name, in) })
		}
	}
	for _, name := range names {
		if s.parts[name] == items && !s.belongs(name) {
			s.counts.add("files of items whose scores are in no log that was read", name, 0, false)
		}
	}
	out.Runs = s.runs
	return out
}

// Merge adds what another scan of the same folder found.
func (f *Found) Merge(o *Found) {
	for name, what := range o.parts {
		if f.format[name] == nil {
			f.Logs[o.format[name].name]++
		}
		f.parts[name], f.format[name] = what, o.format[name]
	}
	maps.Copy(f.wide, o.wide)
	for _, l := range o.counts.list {
		for range l.N {
			f.counts.add(l.Why, l.File, l.Line, l.Fault)
		}
	}
	f.Runs = append(f.Runs, o.Runs...)
}

// LeftOut is what takes no part so far.
func (f *Found) LeftOut() []LeftOut { return f.counts.sorted() }

// reading opens a file and counts what is wrong with it as a whole.
func (s *scan) reading(name string, read func(*bufio.Reader) error) {
	f, err := files.OpenIn(s.root, name)
	if err != nil {
		s.counts.add("files that cannot be opened", name, 0, true)
		return
	}
	defer f.Close()
	if err := read(buffered(f)); err != nil {
		s.fault(name, err)
	}
}

// fault counts a file that cannot be read to its end.
func (s *scan) fault(name string, err error) {
	line := 0
	if b, is := errors.AsType[*jsonpull.Broken](err); is {
		line = b.Line
	}
	s.counts.add("broken: "+err.Error(), name, line, true)
}

// add takes a run in.
func (s *scan) add(r *Run) error {
	switch {
	case len(s.runs) >= mostRuns:
		return fmt.Errorf("there are more than %d scores", mostRuns)
	case r.Model == "":
		return errors.New("it names no model")
	case r.Task == "":
		return errors.New("it names no task")
	}
	s.runs = append(s.runs, r)
	return nil
}

// in says whether a file is among those that are read, as this part of this format.
func (s *scan) in(name, format string, what part) bool {
	return s.parts[name] == what && s.format[name].name == format
}

// belongs says whether a run has its items in a file.
func (s *scan) belongs(name string) bool {
	return slices.ContainsFunc(s.runs, func(r *Run) bool { return holds(r, name) })
}

// holds says whether a run's items are in a file.
func holds(r *Run, name string) bool {
	switch at := r.at.(type) {
	case string:
		return at == name
	case helmPlace:
		return at.items == name
	case recordPlace:
		return slices.Contains(at.files, name)
	}
	return false
}

// ReadItems fills in the items of some runs, and says of each that has none why.
func (f *Found) ReadItems(runs []*Run) {
	byFormat := map[*format][]*Run{}
	for _, r := range runs {
		if r.Scored == nil && r.why == "" {
			byFormat[f.format[r.File]] = append(byFormat[f.format[r.File]], r)
		}
	}
	for _, form := range formats() {
		if len(byFormat[form]) > 0 {
			if err := form.items(f.scan, byFormat[form]); err != nil {
				f.fault(byFormat[form][0].File, err)
			}
		}
	}
	for _, r := range runs {
		if r.settle(); r.why != "" {
			f.counts.add("items of scores not used, since "+r.why, r.File, 0, false)
		}
	}
}

// sameFolder is a path beside a file.
func sameFolder(file, name string) string { return path.Join(path.Dir(file), name) }

// withoutEnding takes one of some endings off a name.
func withoutEnding(name string, endings ...string) string {
	for _, e := range endings {
		if rest, ok := strings.CutSuffix(name, e); ok {
			return rest
		}
	}
	return name
}

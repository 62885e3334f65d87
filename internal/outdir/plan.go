package outdir

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"

	"sdmap/internal/files"
)

// plan is what writing a report changes in a folder.
type plan struct {
	write    []piece  // of the report, in this order
	remove   []string // of an earlier report
	aside    []string // to be moved out of the way: changed by somebody, or theirs
	foreign  []string // of these, what sdmap never wrote, each with what it is
	record   []byte   // nil where there is none to be written
	manifest piece
	between  piece // the manifest while files are put in place
	right    bool  // the manifest is as it shall be
}

// state is how a thing in the folder stands to the file that has its name.
type state int

const (
	free    state = iota // nothing is there
	right                // it is as it shall be
	ours                 // it is as sdmap wrote it earlier
	changed              // sdmap wrote the file of this name, but not this content
	foreign
)

// plan compares the folder with what shall be written.
func (o *opened) plan(report []piece, record []byte) (*plan, error) {
	list := Digests{}
	for _, f := range report {
		list[f.path] = []string{f.digest}
	}
	p := &plan{record: record, manifest: pieceOf(File{Manifest, list.text()})}
	for _, f := range inOrder(report) {
		is, err := o.target(p, f)
		if err != nil {
			return nil, err
		}
		if is != right {
			p.write = append(p.write, f)
		}
	}
	p.between = pieceOf(File{Manifest, o.reported().join(list).text()})
	if record != nil {
		if _, err := o.target(p, pieceOf(File{Record, record})); err != nil {
			return nil, err
		}
	}
	is, err := o.target(p, p.manifest)
	p.right = is == right
	if err != nil {
		return nil, err
	}
	return p, o.leftovers(p, list)
}

// inOrder puts the page last.
func inOrder(report []piece) []piece {
	isPage := func(f piece) bool { return f.path == Page }
	return slices.Concat(slices.DeleteFunc(slices.Clone(report), isPage), slices.DeleteFunc(slices.Clone(report),
		func(f piece) bool { return !isPage(f) }))
}

// target plans what happens to what stands where a file goes.
func (o *opened) target(p *plan, f piece) (state, error) {
	if dir := path.Dir(f.path); dir != "." {
		switch info, err := o.root.Lstat(dir); {
		case errors.Is(err, fs.ErrNotExist):
			return free, nil
		case err != nil:
			return foreign, err
		case !info.IsDir():
			p.move(dir, withKind(dir, info))
			return free, nil
		}
	}
	is, info, err := o.look(f.path, &f)
	switch is {
	case changed:
		p.move(f.path, "")
	case foreign:
		if err == nil {
			p.move(f.path, described(f.path, info))
		}
	}
	return is, err
}

// move plans to move something aside; stranger describes it if sdmap never wrote it.
func (p *plan) move(name, stranger string) {
	if slices.Contains(p.aside, name) {
		return
	}
	p.aside = append(p.aside, name)
	if stranger != "" {
		p.foreign = append(p.foreign, stranger)
	}
}

func described(name string, info fs.FileInfo) string {
	switch {
	case !info.Mode().IsRegular():
		return withKind(name, info)
	case name == Manifest:
		return name + ", not as sdmap writes it"
	default:
		return name
	}
}

func withKind(name string, info fs.FileInfo) string { return name + ", " + files.What(info.Mode()) }

// leftovers plans what happens to the files of earlier reports that this one lacks.
func (o *opened) leftovers(p *plan, list Digests) error {
	earlier := o.reported()
	for _, name := range slices.Sorted(maps.Keys(earlier)) {
		if _, stays := list[name]; stays || !o.insideFolder(name) {
			continue
		}
		switch is, _, err := o.look(name, nil); {
		case err != nil:
			return err
		case is == ours:
			p.remove = append(p.remove, name)
		case is == changed:
			p.move(name, "")
		}
	}
	return nil
}

// insideFolder says that the folder in which a name stands is one, and no link to one.
func (o *opened) insideFolder(name string) bool {
	info, err := o.root.Lstat(path.Dir(name))
	return err == nil && info.IsDir()
}

// look compares what stands under a name with what shall stand there and with what sdmap wrote there earlier.
func (o *opened) look(name string, shall *piece) (state, fs.FileInfo, error) {
	info, err := o.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return free, nil, nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return foreign, info, err
	}
	sums, wroteOne := o.known[name]
	sums = slices.Concat(sums, o.earlier[name])
	other := foreign
	if wroteOne {
		other = changed
	} else if len(sums) == 0 && (shall == nil || info.Size() > 2*shall.size) { // a checkout's line ends at most double it
		return foreign, info, nil
	}
	is, plain, err := o.digests(name)
	if errors.Is(err, fs.ErrPermission) || errors.As(err, new(files.NotRegular)) {
		return other, info, nil
	}
	if err != nil {
		return foreign, info, err
	}
	if shall != nil {
		if is == shall.digest {
			return right, info, nil
		}
		sums = append(sums, shall.digest)
	}
	if slices.Contains(sums, is) || slices.Contains(sums, plain) {
		return ours, info, nil
	}
	return other, info, nil
}

// strangers are the things under given names of which sdmap never wrote one.
func (o *opened) strangers(names []string) (out []string) {
	for _, name := range names {
		at := name
		if !o.insideFolder(name) {
			at = path.Dir(name)
		}
		info, err := o.root.Lstat(at)
		if err != nil {
			continue
		}
		if at == name && info.Mode().IsRegular() {
			if _, wroteOne := o.known[name]; wroteOne {
				continue
			}
			if is, _, err := o.look(name, nil); err == nil && is == ours {
				continue
			}
		}
		d := described(at, info)
		if at != name {
			d = withKind(at, info)
		}
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"sdmap/internal/files"
)

// change is one step on disk.
type change struct {
	name string
	temp string // what becomes it; empty where it is removed
}

// commit does what was planned.
func (o *opened) commit(p *plan) error {
	changes, err := o.stage(p)
	if err != nil {
		return o.worded(err, asItWas)
	}
	o.folders = foldersOf(changes)
	if err = o.moveAside(p.aside); err == nil {
		err = o.makeFolders(p)
	}
	for i := 0; i < len(changes) && err == nil; i++ {
		err = o.do(&changes[i])
	}
	if err != nil {
		o.drop(changes)
		return o.worded(err, "Files there are whole, but some may be of this "+o.kind().Name+
			" and some of the last; all that was "+
			"computed is kept")
	}
	return nil
}

// stage writes everything that is new under temporary names and returns the steps that put it in place: the manifest of old
// and new files, the new ones, the removal of old ones, the record, the manifest of the new ones.
func (o *opened) stage(p *plan) (changes []change, err error) {
	add := func(f piece) {
		if err != nil {
			return
		}
		var temp string
		if temp, err = o.temporary(f); err == nil {
			changes = append(changes, change{f.path, temp})
		}
	}
	anew := len(p.write)+len(p.remove) > 0 || !p.right
	if anew {
		add(p.between)
	}
	for _, f := range p.write {
		add(f)
	}
	for _, name := range p.remove {
		changes = append(changes, change{name: name})
	}
	if p.record != nil {
		add(pieceOf(File{Record, p.record}))
	}
	if anew {
		add(p.manifest)
	}
	if err != nil {
		o.drop(changes)
	}
	return changes, err
}

// temporary writes a file under a random name, unless it was written under one before.
func (o *opened) temporary(f piece) (string, error) {
	o.next()
	if f.temp != "" {
		return f.temp, nil
	}
	file, name, err := files.Temporary(o.root, ".", files.TemporaryPrefix)
	if err != nil {
		return "", err
	}
	_, err = file.Write(f.data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		o.root.Remove(name)
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			err = fmt.Errorf("%s: %w", f.path, cause.Err)
		}
	}
	return name, err
}

// do makes one change.
func (o *opened) do(c *change) error {
	o.next()
	if c.temp == "" {
		err := o.root.Remove(c.name)
		if errors.Is(err, fs.ErrNotExist) { // another process was faster, where there are no locks
			return nil
		}
		return err
	}
	if c.name == Manifest {
		o.sync()
		defer o.sync()
	}
	err := o.root.Rename(c.temp, c.name)
	if err == nil {
		c.temp = ""
	}
	return err
}

func (o *opened) makeFolders(p *plan) error {
	for _, f := range p.write {
		if err := o.root.MkdirAll(path.Dir(f.path), 0o777); err != nil {
			return err
		}
	}
	return nil
}

// drop removes the temporary files of changes that were not made.
func (o *opened) drop(changes []change) {
	for _, c := range changes {
		if c.temp != "" {
			o.root.Remove(c.temp)
		}
	}
}

// foldersOf are those in which something changes, and the first of all.
func foldersOf(changes []change) []string {
	out := []string{"."}
	for _, c := range changes {
		if dir := path.Dir(c.name); !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// next lets tests end the process before a change.
func (o *opened) next() {
	if o.step != nil {
		o.step()
	}
}

// moveAside moves things out of a report's way.
func (o *opened) moveAside(names []string) error {
	const most = 10 // to be told one by one
	for i, name := range names {
		o.next()
		to, err := o.spare(name)
		if err == nil {
			err = o.root.Rename(name, to)
		}
		if err != nil {
			return err
		}
		if i < most {
			o.Say("%s is not as sdmap wrote it; it is kept as %s.", path.Join(o.Path, name), path.Base(to))
		}
	}
	if n := len(names) - most; n > 0 {
		o.Say("%d more are kept in the same way.", n)
	}
	return nil
}

// spare finds a name that nothing has: NAME~, else NAME~1~ and so on.
func (o *opened) spare(name string) (string, error) {
	to := name + "~"
	for n := 1; ; n++ {
		if _, err := o.root.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, nil
		} else if err != nil {
			return "", err
		}
		to = fmt.Sprintf("%s~%d~", name, n)
	}
}

// sync brings the folders to disk, where the file system can do that, so that the end of a machine cannot turn the order of
// what is done before a manifest and after it.
func (o *opened) sync() {
	for _, dir := range o.folders {
		if !o.insideFolder(path.Join(dir, "any")) {
			continue
		}
		if f, err := o.root.Open(dir); err == nil {
			f.Sync()
			f.Close()
		}
	}
}

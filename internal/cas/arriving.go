package cas

import (
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"sdmap/internal/files"
)

// Arriving is a file on its way into the store that may be too large to be held in memory or to be brought at once, such as a
// model that is downloaded. What has arrived stays when the process ends, and the next one that wants it goes on from there.
// Whoever writes holds the lease of its action.
type Arriving struct {
	store *Store
	name  string // of the file; its note is beside it
	file  *os.File
	size  int64
}

const noteEnding = ".note"

func arrivingName(id ActionID) string { return path.Join("arriving", hex.EncodeToString(id[:])) }

// Arriving opens what has arrived of an action's file so far; nothing, at first. The caller calls Keep, Discard or Close.
// Its error is *Unwritable.
func (s *Store) Arriving(id ActionID) (*Arriving, error) {
	if err := errors.Join(s.Err(), s.Writable()); err != nil {
		return nil, err
	}
	a := &Arriving{store: s, name: arrivingName(id)}
	err := a.open()
	if errors.Is(err, fs.ErrNotExist) || isNotRegular(err) {
		s.makeWay(a.name)
		if err = s.disk.mkdir("arriving"); err == nil {
			err = a.open()
		}
	}
	if err != nil {
		return nil, &Unwritable{s.dir, err}
	}
	return a, nil
}

func isNotRegular(err error) bool { _, is := errors.AsType[files.NotRegular](err); return is }

func (a *Arriving) open() error {
	d := a.store.disk
	if err := d.before("create", a.name); err != nil {
		return err
	}
	if info, err := d.root.Lstat(a.name); err == nil && !info.Mode().IsRegular() {
		return files.NotRegular{Path: a.name, Mode: info.Mode()}
	}
	f, err := d.root.OpenFile(a.name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err = errors.Join(err, d.share(f)); err != nil {
		return errors.Join(err, f.Close())
	}
	a.file, a.size = f, info.Size()
	return nil
}

// Size is how much has arrived, in bytes.
func (a *Arriving) Size() int64 { return a.size }

// Read gives what has arrived from its beginning on.
func (a *Arriving) Read() io.Reader { return io.NewSectionReader(a.file, 0, a.size) }

// Write adds to what has arrived.
func (a *Arriving) Write(data []byte) (int, error) {
	if err := a.store.disk.before("write", a.name); err != nil {
		return 0, &Unwritable{a.store.dir, err}
	}
	n, err := a.file.WriteAt(data, a.size)
	a.size += int64(n)
	if err != nil {
		err = &Unwritable{a.store.dir, err}
	}
	return n, err
}

// Restart forgets what has arrived, and sets the note.
func (a *Arriving) Restart(note string) error {
	if err := a.file.Truncate(0); err != nil {
		return &Unwritable{a.store.dir, err}
	}
	a.size = 0
	if err := a.store.write(a.name+noteEnding, []byte(note)); err != nil {
		return &Unwritable{a.store.dir, err}
	}
	return nil
}

// Note is what Restart was told last: by what the rest is known to belong to what is here.
func (a *Arriving) Note() string {
	data, err := files.ReadIn(a.store.disk.root, a.name+noteEnding, 64<<10)
	if err != nil {
		return ""
	}
	return string(data)
}

// Keep makes what has arrived the action's output without copying it; id is its hash, which the caller has made of every byte.
func (a *Arriving) Keep(made Made, id OutputID) (Entry, error) {
	s := a.store
	e := Entry{Made: made, Action: IDOf(made.Description), Output: id, Size: a.size}
	err := errors.Join(a.file.Sync(), a.file.Close())
	if err == nil {
		err = s.place(a.name, outputName(id))
	}
	if err == nil {
		s.syncLater(outputName(id))
		err = s.write(actionName(e.Action), e.encode())
	}
	if err != nil {
		return Entry{}, s.fail(err)
	}
	s.disk.root.Remove(a.name + noteEnding)
	s.disk.acknowledge("entry", e.Action, "")
	return e, nil
}

// Discard removes what has arrived.
func (a *Arriving) Discard() error {
	return errors.Join(a.file.Close(), a.store.disk.remove(a.name), a.store.disk.remove(a.name+noteEnding))
}

// Close leaves what has arrived for the next one.
func (a *Arriving) Close() error { return errors.Join(a.file.Sync(), a.file.Close()) }

// PathOf is where the content of an output lies, for those that map files or hand them to other programs. They must not write to
// it, and it is theirs to see that it is what it should be: FileDigest tells.
func (s *Store) PathOf(id OutputID) string {
	return filepath.Join(s.dir, filepath.FromSlash(outputName(id)))
}

// DiscardOutput removes content that turned out to be damaged.
func (s *Store) DiscardOutput(id OutputID) {
	s.warn("the content of output %s is damaged; it is removed", id)
	s.disk.remove(outputName(id))
}

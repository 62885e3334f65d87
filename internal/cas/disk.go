package cas

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"sdmap/internal/files"
)

// disk is the folder of a store, and the only way to it: no link inside leads out, and nothing is written but under new, random
// names that are then renamed. Names are slash-separated and relative to the folder.
type disk struct {
	root   *os.Root
	shared bool // a group works on it: what is made here can be read, and folders be written, by the folder's group
	hooks  Hooks
}

// Hooks are for tests of what can go wrong.
type Hooks struct {
	// Before is asked before every operation on the store's folder: "read", "list", "create", "write", "sync", "rename", "remove"
	// or "mkdir" of a name. The operation fails with what it returns; a write then leaves half of its bytes.
	Before func(op, name string) error
	// Acknowledged hears of every answer that the store has promised to keep: "entry" with the action, or "record" with the
	// action and the record's key.
	Acknowledged func(what string, id ActionID, key string)
}

func (d *disk) before(op, name string) error {
	if d.hooks.Before == nil {
		return nil
	}
	return d.hooks.Before(op, name)
}

func (d *disk) acknowledge(what string, id ActionID, key string) {
	if d.hooks.Acknowledged != nil {
		d.hooks.Acknowledged(what, id, key)
	}
}

// largestFile bounds what is read at once: more is no file of a store, or of no use.
const largestFile = 16 << 30

func (d *disk) read(name string) ([]byte, error) {
	if err := d.before("read", name); err != nil {
		return nil, err
	}
	return files.ReadIn(d.root, name, largestFile)
}

// list names what is in a folder, in order; nothing where there is none.
func (d *disk) list(name string) ([]string, error) {
	err := d.before("list", name)
	if err != nil {
		return nil, err
	}
	info, err := d.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.IsDir() { // opening a pipe would wait
		err = fmt.Errorf("it is %s and should be a folder", files.What(info.Mode()))
	}
	if err != nil {
		return nil, err
	}
	found, err := fs.ReadDir(d.root.FS(), name)
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.Name()
	}
	return names, err
}

// temporary makes a new file in a folder, which is made where it is missing.
func (d *disk) temporary(dir, prefix string) (f *os.File, name string, err error) {
	if err := d.before("create", dir); err != nil {
		return nil, "", err
	}
	f, name, err = files.Temporary(d.root, dir, prefix)
	if errors.Is(err, fs.ErrNotExist) {
		if err = d.mkdir(dir); err == nil {
			f, name, err = files.Temporary(d.root, dir, prefix)
		}
	}
	if err != nil {
		return nil, "", err
	}
	return f, name, d.share(f)
}

// share lets the group of a shared store read a file, whatever the umask of whoever made it.
func (d *disk) share(f *os.File) error {
	if !d.shared {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return f.Chmod(info.Mode().Perm() | 0o040)
}

// write adds data to an open file.
func (d *disk) write(f *os.File, name string, data []byte) error {
	if err := d.before("write", name); err != nil {
		f.Write(data[:len(data)/2])
		return err
	}
	_, err := f.Write(data)
	return err
}

func (d *disk) rename(from, to string) error {
	if err := d.before("rename", to); err != nil {
		return err
	}
	return d.root.Rename(from, to)
}

// remove removes a file or folder with all that is in it; one that is not there is no error.
func (d *disk) remove(name string) error {
	if err := d.before("remove", name); err != nil {
		return err
	}
	return d.root.RemoveAll(name)
}

// mkdir makes a folder with those above it.
func (d *disk) mkdir(name string) error {
	if err := d.before("mkdir", name); err != nil {
		return err
	}
	made := ""
	for part := range strings.SplitSeq(name, "/") {
		made = path.Join(made, part)
		err := d.root.Mkdir(made, 0o777)
		if err == nil && d.shared {
			err = share(d.root, made, -1)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	info, err := d.root.Stat(name)
	if err == nil && !info.IsDir() {
		err = files.NotRegular{Path: name, Mode: info.Mode()}
	}
	return err
}

// sync flushes a file or folder to disk; one that was collected or replaced meanwhile needs none.
func (d *disk) sync(name string) error {
	if err := d.before("sync", name); err != nil {
		return err
	}
	info, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrInvalid) {
		return nil // file systems that cannot sync folders
	}
	return err
}

// clear moves aside what stands in the way of a file of that name: a folder, a pipe or a link under its name, or something else
// than a folder where its folder should be. It returns what it moved, and where to.
func (d *disk) clear(name string) (from, to string, err error) {
	parts := strings.Split(name, "/")
	for i := 2; i <= len(parts); i++ { // the first part is one of the store's own folders
		at, last := path.Join(parts[:i]...), i == len(parts)
		info, err := d.root.Lstat(at)
		if err != nil {
			return "", "", err
		}
		if last && info.Mode().IsRegular() || !last && info.IsDir() {
			continue
		}
		to, err := d.aside(at)
		return at, to, err
	}
	return "", "", nil
}

// aside keeps what is no work of the store's: it is moved and never deleted.
func (d *disk) aside(name string) (string, error) {
	f, place, err := d.temporary("aside", path.Base(name)+"-")
	if err != nil {
		return "", err
	}
	if err = errors.Join(f.Close(), d.root.Remove(place)); err == nil {
		err = d.root.Rename(name, place)
	}
	return place, err
}

// walk visits every file below a folder with its information; what goes meanwhile is passed over.
func (d *disk) walk(name string, visit func(name string, info fs.FileInfo)) error {
	return fs.WalkDir(d.root.FS(), name, func(at string, e fs.DirEntry, err error) error {
		if err == nil {
			var info fs.FileInfo
			if info, err = e.Info(); err == nil {
				visit(at, info)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// folders are the parts of a store.
var folders = []string{"entries", "outputs", "journals", "arriving", "digests", "leases", "owners", "tmp"}

// openDisk opens the folder dir and makes what is missing of its parts; readOnly says why it could not.
func openDisk(dir string, hooks Hooks) (d *disk, readOnly error, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	d = &disk{root: root, hooks: hooks}
	info, err := root.Stat(".")
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	d.shared = info.Mode()&groupFolder == groupFolder
	for _, sub := range folders {
		info, err := root.Lstat(sub)
		if err == nil && !info.IsDir() {
			return nil, nil, errors.Join(misplaced(sub, info.Mode()), root.Close())
		}
		if err != nil {
			readOnly = d.mkdir(sub)
		}
		if readOnly != nil && slices.Contains(folders[:2], sub) {
			return nil, nil, errors.Join(readOnly, root.Close())
		}
	}
	return d, readOnly, nil
}

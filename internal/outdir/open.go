package outdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"sdmap/internal/files"
)

// opened is a folder while this process works in it.
type opened struct {
	Folder
	root  *os.Root
	dir   *os.File // the folder itself, which bears the lock
	alone bool     // no other process works here; false where the file system has no locks
	known Digests

	folders []string // in which something changes

	earlier Digests // of reports before there was a manifest; files of other content are not sdmap's
}

// open opens the folder, with create set also one that is not there, and waits until no other process works in it.
func (f Folder) open(ctx context.Context, create bool) (*opened, error) {
	for {
		root, err := f.openRoot(create)
		if err != nil {
			return nil, err
		}
		o := &opened{Folder: f, root: root}
		if o.dir, err = root.Open("."); err == nil {
			err = o.acquire(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		if o.stands() {
			o.learn(o.manifest())
			return o, nil
		}
		o.close() // it was moved or removed while we waited
	}
}

func (f Folder) openRoot(create bool) (*os.Root, error) {
	if f.Within == "" {
		if create {
			if err := os.MkdirAll(f.Path, 0o777); err != nil {
				return nil, err
			}
		}
		if err := isFolder(os.Stat(f.Path)); err != nil {
			return nil, err
		}
		return os.OpenRoot(f.Path)
	}
	base, err := os.OpenRoot(f.Within)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	name, err := f.below()
	if err != nil {
		return nil, err
	}
	if link := files.Outward(base, filepath.ToSlash(name)); link != "" {
		return nil, fmt.Errorf("%s is a link that leads out of %s, or nowhere; if the report shall go there, name the "+
			"folder with -o",
			filepath.Join(f.Within, filepath.FromSlash(link)), f.Within)
	}
	if create {
		if err := base.MkdirAll(name, 0o777); err != nil {
			return nil, err
		}
	}
	if err := isFolder(base.Stat(name)); err != nil {
		return nil, err
	}
	return base.OpenRoot(name)
}

// isFolder looks before something is opened: one would wait at a named pipe.
func isFolder(info fs.FileInfo, err error) error {
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: info.Name(), Err: syscall.ENOTDIR}
	}
	return err
}

// below is the way from Within to the folder.
func (f Folder) below() (string, error) {
	from, err := filepath.Abs(f.Within)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(f.Path)
	if err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

const (
	lookAgain = 20 * time.Millisecond
	sayAfter  = 50 // looks
)

// acquire waits for the lock. The system gives it back when a process ends, however that ends. On a file system without locks
// processes go on without: each file still appears whole.
func (o *opened) acquire(ctx context.Context) error {
	for looks := 0; ; looks++ {
		held, err := tryLock(o.dir)
		if held || err != nil {
			o.alone = held
			return nil
		}
		if looks == sayAfter {
			o.Say("Waiting for another process that writes into %s.", o.Path)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// stands says whether the folder that was opened is still the one of that path.
func (o *opened) stands() bool {
	mine, err := o.root.Stat(".")
	if err != nil {
		return false
	}
	there, err := os.Stat(o.Path)
	return err == nil && os.SameFile(mine, there)
}

func (o *opened) close() error {
	var err error
	if o.dir != nil {
		err = o.dir.Close() // and with it the lock goes
	}
	return errors.Join(err, o.root.Close())
}

// writable tries whether files can be made.
func (o *opened) writable() error {
	f, name, err := files.Temporary(o.root, ".", files.TemporaryPrefix)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), o.root.Remove(name))
}

// sweep removes what killed processes left half-written. Another one that is at work holds the lock, so these are nobody's.
func (o *opened) sweep() {
	if !o.alone {
		return
	}
	entries, err := fs.ReadDir(o.root.FS(), ".")
	if err != nil {
		return // left-overs harm nobody
	}
	for _, e := range entries {
		if e.Type().IsRegular() && files.IsTemporary(e.Name()) {
			o.root.Remove(e.Name())
		}
	}
}

package fetch

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"sdmap/internal/files"
)

// MirrorTo puts a file that is here into the folder dir under its digest, which others can then name as their mirror. Where it
// can
// have a second name there, nothing is copied. It says whether it was missing.
func (f *Fetcher) MirrorTo(dir, digest string, here Here) (missing bool, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return false, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false, err
	}
	defer root.Close()
	at := filepath.Join(dir, digest)
	if _, err := root.Lstat(digest); err == nil {
		want, _ := outputOf(digest)
		if is, err := f.Store.FileDigest(at); err == nil && is == want {
			return false, nil
		}
		if err := root.Remove(digest); err != nil {
			return false, err
		}
	}
	if os.Link(here.Path, at) == nil {
		return true, nil
	}
	return true, copyTo(root, digest, here.Path)
}

// copyTo copies a file into root, whole or not at all.
func copyTo(root *os.Root, name, path string) error {
	from, err := files.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, temporary, err := files.Temporary(root, ".", files.TemporaryPrefix)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Sync(), to.Close()); err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		root.Remove(temporary)
	}
	return err
}

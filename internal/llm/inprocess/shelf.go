package inprocess

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sdmap/internal/files"
)

// shelf is where the files of a folder are; names are slash-separated.
type shelf interface {
	there(name string) error // why a file cannot be read
	read(name string) ([]byte, error)
	path(name string) string
}

// together is a folder as it lies on a disk.
type together struct {
	dir  string
	root *os.Root // closed once the folder is read
}

func (s together) there(name string) error {
	if link := files.Outward(s.root, name); link != "" {
		return fmt.Errorf("%s is a link that leads out of the folder, as in the cache of a hub's client, or nowhere; "+
			"copy the folder with what its links stand for: cp -rL", link)
	}
	if _, err := s.root.Stat(name); err != nil {
		return fmt.Errorf("%s: %w", name, errors.Unwrap(err))
	}
	return nil
}

func (s together) read(name string) ([]byte, error) {
	return files.ReadIn(s.root, name, largestSetting)
}

func (s together) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// gathered are files that lie anywhere, by their names in the folder that they make up.
type gathered map[string]string

func (s gathered) there(name string) error {
	if _, ok := s[name]; !ok {
		return fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return nil
}

func (s gathered) read(name string) ([]byte, error) { return files.Read(s[name], largestSetting) }

func (s gathered) path(name string) string { return s[name] }

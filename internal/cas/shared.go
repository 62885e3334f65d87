package cas

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Share makes the folder dir a store that its group works on: what comes to be in it belongs to the group (the set-group-ID bit
// of folders), the group may write folders and read files, whatever the umask of whoever writes. A store that is there already is
// opened to the group; the number of things that belong to others and so could not be is returned. group is a group's number, or
// -1 to leave it as it is.
func Share(dir string, group int) (left int, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	if err := share(root, ".", group); err != nil {
		return 0, fmt.Errorf("%s cannot be given to a group: %w; its owner can", dir, cause(err))
	}
	s, err := Open(dir)
	if err != nil {
		return 0, err
	}
	for _, folder := range append([]string{"aside"}, folders...) {
		err = errors.Join(err, s.disk.walk(folder, func(name string, info fs.FileInfo) {
			if (info.IsDir() || info.Mode().IsRegular()) && share(root, name, group) != nil {
				left++
			}
		}))
	}
	return left, errors.Join(err, s.Close())
}

// groupFolder are the bits of a folder of a shared store: the group reads and writes, and owns what comes to be in it.
const groupFolder = fs.ModeSetgid | 0o070

// share opens a folder or file to its group. What others may do stays as the umask of its maker had it.
func share(root *os.Root, name string, group int) error {
	if group >= 0 {
		if err := root.Lchown(name, -1, group); err != nil {
			return err
		}
	}
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return root.Chmod(name, info.Mode().Perm()|0o040)
	}
	if err := root.Chmod(name, info.Mode().Perm()|groupFolder); err != nil {
		return err
	}
	if info, err = root.Lstat(name); err == nil && info.Mode()&groupFolder != groupFolder {
		err = errors.New("its group is none of yours")
	}
	return err
}

// Package files opens files that users name and writes files that users keep, with the care that both need.
//
// Reading: what a study names is opened only if it is a regular file. A named pipe would be waited for forever, a device may
// never end, and opening either can have effects of its own; so such a thing is an error that says what it is.
//
// Writing: a file appears whole or not at all, inside a folder that was opened as a root: no link leads out of it. Temporary
// names are random and must be new, so no link that somebody left under a name is followed, and no file with a second name (a
// hard link) is cut short: whatever stood under the name before is replaced, not changed.
package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
)

// NotRegular is the error for something that is there and is no regular file.
type NotRegular struct {
	Path string
	Mode fs.FileMode
}

func (e NotRegular) Error() string { return fmt.Sprintf("%s is %s, not a file", e.Path, What(e.Mode)) }

// Problem is the error without the path.
func (e NotRegular) Problem() string { return fmt.Sprintf("it is %s, not a file", What(e.Mode)) }

// What names a kind of file for people: "a folder", "a named pipe".
func What(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	default:
		return "something else"
	}
}

// Open opens a regular file for reading. Links are followed.
func Open(path string) (*os.File, error) {
	return open(path, os.Stat, func(name string, flag int) (*os.File, error) { return os.OpenFile(name, flag, 0) })
}

// OpenIn is Open inside root; name is slash-separated.
func OpenIn(root *os.Root, name string) (*os.File, error) {
	return open(name, root.Stat, func(name string, flag int) (*os.File, error) { return root.OpenFile(name, flag, 0) })
}

// open looks before it opens, since opening a device may already do something, and looks again at what it has opened, since
// something else may stand there by then. With noWait a pipe that came in between is not waited for.
func open(path string, stat func(string) (fs.FileInfo, error), open func(string, int) (*os.File, error)) (*os.File, error) {
	info, err := stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, NotRegular{path, info.Mode()}
	}
	f, err := open(path, os.O_RDONLY|noWait)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = NotRegular{path, info.Mode()}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Append opens a regular file for reading, and for writing at its end; one that is not there is made. Links are followed.
func Append(path string) (*os.File, error) {
	end := func(name string, flag int) (*os.File, error) {
		return os.OpenFile(name, os.O_RDWR|os.O_APPEND|flag, 0o666)
	}
	f, err := open(path, os.Stat, end)
	if errors.Is(err, fs.ErrNotExist) {
		return end(path, os.O_CREATE|noWait)
	}
	return f, err
}

// TooLarge is the error for a file beyond a bound.
type TooLarge struct{ Most int64 }

func (e TooLarge) Error() string {
	if e.Most >= 1<<20 {
		return fmt.Sprintf("it is larger than %d MiB", e.Most>>20)
	}
	return fmt.Sprintf("it is larger than %d bytes", e.Most)
}

// Read reads the whole of a regular file of at most so many bytes.
func Read(path string, most int64) ([]byte, error) { return read(most)(Open(path)) }

// ReadIn is Read inside root.
func ReadIn(root *os.Root, name string, most int64) ([]byte, error) {
	return read(most)(OpenIn(root, name))
}

func read(most int64) func(*os.File, error) ([]byte, error) {
	return func(f *os.File, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, most+1))
		if err == nil && int64(len(data)) > most {
			err = TooLarge{most}
		}
		return data, err
	}
}

// Outward returns the first link on the way to a name that cannot be followed inside root: it leads out of it, or nowhere. It
// returns "" where there is none.
func Outward(root *os.Root, name string) string {
	for at := range name + "/" {
		if at < len(name) && name[at] != '/' {
			continue
		}
		info, err := root.Lstat(name[:at])
		if err != nil {
			return ""
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if _, err := root.Stat(name[:at]); err != nil {
				return name[:at]
			}
		}
	}
	return ""
}

// Temporary makes a new, empty file with a random name in a folder of root ("." is the root itself): prefix, then letters and
// digits. Its mode is what the process' umask leaves of 0666.
func Temporary(root *os.Root, dir, prefix string) (*os.File, string, error) {
	for {
		name := path.Join(dir, prefix+rand.Text())
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
}

// TemporaryPrefix begins the names of files that are about to become others.
const TemporaryPrefix = ".sdmap-"

var temporary = regexp.MustCompile(`^` + regexp.QuoteMeta(TemporaryPrefix) + `[A-Z2-7]{26}$`)

// IsTemporary says whether a file's name is one that Temporary gives after TemporaryPrefix.
func IsTemporary(name string) bool { return temporary.MatchString(name) }

// Replace makes data the content of the file name in root, whole or not at all: it is on disk before the name points to it.
// The folder must be there.
func Replace(root *os.Root, name string, data []byte) error {
	f, temporary, err := Temporary(root, path.Dir(name), TemporaryPrefix)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		root.Remove(temporary)
	}
	return err
}

package cas

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"sdmap/internal/files"
)

// Unwritable is the error of a store in which something could not be written. From then on nothing is: what comes after it
// would be lost all the same, and after a failed sync nobody knows what of the last second is on disk.
type Unwritable struct {
	Dir string
	Err error // of the first write that failed
}

func (u *Unwritable) Error() string {
	return fmt.Sprintf("the store %s cannot be written: %v. %s", u.Dir, cause(u.Err), remedy(u.Err))
}
func (u *Unwritable) Unwrap() error { return u.Err }

// Failed is closed at the first write that fails.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Err is the error of the first write that failed; nil as long as none has.
func (s *Store) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		return nil
	}
	return s.broken
}

// fail notes a failed write and returns the first one.
func (s *Store) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		if u, ok := errors.AsType[*Unwritable](err); ok {
			s.broken = u
		} else {
			s.broken = &Unwritable{s.dir, err}
		}
		close(s.failed)
	}
	return s.broken
}

// Writable says whether anything can be written, by trying it once. Its error is *Unwritable.
func (s *Store) Writable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tried {
		s.tried = true
		f, name, err := s.disk.temporary("tmp", "try-")
		if err == nil {
			err = errors.Join(f.Close(), s.disk.root.Remove(name))
		}
		s.readOnly = err
	}
	if s.readOnly == nil {
		return nil
	}
	return &Unwritable{s.dir, s.readOnly}
}

// cause is the system's word, without the operation and the path inside the store that nobody asked for.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// remedy says what a person can do about a store that cannot be used.
func remedy(err error) string {
	const elsewhere = "or name another folder with -cache or SDMAP_CACHE"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "Make room there (sdmap cache gc removes what no study reaches), " + elsewhere
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "Let its owner give you the right to write (sdmap cache init -shared makes a store for a group), " + elsewhere
	case errors.Is(err, fs.ErrNotExist):
		return "Its folder is gone: is a disk missing? Bring it back, " + elsewhere
	case errors.Is(err, syscall.EIO):
		return "Look after that disk, " + elsewhere
	default:
		return "Put that right, " + elsewhere
	}
}

// misplaced is the error for something else in the place of one of the store's folders.
func misplaced(name string, mode fs.FileMode) error {
	if mode&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s in it is a link, and a store is one folder (the folder itself may be a link)", name)
	}
	return fmt.Errorf("%s in it is %s and should be a folder", name, files.What(mode))
}

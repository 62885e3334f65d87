package cas

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// syncEvery is how long written data may stay out of the disk.
const syncEvery = time.Second

// late is what waits for the next sync.
type late struct {
	timer    *time.Timer
	files    []string   // written and renamed
	journals []*journal // with records since the last sync
	done     []string   // journals' folders to be removed after the sync
}

func (s *Store) syncLater(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late.files = append(s.late.files, path)
	s.wake()
}

// finished lets the journal of a stored action go at the next sync.
func (s *Store) finished(id ActionID) {
	dir := s.journalDir(id)
	if _, err := os.Stat(dir); err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late.done = append(s.late.done, dir)
	s.wake()
}

// wake sets the timer of the next sync; s.mu is held.
func (s *Store) wake() {
	if s.late.timer == nil {
		s.late.timer = time.AfterFunc(syncEvery, func() {
			if err := s.Sync(); err != nil {
				s.warn("the store could not be synced to disk: %v", err)
			}
		})
	}
}

// Sync brings everything that was written so far to disk.
func (s *Store) Sync() error {
	s.mu.Lock()
	l := s.late
	s.late = late{}
	s.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	var errs []error
	for _, j := range l.journals {
		errs = append(errs, j.sync())
	}
	var folders []string
	for _, path := range l.files {
		errs = append(errs, syncPath(path))
		folders = append(folders, filepath.Dir(path))
	}
	slices.Sort(folders)
	for _, dir := range slices.Compact(folders) {
		errs = append(errs, syncPath(dir))
	}
	if err := errors.Join(errs...); err != nil {
		return err // the journals stay: they may be all that is on disk
	}
	for _, dir := range l.done {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

// Close syncs. The store stays usable: nothing else is held open.
func (s *Store) Close() error { return s.Sync() }

// syncPath flushes a file or folder to disk; one that was collected or replaced meanwhile needs none.
func syncPath(path string) error {
	f, err := os.Open(path)
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

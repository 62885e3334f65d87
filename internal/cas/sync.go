package cas

import (
	"encoding/hex"
	"errors"
	"path"
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

func (s *Store) syncLater(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late.files = append(s.late.files, name)
	s.wake()
}

// finished lets the journal of a stored action go at the next sync.
func (s *Store) finished(id ActionID) {
	dir := journalName(id)
	if _, err := s.disk.root.Lstat(dir); err != nil {
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
		s.late.timer = time.AfterFunc(syncEvery, func() { s.Sync() })
	}
}

// Sync brings everything that was written before the call to disk, whoever has begun with it. Its error is *Unwritable.
func (s *Store) Sync() error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	s.mu.Lock()
	l := s.late
	s.late = late{}
	s.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	if err := s.flush(l); err != nil {
		return s.fail(err) // the journals stay: they may be all that is on disk
	}
	for _, dir := range l.done {
		if err := s.disk.remove(dir); err != nil {
			s.warn("the journal of a finished action cannot be removed: %v", cause(err))
		}
	}
	return nil
}

func (s *Store) flush(l late) error {
	var errs []error
	for _, j := range l.journals {
		errs = append(errs, j.sync())
	}
	var folders []string
	for _, name := range l.files {
		errs = append(errs, s.disk.sync(name))
		folders = append(folders, path.Dir(name), path.Dir(path.Dir(name))) // both may be new
	}
	slices.Sort(folders)
	for _, dir := range slices.Compact(folders) {
		errs = append(errs, s.disk.sync(dir))
	}
	return errors.Join(errs...)
}

// Close syncs, lets the journals of finished actions go, and gives up what this process had to itself. The store stays usable:
// nothing else is held open.
func (s *Store) Close() error {
	defer s.tellRest()
	s.giveUp()
	if s.Err() != nil || s.Writable() != nil {
		return s.Err()
	}
	s.sweep()
	return s.Sync()
}

// sweep finds journals whose actions are finished: a process that was killed before its last sync left them.
func (s *Store) sweep() {
	names, _ := s.disk.list("journals")
	for _, name := range names {
		b, err := hex.DecodeString(name)
		if err != nil || len(b) != len(ActionID{}) {
			continue
		}
		id := ActionID(b)
		e, err := s.entry(id)
		if err != nil || !s.holds(e.Output, e.Size) {
			continue
		}
		s.syncLater(outputName(e.Output))
		s.syncLater(actionName(id))
		s.finished(id)
	}
}

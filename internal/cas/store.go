package cas

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// ErrCorrupt is the cause of Read's error when content is missing, short or of another hash: the caller computes again.
var ErrCorrupt = errors.New("damaged or missing in the store")

// Store is a folder of entries and contents. It is safe for concurrent use, by many processes too.
type Store struct {
	// Warn is told about damage that was met and survived. Set it before use; nil is silence.
	Warn func(message string)

	dir  string
	mu   sync.Mutex // guards what follows
	late late
}

// Open opens the store at dir and makes it where there is none.
func Open(dir string) (*Store, error) {
	for _, sub := range []string{"entries", "outputs", "journals", "digests", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	return &Store{dir: dir}, nil
}

// Dir is the folder of the store.
func (s *Store) Dir() string { return s.dir }

func (s *Store) warn(format string, args ...any) {
	if s.Warn != nil {
		s.Warn(fmt.Sprintf(format, args...))
	}
}

func (s *Store) actionPath(id ActionID) string {
	h := hex.EncodeToString(id[:])
	return filepath.Join(s.dir, "entries", h[:2], h)
}

func (s *Store) outputPath(id OutputID) string {
	h := hex.EncodeToString(id[:])
	return filepath.Join(s.dir, "outputs", h[:2], h)
}

// Lookup finds what an action produced. A hit is a well-formed entry whose content has the right size; the content's hash
// is checked when it is read. A damaged entry is a miss and a warning. An error means that the store could not be asked.
func (s *Store) Lookup(id ActionID) (Entry, bool, error) {
	e, err := s.entry(id)
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, false, nil
	}
	if errors.Is(err, ErrCorrupt) {
		s.warn("%v; it counts as not there", err)
		return Entry{}, false, nil
	}
	if err != nil {
		return Entry{}, false, err
	}
	info, err := os.Stat(s.outputPath(e.Output))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.warn("the output of %s is missing in the store; it counts as not there", id)
		return Entry{}, false, nil
	case err != nil:
		return Entry{}, false, err
	case info.Size() != e.Size:
		s.warn("the output of %s has %d bytes in the store and should have %d; it counts as not there", id, info.Size(), e.Size)
		return Entry{}, false, nil
	}
	return e, true, nil
}

// entry reads and checks one entry file.
func (s *Store) entry(id ActionID) (Entry, error) {
	data, err := os.ReadFile(s.actionPath(id))
	if err != nil {
		return Entry{}, err
	}
	e, err := decodeEntry(data)
	if err == nil && e.Action != id {
		err = fmt.Errorf("it describes another action")
	}
	if err != nil {
		return Entry{}, fmt.Errorf("entry %s is %w: %v", id, ErrCorrupt, err)
	}
	return e, nil
}

// Read returns verified content. An error that is ErrCorrupt means that the content must be made again; what was damaged
// is removed.
func (s *Store) Read(id OutputID) ([]byte, error) {
	path := s.outputPath(id)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("output %s: %w", id, ErrCorrupt)
	}
	if err != nil {
		return nil, fmt.Errorf("read output: %w", err)
	}
	if got := OutputOf(data); got != id {
		s.warn("the content of output %s is damaged in the store; it is removed", id)
		os.Remove(path)
		return nil, fmt.Errorf("output %s: %w", id, ErrCorrupt)
	}
	return data, nil
}

// Put stores what an action produced: first the content, then the entry that names it.
func (s *Store) Put(made Made, content []byte) (Entry, error) {
	e := Entry{Made: made, Action: IDOf(made.Description), Output: OutputOf(content), Size: int64(len(content))}
	if !s.holds(e.Output, e.Size) {
		if err := s.write(s.outputPath(e.Output), content); err != nil {
			return Entry{}, fmt.Errorf("store output of %s: %w", made.Kind, err)
		}
	}
	if err := s.write(s.actionPath(e.Action), e.encode()); err != nil {
		return Entry{}, fmt.Errorf("store entry of %s: %w", made.Kind, err)
	}
	s.finished(e.Action)
	return e, nil
}

// Forget removes an entry and the journal of its action, because what they hold turned out to be wrong. The output stays
// until gc, as others may name it.
func (s *Store) Forget(id ActionID) error {
	err := os.Remove(s.actionPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.journalDir(id)))
}

// holds says whether sound content is there already.
func (s *Store) holds(id OutputID, size int64) bool {
	info, err := os.Stat(s.outputPath(id))
	if err != nil || info.Size() != size {
		return false
	}
	_, err = s.Read(id)
	return err == nil
}

// write makes the file appear at path whole or not at all.
func (s *Store) write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Join(s.dir, "tmp"), "put-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // without effect once renamed
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	err = os.Rename(f.Name(), path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.Rename(f.Name(), path)
		}
	}
	if err == nil {
		s.syncLater(path)
	}
	return err
}

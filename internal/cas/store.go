package cas

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"sdmap/internal/files"
)

// ErrCorrupt is the cause of Read's error when content is missing, short, unreadable or of another hash: the caller computes
// again.
var ErrCorrupt = errors.New("damaged or missing in the store")

// Store is a folder of entries and contents. It is safe for concurrent use, by many processes too.
type Store struct {
	// Warn is told about damage that was met and survived. Set it before use; nil is silence.
	Warn func(message string)
	// Verify has FileDigest read every file again, whatever is remembered. Set it before use.
	Verify bool

	dir  string
	disk *disk

	syncing sync.Mutex // held while what is late is brought to disk
	failed  chan struct{}

	mu       sync.Mutex // guards what follows
	late     late
	broken   *Unwritable    // the first failed write
	readOnly error          // why nothing can be written; nil if something can, or nobody has tried
	tried    bool           // to write
	told     map[string]int // warnings by their kind
	hashed   Hashed
	owner    *owner // of this process' leases
}

// Open opens the store at dir and makes it where there is none. One that cannot be written is opened for reading.
func Open(dir string) (*Store, error) { return OpenWith(dir, Hooks{}) }

// OpenWith is Open for tests that interfere.
func OpenWith(dir string, hooks Hooks) (*Store, error) {
	d, readOnly, err := openDisk(dir, hooks)
	if err != nil {
		return nil, fmt.Errorf("the store %s cannot be opened: %v; %s", dir, cause(err), remedy(err))
	}
	return &Store{dir: dir, disk: d, failed: make(chan struct{}), told: map[string]int{}, readOnly: readOnly,
		tried: readOnly != nil}, nil
}

// Dir is the folder of the store.
func (s *Store) Dir() string { return s.dir }

// mostTold is how many warnings of a kind are given one by one; Close tells how many more there were.
const mostTold = 10

func (s *Store) warn(format string, args ...any) {
	if s.Warn == nil {
		return
	}
	s.mu.Lock()
	s.told[format]++
	n := s.told[format]
	s.mu.Unlock()
	if n <= mostTold {
		s.Warn(fmt.Sprintf(format, args...))
	}
}

// tellRest says how many warnings were not given.
func (s *Store) tellRest() {
	s.mu.Lock()
	more := 0
	for kind, n := range s.told {
		more += max(0, n-mostTold)
		delete(s.told, kind)
	}
	s.mu.Unlock()
	if more > 0 && s.Warn != nil {
		s.Warn(fmt.Sprintf("%d more such warnings are not shown", more))
	}
}

func actionName(id ActionID) string { return spread("entries", hex.EncodeToString(id[:])) }
func outputName(id OutputID) string { return spread("outputs", hex.EncodeToString(id[:])) }

// spread puts files into 256 folders.
func spread(folder, name string) string { return path.Join(folder, name[:2], name) }

// Lookup finds what an action produced. A hit is a well-formed entry whose content has the right size; the content's hash
// is checked when it is read. What is damaged or cannot be read is a miss and a warning.
func (s *Store) Lookup(id ActionID) (Entry, bool) {
	e, err := s.entry(id)
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, false
	}
	if err != nil {
		s.warn("%v; it counts as not there", err)
		return Entry{}, false
	}
	info, err := s.disk.root.Stat(outputName(e.Output))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.warn("the output of %s is missing; it counts as not there", id)
		return Entry{}, false
	case err == nil && !info.Mode().IsRegular():
		err = files.NotRegular{Path: "it", Mode: info.Mode()}
		fallthrough
	case err != nil:
		s.warn("the output of %s cannot be read: %v; it counts as not there", id, cause(err))
		return Entry{}, false
	case info.Size() != e.Size:
		s.warn("the output of %s has %d bytes and should have %d; it counts as not there", id, info.Size(), e.Size)
		return Entry{}, false
	}
	return e, true
}

// entry reads and checks one entry file. Its error is fs.ErrNotExist, ErrCorrupt, or says why it cannot be read.
func (s *Store) entry(id ActionID) (Entry, error) {
	data, err := s.disk.read(actionName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, err
	}
	if err != nil {
		return Entry{}, fmt.Errorf("entry %s cannot be read: %w", id, cause(err))
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

// Read returns verified content. An error means that the content must be made again, and is ErrCorrupt; what was damaged is
// removed.
func (s *Store) Read(id OutputID) ([]byte, error) {
	name := outputName(id)
	data, err := s.disk.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("output %s: %w", id, ErrCorrupt)
	case err != nil:
		s.warn("output %s cannot be read: %v; it counts as not there", id, cause(err))
		return nil, fmt.Errorf("output %s: %w: %v", id, ErrCorrupt, cause(err))
	case OutputOf(data) != id:
		s.warn("the content of output %s is damaged; it is removed", id)
		s.disk.remove(name) // else the next Put replaces it
		return nil, fmt.Errorf("output %s: %w", id, ErrCorrupt)
	}
	return data, nil
}

// Put stores what an action produced: first the content, then the entry that names it. Its error is *Unwritable.
func (s *Store) Put(made Made, content []byte) (Entry, error) {
	if err := s.Err(); err != nil {
		return Entry{}, err
	}
	e, err := s.put(made, content)
	if err != nil {
		return Entry{}, s.fail(err)
	}
	s.disk.acknowledge("entry", e.Action, "")
	return e, nil
}

func (s *Store) put(made Made, content []byte) (Entry, error) {
	e := Entry{Made: made, Action: IDOf(made.Description), Output: OutputOf(content), Size: int64(len(content))}
	// Content that is there already is written again: so it is young, and gc leaves it, and it is on disk before the journal
	// goes.
	if err := s.write(outputName(e.Output), content); err != nil {
		return Entry{}, err
	}
	if err := s.write(actionName(e.Action), e.encode()); err != nil {
		return Entry{}, err
	}
	s.finished(e.Action)
	return e, nil
}

// Keep is Put for what is of use and not needed: where it cannot be written a warning says so, and a store that is read-only
// is left in peace.
func (s *Store) Keep(made Made, content []byte) {
	if s.Writable() != nil || s.Err() != nil {
		return
	}
	if _, err := s.put(made, content); err != nil {
		s.warn("a note (%s) could not be written: %v", made.Kind, cause(err))
	}
}

// Forget removes an entry and the journal of its action, because what they hold turned out to be wrong. The output stays
// until gc, as others may name it.
func (s *Store) Forget(id ActionID) error {
	return errors.Join(s.disk.remove(actionName(id)), s.disk.remove(journalName(id)))
}

// holds says whether sound content is there already.
func (s *Store) holds(id OutputID, size int64) bool {
	info, err := s.disk.root.Stat(outputName(id))
	if err != nil || info.Size() != size || !info.Mode().IsRegular() {
		return false
	}
	_, err = s.Read(id)
	return err == nil
}

// write makes the file appear under its name, whole or not at all.
func (s *Store) write(name string, data []byte) error {
	f, temporary, err := s.disk.temporary("tmp", "put-")
	if err != nil {
		return err
	}
	err = s.disk.write(f, name, data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = s.place(temporary, name)
	}
	if err != nil {
		s.disk.root.Remove(temporary)
		return err
	}
	s.syncLater(name)
	return nil
}

// place renames a file to where it belongs. Its folder is made where it is missing, and what should not stand there goes aside.
func (s *Store) place(temporary, name string) error {
	if info, err := s.disk.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		s.makeWay(name)
	}
	err := s.disk.rename(temporary, name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) && !s.makeWay(name) {
		return err
	}
	if err = s.disk.mkdir(path.Dir(name)); err != nil {
		return err
	}
	return s.disk.rename(temporary, name)
}

// makeWay moves aside what stands in the way of a file of that name, and says whether there was something.
func (s *Store) makeWay(name string) bool {
	from, to, err := s.disk.clear(name)
	if from == "" || err != nil {
		return false
	}
	s.warn("%s is no work of the store; it is kept as %s", from, to)
	return true
}

package cas

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path"
	"sync"
)

// Journal keeps the partial answers of one action until the action is done. It is safe for concurrent use.
type Journal interface {
	// Get returns what an earlier Append (of this or an interrupted run) stored under key. The value is not to be changed.
	Get(key string) ([]byte, bool)
	// Append stores value under key. It is on disk within about a second. Its error is *Unwritable.
	Append(key string, value []byte) error
}

// OpenJournal reads what interrupted runs of an action left, as far as it can be read. The first Append opens a file for more.
// The returned function syncs and closes; the journal itself is removed after the action's Put.
func (s *Store) OpenJournal(id ActionID) (Journal, func() error) {
	j := &journal{store: s, id: id, dir: journalName(id), known: map[string][]byte{}}
	names, err := s.disk.list(j.dir)
	if err != nil {
		s.warn("the journal of %s cannot be read: %v; it counts as not there", id, cause(err))
	}
	for _, n := range names {
		data, err := s.disk.read(path.Join(j.dir, n))
		if err != nil {
			s.warn("a file of the journal of %s cannot be read: %v; it counts as not there", id, cause(err))
		} else if good := readRecords(data, j.known); good < len(data) {
			s.warn("the journal of %s is torn after %d of %d bytes; what stands before is used", id, good, len(data))
		}
	}
	return j, j.close
}

func journalName(id ActionID) string { return path.Join("journals", hex.EncodeToString(id[:])) }

// journal is one process' view: the records of all earlier files, and a file of its own, so that no process ever has to
// mend what another is writing.
type journal struct {
	store *Store
	id    ActionID
	dir   string

	mu    sync.Mutex
	known map[string][]byte
	file  *os.File // nil before the first Append
	named bool     // the file's name is on disk
	dirty bool
}

func (j *journal) Get(key string) ([]byte, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	v, ok := j.known[key]
	return v, ok
}

func (j *journal) Append(key string, value []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.store.Err(); err != nil {
		return err
	}
	if j.file == nil {
		if err := j.open(); err != nil {
			return j.store.fail(err)
		}
	}
	if err := j.store.disk.write(j.file, j.dir, appendRecord(nil, key, value)); err != nil {
		return j.store.fail(err)
	}
	j.known[key] = bytes.Clone(value)
	if !j.dirty {
		j.dirty = true
		j.store.journalLater(j)
	}
	j.store.disk.acknowledge("record", j.id, key)
	return nil
}

// open makes the journal's own file. What stands in the way of its folder goes aside.
func (j *journal) open() (err error) {
	d := j.store.disk
	if j.file, _, err = d.temporary(j.dir, ""); err != nil && j.store.makeWay(path.Join(j.dir, "file")) {
		j.file, _, err = d.temporary(j.dir, "")
	}
	return err
}

func (s *Store) journalLater(j *journal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late.journals = append(s.late.journals, j)
	s.wake()
}

func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil || !j.dirty {
		return nil
	}
	j.dirty = false
	return j.flush()
}

// flush brings the records to disk, and the first time the names of the file and its folder.
func (j *journal) flush() error {
	d := j.store.disk
	if err := d.before("sync", j.dir); err != nil {
		return err
	}
	err := j.file.Sync()
	if !j.named {
		err = errors.Join(err, d.sync(j.dir), d.sync(path.Dir(j.dir)))
		j.named = true
	}
	return err
}

// close syncs what the store has not synced yet.
func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	var err error
	if j.dirty {
		j.dirty = false
		err = j.flush()
	}
	err = errors.Join(err, j.file.Close())
	j.file = nil
	if err != nil {
		return j.store.fail(err)
	}
	return nil
}

// A record is the lengths of key and value (uint32, little-endian), both, and the first 8 bytes of the SHA-256 of all that.
const recordHead, recordTail = 8, 8

func appendRecord(b []byte, key string, value []byte) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(key)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	b = append(b, key...)
	b = append(b, value...)
	sum := sha256.Sum256(b[start:])
	return append(b, sum[:recordTail]...)
}

// readRecords adds the records of data to known and returns how many bytes at the front were sound.
func readRecords(data []byte, known map[string][]byte) int {
	at := 0
	for len(data)-at >= recordHead+recordTail {
		keyLen := uint64(binary.LittleEndian.Uint32(data[at:]))
		valueLen := uint64(binary.LittleEndian.Uint32(data[at+4:]))
		size := recordHead + keyLen + valueLen
		if size+recordTail > uint64(len(data)-at) {
			break
		}
		body, tail := data[at:at+int(size)], data[at+int(size):at+int(size)+recordTail]
		if sum := sha256.Sum256(body); !bytes.Equal(sum[:recordTail], tail) {
			break
		}
		known[string(body[recordHead:recordHead+keyLen])] = bytes.Clone(body[recordHead+keyLen:])
		at += int(size) + recordTail
	}
	return at
}

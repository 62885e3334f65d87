package cas

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Journal keeps the partial answers of one action until the action is done. It is safe for concurrent use.
type Journal interface {
	// Get returns what an earlier Append (of this or an interrupted run) stored under key. The value is not to be changed.
	Get(key string) ([]byte, bool)
	// Append stores value under key. It is on disk within about a second.
	Append(key string, value []byte) error
}

// OpenJournal reads what interrupted runs of an action left and opens a file for more. The returned function syncs and
// closes; the journal itself is removed after the action's Put.
func (s *Store) OpenJournal(id ActionID) (Journal, func() error, error) {
	j := &journal{store: s, dir: s.journalDir(id), known: map[string][]byte{}}
	names, err := os.ReadDir(j.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, n := range names {
		data, err := os.ReadFile(filepath.Join(j.dir, n.Name()))
		if err != nil {
			return nil, nil, err
		}
		if good := readRecords(data, j.known); good < len(data) {
			s.warn("the journal of %s is torn after %d of %d bytes; what stands before is used", id, good, len(data))
		}
	}
	return j, j.close, nil
}

func (s *Store) journalDir(id ActionID) string {
	return filepath.Join(s.dir, "journals", hex.EncodeToString(id[:]))
}

// journal is one process' view: the records of all earlier files, and a file of its own, so that no process ever has to
// mend what another is writing.
type journal struct {
	store *Store
	dir   string

	mu    sync.Mutex
	known map[string][]byte
	file  *os.File // nil before the first Append
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
	if j.file == nil {
		if err := os.MkdirAll(j.dir, 0o777); err != nil {
			return err
		}
		f, err := os.CreateTemp(j.dir, "*")
		if err != nil {
			return err
		}
		j.file = f
	}
	if _, err := j.file.Write(appendRecord(nil, key, value)); err != nil {
		return err
	}
	j.known[key] = bytes.Clone(value)
	if !j.dirty {
		j.dirty = true
		j.store.journalLater(j)
	}
	return nil
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
	j.dirty = false
	if j.file == nil {
		return nil
	}
	return j.file.Sync()
}

// close syncs what the store has not synced yet.
func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	f := j.file
	j.file = nil
	if j.dirty {
		return errors.Join(f.Sync(), f.Close())
	}
	return f.Close()
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

package cas

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sdmap/internal/files"
)

// FileDigest is the hash of a file outside the store, such as a model of tens of gigabytes. It is remembered under the file's
// face: path, size, times of change and (where the system has them) inode, so that a file is read once. The time of the last
// change of the inode is among them, which no program can set back: a byte that was changed in place is noticed even if size
// and time of modification are as before.
func (s *Store) FileDigest(path string) (OutputID, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return OutputID{}, err
	}
	before, err := os.Stat(abs)
	if err != nil {
		return OutputID{}, err
	}
	memo := memoName(face(abs, before))
	known, ok := s.readMemo(memo, face(abs, before))
	if ok && !s.Verify {
		return known, nil
	}
	id, err := s.hashFile(abs)
	if err != nil {
		return OutputID{}, err
	}
	after, err := os.Stat(abs)
	if err != nil {
		return OutputID{}, err
	}
	if face(abs, after) != face(abs, before) {
		return OutputID{}, fmt.Errorf("%s changed while it was read", path)
	}
	switch {
	case ok && known == id:
	case ok:
		s.warn("%s changed without a trace in its size and times since it was last read; what it held then is forgotten", path)
		fallthrough
	default:
		s.remember(memo, face(abs, after), id, after)
	}
	return id, nil
}

func face(abs string, i os.FileInfo) string {
	return fmt.Sprintf("%s%q\n%s", faceMagic, abs, files.Face(i))
}

const faceMagic = "sdmap digest 2\nfile "

func memoName(face string) string {
	name := sha256.Sum256([]byte(face))
	return path.Join("digests", hex.EncodeToString(name[:]))
}

// settled is the age at which a file's times tell of every later change: file systems write times in steps.
var settled = time.Second

// remember writes a memo, unless the file is so young that it could change again within the resolution of its times.
func (s *Store) remember(memo, face string, id OutputID, file os.FileInfo) {
	if s.Writable() != nil || s.Err() != nil {
		return
	}
	err := s.write(memo, memoText(face, id))
	if err == nil {
		var info os.FileInfo
		if info, err = s.disk.root.Stat(memo); err == nil && info.ModTime().Sub(files.Changed(file)) < settled {
			err = s.disk.remove(memo)
		}
	}
	if err != nil {
		s.warn("a digest could not be written, and its file will be read again: %v", cause(err))
	}
}

// A memo is the face that it belongs to, the digest, and a checksum of both.
func memoText(face string, id OutputID) []byte {
	text := fmt.Sprintf("%sdigest %s\n", face, id)
	return fmt.Appendf(nil, "%scheck %s\n", text, OutputOf([]byte(text)))
}

// readMemo is the digest that is remembered for a face; a memo of another face, or a damaged one, is none.
func (s *Store) readMemo(memo, face string) (OutputID, bool) {
	data, err := s.disk.read(memo)
	if errors.Is(err, fs.ErrNotExist) {
		return OutputID{}, false
	}
	if err == nil {
		rest, _ := bytes.CutPrefix(data, []byte(face+"digest "))
		digest, _, _ := bytes.Cut(rest, []byte("\n"))
		if id, err := ParseOutputID(string(digest)); err == nil && string(memoText(face, id)) == string(data) {
			return id, true
		}
		err = errors.New("it is damaged, or of another file")
	}
	s.warn("a remembered digest is not used: %v", cause(err))
	return OutputID{}, false
}

// memoIsOf is the file that a memo speaks of.
func memoIsOf(data []byte) (path string, ok bool) {
	rest, ok := strings.CutPrefix(string(data), faceMagic)
	quoted, _, _ := strings.Cut(rest, "\n")
	path, err := strconv.Unquote(quoted)
	return path, ok && err == nil
}

// Hashed counts files outside the store that were read for their digest.
type Hashed struct {
	Files int
	Bytes int64
}

// Hashed is what FileDigest has read so far.
func (s *Store) Hashed() Hashed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hashed
}

func (s *Store) hashFile(path string) (OutputID, error) {
	f, err := files.Open(path)
	if err != nil {
		return OutputID{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.CopyBuffer(h, f, make([]byte, 1<<20))
	if err != nil {
		return OutputID{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hashed.Files++
	s.hashed.Bytes += n
	return OutputID(h.Sum(nil)), nil
}

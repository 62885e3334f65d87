package cas

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// FileDigest is the hash of a file outside the store, such as a model of tens of gigabytes. It is remembered by the file's
// path, size, time of change and (where the system has them) inode, so that a file is read once.
func (s *Store) FileDigest(path string) (OutputID, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return OutputID{}, err
	}
	before, err := os.Stat(abs)
	if err != nil {
		return OutputID{}, err
	}
	if !before.Mode().IsRegular() {
		return OutputID{}, fmt.Errorf("%s is no regular file", path)
	}
	face := func(i os.FileInfo) string {
		return fmt.Sprintf("file %s\nsize %d\ntime %d\ninode %s\n", abs, i.Size(), i.ModTime().UnixNano(), inode(i))
	}
	name := sha256.Sum256([]byte(face(before)))
	memo := filepath.Join(s.dir, "digests", hex.EncodeToString(name[:]))
	if id, ok := readMemo(memo); ok {
		return id, nil
	}
	id, err := hashFile(abs)
	if err != nil {
		return OutputID{}, err
	}
	after, err := os.Stat(abs)
	if err != nil {
		return OutputID{}, err
	}
	if face(after) != face(before) {
		return OutputID{}, fmt.Errorf("%s changed while it was read", path)
	}
	return id, s.remember(memo, id, after.ModTime())
}

// remember writes a memo, unless the file is so young that it could change again within the resolution of its time.
func (s *Store) remember(memo string, id OutputID, changed time.Time) error {
	if err := s.write(memo, memoText(id)); err != nil {
		return err
	}
	info, err := os.Stat(memo)
	if err == nil && info.ModTime().Sub(changed) < time.Second {
		os.Remove(memo)
	}
	return nil
}

// A memo is the digest twice over: once as it is, once hashed.
func memoText(id OutputID) []byte {
	return fmt.Appendf(nil, "%s\ncheck %s\n", id, OutputOf([]byte(id.String())))
}

func readMemo(path string) (OutputID, bool) {
	data, err := os.ReadFile(path)
	if err != nil || len(data) < len(prefix)+64 {
		return OutputID{}, false
	}
	id, err := ParseOutputID(string(data[:len(prefix)+64]))
	return id, err == nil && string(memoText(id)) == string(data)
}

func hashFile(path string) (OutputID, error) {
	f, err := os.Open(path)
	if err != nil {
		return OutputID{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, f, make([]byte, 1<<20)); err != nil {
		return OutputID{}, err
	}
	return OutputID(h.Sum(nil)), nil
}

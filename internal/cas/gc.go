package cas

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Collected says what GC removed.
type Collected struct {
	Entries  int   `json:"entries"`
	Outputs  int   `json:"outputs"`
	Journals int   `json:"journals"`
	Others   int   `json:"others"` // left-over temporary files
	Bytes    int64 `json:"bytes"`
	Kept     int   `json:"kept"` // entries
}

// GC removes entries that keep refuses, contents that no entry names, journals of actions that are not kept, and
// left-overs, unless they changed after the given time: what other processes write at the moment must stay.
// With dry set it only counts.
func (s *Store) GC(keep func(ActionID) bool, before time.Time, dry bool) (Collected, error) {
	var c Collected
	named := map[OutputID]bool{}
	var errs []error
	remove := func(path string, count *int) bool {
		gone, n, err := removeOld(path, before, dry)
		errs = append(errs, err)
		if gone {
			*count++
			c.Bytes += n
		}
		return gone
	}
	for id := range s.ids() {
		e, err := s.entry(id)
		if err != nil || !keep(id) {
			if remove(s.actionPath(id), &c.Entries) {
				continue
			}
		}
		c.Kept++
		named[e.Output] = true
	}
	for name := range names(filepath.Join(s.dir, "outputs")) {
		b, err := hex.DecodeString(name)
		if err != nil || len(b) != len(OutputID{}) || !named[OutputID(b)] {
			remove(filepath.Join(s.dir, "outputs", name[:min(2, len(name))], name), &c.Outputs)
		}
	}
	for _, d := range list(s.dir, "journals") {
		b, err := hex.DecodeString(filepath.Base(d))
		if err != nil || len(b) != len(ActionID{}) || !keep(ActionID(b)) {
			remove(d, &c.Journals)
		}
	}
	for _, path := range list(s.dir, "tmp") {
		remove(path, &c.Others)
	}
	return c, errors.Join(errs...)
}

func list(dir, sub string) []string {
	found, _ := os.ReadDir(filepath.Join(dir, sub))
	var paths []string
	for _, f := range found {
		paths = append(paths, filepath.Join(dir, sub, f.Name()))
	}
	return paths
}

// removeOld removes a file or folder in which nothing changed after the given time, and returns its bytes.
func removeOld(path string, before time.Time, dry bool) (gone bool, size int64, err error) {
	young := false
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		young = young || info.ModTime().After(before)
		if d.Type().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return false, 0, nil
	}
	if err != nil || young {
		return false, 0, err
	}
	if dry {
		return true, size, nil
	}
	err = os.RemoveAll(path)
	return err == nil, size, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

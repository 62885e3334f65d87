package cas

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Collected says what GC removed.
type Collected struct {
	Entries  int `json:"entries"`
	Outputs  int `json:"outputs"`
	Journals int `json:"journals"`
	// left-over temporary files, leases and downloads, and digests of files that are not so any more
	Others int   `json:"others"`
	Bytes  int64 `json:"bytes"`
	Kept   int   `json:"kept"` // entries
}

// collector is one GC.
type collector struct {
	Collected
	store  *Store
	keep   func(ActionID) bool
	before time.Time
	dry    bool
}

// GC removes entries that keep refuses, contents that no entry names, journals of actions that are finished or not kept, and
// left-overs, unless they changed after the given time: what other processes write at the moment must stay.
// With dry set it only counts.
func (s *Store) GC(keep func(ActionID) bool, before time.Time, dry bool) (Collected, error) {
	if !dry {
		if err := s.Writable(); err != nil {
			return Collected{}, err
		}
	}
	c := &collector{store: s, keep: keep, before: before, dry: dry}
	if named, all := c.entries(); all {
		c.outputs(named)
	}
	c.journals()
	c.arrivals()
	c.leftovers()
	s.tellRest()
	return c.Collected, nil
}

// entries removes entries and returns what the others name. It is not all if some cannot be read, which stay.
func (c *collector) entries() (named map[OutputID]bool, all bool) {
	named, all = map[OutputID]bool{}, true
	for id := range c.store.ids() {
		e, err := c.store.entry(id)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			all = false
			c.store.warn("%v; it stays, and so do all outputs", err)
			c.Kept++
			continue
		}
		if err != nil || !c.keep(id) {
			if c.remove(actionName(id), &c.Collected.Entries) {
				continue
			}
		}
		c.Kept++
		named[e.Output] = true
	}
	return named, all
}

func (c *collector) outputs(named map[OutputID]bool) {
	for name := range c.store.names("outputs") {
		b, err := hex.DecodeString(path.Base(name))
		if err == nil && len(b) == len(OutputID{}) && !named[OutputID(b)] { // other names are no work of the store
			c.remove(name, &c.Collected.Outputs)
		}
	}
}

func (c *collector) journals() {
	for _, name := range c.each("journals") {
		b, err := hex.DecodeString(path.Base(name))
		if err == nil && len(b) == len(ActionID{}) && (!c.keep(ActionID(b)) || c.store.isFinished(ActionID(b))) {
			c.remove(name, &c.Collected.Journals)
		}
	}
}

// arrivals removes what arrived of files that nobody wants any more, or that are there by now.
func (c *collector) arrivals() {
	for _, name := range c.each("arriving") {
		digits, _ := strings.CutSuffix(path.Base(name), noteEnding)
		b, err := hex.DecodeString(digits)
		if err != nil || len(b) != len(ActionID{}) {
			continue
		}
		if _, err := c.store.entry(ActionID(b)); err == nil || !c.keep(ActionID(b)) {
			c.remove(name, &c.Collected.Others)
		}
	}
}

func (s *Store) isFinished(id ActionID) bool {
	e, err := s.entry(id)
	return err == nil && s.holds(e.Output, e.Size)
}

// ownName are the names that a store gives in its smaller folders: digests, and random letters behind what they are for.
var ownName = regexp.MustCompile(`^([0-9a-f]{64}|((put|try|lease)-)?[A-Z2-7]{26})$`)

func (c *collector) leftovers() {
	for _, folder := range []string{"tmp", "leases", "owners"} { // a process that lives touches what it has of these
		for _, name := range c.each(folder) {
			if ownName.MatchString(path.Base(name)) {
				c.remove(name, &c.Collected.Others)
			}
		}
	}
	for _, name := range c.each("digests") {
		if !ownName.MatchString(path.Base(name)) {
			continue
		}
		data, err := c.store.disk.read(name)
		file, ok := memoIsOf(data)
		if err == nil && ok {
			if info, err := os.Stat(file); err == nil && memoName(face(file, info)) == name {
				continue
			}
		}
		c.remove(name, &c.Collected.Others)
	}
}

// each lists the names in one of the store's folders.
func (c *collector) each(folder string) []string {
	names, err := c.store.disk.list(folder)
	c.store.unlisted(folder, err)
	for i, n := range names {
		names[i] = path.Join(folder, n)
	}
	return names
}

// remove removes a file or folder in which nothing changed lately, and counts it.
func (c *collector) remove(name string, count *int) bool {
	young, there, size := false, false, int64(0)
	err := c.store.disk.walk(name, func(_ string, info fs.FileInfo) {
		there = true
		young = young || info.ModTime().After(c.before)
		if info.Mode().IsRegular() {
			size += info.Size()
		}
	})
	if err == nil && there && !young && !c.dry {
		err = c.store.disk.remove(name)
	}
	if err != nil {
		c.store.warn("%s cannot be removed: %v", name, cause(err))
	}
	if err != nil || young || !there {
		return false
	}
	*count++
	c.Bytes += size
	return true
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

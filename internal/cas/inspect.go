package cas

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// Entries walks over all sound entries, in the order of their ids.
func (s *Store) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for id := range s.ids() {
			if e, err := s.entry(id); err == nil && !yield(e) {
				return
			}
		}
	}
}

// ids walks over the names of all entry files, sound or not.
func (s *Store) ids() iter.Seq[ActionID] {
	return func(yield func(ActionID) bool) {
		for name := range s.names("entries") {
			if b, err := hex.DecodeString(path.Base(name)); err == nil && len(b) == len(ActionID{}) && !yield(ActionID(b)) {
				return
			}
		}
	}
}

// names walks over the files two levels down.
func (s *Store) names(folder string) iter.Seq[string] {
	return func(yield func(string) bool) {
		parts, err := s.disk.list(folder)
		s.unlisted(folder, err)
		for _, part := range parts {
			part = path.Join(folder, part)
			names, err := s.disk.list(part)
			s.unlisted(part, err)
			for _, name := range names {
				if !yield(path.Join(part, name)) {
					return
				}
			}
		}
	}
}

func (s *Store) unlisted(folder string, err error) {
	if err != nil {
		s.warn("%s cannot be listed: %v; what is in it counts as not there", folder, cause(err))
	}
}

// Nearest finds the entry of the same kind that is most like an action, other than the action's own: one about the same
// subject if there is any, of these the one that shares most lines, and among equals the one with the lowest id. It is
// what `why` compares with.
func (s *Store) Nearest(of Made) (Entry, bool) {
	var best Entry
	most := -1
	want := lines(of.Description)
	for e := range s.Entries() {
		if e.Kind != of.Kind || e.Description == of.Description {
			continue
		}
		n := len(common(lines(e.Description), want))
		if e.Subject == of.Subject {
			n += len(want) + 1 // more than lines can give
		}
		if n > most {
			best, most = e, n
		}
	}
	return best, most >= 0
}

// Diff shows how to get from one description to another: lines that start with "- " went, with "+ " came, with two
// spaces stayed.
func Diff(from, to string) []string {
	a, b := lines(from), lines(to)
	var out []string
	flush := func(sign string, ls []string) {
		for _, l := range ls {
			out = append(out, sign+l)
		}
	}
	i, j := 0, 0
	for _, p := range common(a, b) {
		flush("- ", a[i:p[0]])
		flush("+ ", b[j:p[1]])
		flush("  ", a[p[0]:p[0]+1])
		i, j = p[0]+1, p[1]+1
	}
	flush("- ", a[i:])
	flush("+ ", b[j:])
	return out
}

func lines(s string) []string { return strings.Split(strings.TrimSuffix(s, "\n"), "\n") }

// common is a longest common subsequence, as pairs of indices. Descriptions have tens of lines.
func common(a, b []string) [][2]int {
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var pairs [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// Stat counts what the store holds.
type Stat struct {
	Entries    int        `json:"entries"`
	Damaged    int        `json:"damaged"`    // entries that are not what was written, and count as not there
	Unreadable int        `json:"unreadable"` // entries that this user, or this machine, cannot read
	Outputs    int        `json:"outputs"`
	Bytes      int64      `json:"bytes"` // of all files
	Journals   int        `json:"journals"`
	Aside      int        `json:"aside"` // things that stood in the way and are no work of the store
	Shared     bool       `json:"shared"`
	Kinds      []KindStat `json:"kinds"`
}

// KindStat counts the entries of one kind.
type KindStat struct {
	Kind    string  `json:"kind"`
	Entries int     `json:"entries"`
	Bytes   int64   `json:"bytes"` // of their outputs
	Tokens  int     `json:"tokens"`
	Seconds float64 `json:"seconds"`
}

// Stat walks over the store.
func (s *Store) Stat() (Stat, error) {
	st := Stat{Kinds: []KindStat{}, Shared: s.disk.shared}
	kinds := map[string]*KindStat{}
	for id := range s.ids() {
		e, err := s.entry(id)
		switch {
		case errors.Is(err, fs.ErrNotExist): // it went while we walked
			continue
		case errors.Is(err, ErrCorrupt):
			st.Damaged++
			continue
		case err != nil:
			st.Unreadable++
			continue
		}
		st.Entries++
		k := kinds[e.Kind]
		if k == nil {
			k = &KindStat{Kind: e.Kind}
			kinds[e.Kind] = k
		}
		k.Entries++
		k.Bytes += e.Size
		k.Tokens += e.Tokens
		k.Seconds += e.Seconds
	}
	for _, name := range sortedKeys(kinds) {
		st.Kinds = append(st.Kinds, *kinds[name])
	}
	for range s.names("outputs") {
		st.Outputs++
	}
	journals, err := s.disk.list("journals")
	aside, err2 := s.disk.list("aside")
	st.Journals, st.Aside = len(journals), len(aside)
	if err = errors.Join(err, err2); err != nil {
		return st, err
	}
	return st, s.disk.walk(".", func(_ string, info fs.FileInfo) {
		if info.Mode().IsRegular() {
			st.Bytes += info.Size()
		}
	})
}

package study

import (
	"fmt"
	"strings"
)

// ids makes the ids of names that come from a table, each of its own.
type ids struct {
	taken  map[string]bool
	labels map[string]int // line of each name, in lower case
}

func newIDs() *ids { return &ids{map[string]bool{}, map[string]int{}} }

// of makes an id of a label: its own letters as far as ids can have them, and a number where that is taken.
func (s *ids) of(label, what string) string {
	base := asID(label)
	if base == "" {
		base = what
	}
	id := base
	for n := 2; s.taken[id]; n++ {
		end := fmt.Sprintf("-%d", n)
		id = base[:min(len(base), 100-len(end))] + end
	}
	s.taken[id] = true
	return id
}

// first notes a label, and gives the line of an earlier one that differs from it in capitals at most; 0 where there is none.
func (s *ids) first(label string, line int) int {
	folded := strings.ToLower(label)
	if before := s.labels[folded]; before > 0 {
		return before
	}
	s.labels[folded] = line
	return 0
}

// labelOf is the label of what has an id: empty where readers see the id itself.
func labelOf(label, id string) string {
	if label == id {
		return ""
	}
	return label
}

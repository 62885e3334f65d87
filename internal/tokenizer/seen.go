package tokenizer

import (
	"strings"
	"sync"
)

// Text repeats its words: most pre-tokens of a benchmark were split before. Of long ones few come again.
const (
	mostSeen    = 1 << 14
	longestSeen = 32
)

// seenWords are the tokens of pre-tokens, for use by several goroutines at once. Once it is full it stays as it is.
type seenWords struct {
	mu sync.RWMutex
	of map[string][]part
}

// part is one token of a pre-token: its id, -1 for a byte that has none, and where it ends.
type part struct {
	id  int32
	end int
}

// get gives the tokens of a pre-token; false where they are not known.
func (s *seenWords) get(word string) ([]part, bool) {
	if len(word) > longestSeen {
		return nil, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	parts, ok := s.of[word]
	return parts, ok
}

// put keeps the tokens of a pre-token.
func (s *seenWords) put(word string, parts []part) {
	if len(word) > longestSeen {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string][]part{}
	}
	if len(s.of) < mostSeen {
		s.of[strings.Clone(word)] = parts // a clone, since a word is a piece of a text that may be large
	}
}

package llamacpp

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
)

// What a server's model is, no digest of a file tells alone: adapters, control vectors, --rope-* and --override-kv change its
// numbers, another pooling its vectors, and a file can be exchanged under a running server. So what the server gives for a
// fixed text stands in the identity too: the ids of the likeliest tokens behind it with their log-probabilities, and the
// beginning of its embedding, both rounded so far that repeating them gives the same.
const (
	fingerprintTokens = 24   // of llm.ProbeText
	fingerprintTop    = 16   // likeliest tokens
	fingerprintNats   = 0.01 // to which log-probabilities are rounded
	fingerprintPart   = 1e-3 // of an embedding's length, to which its entries are rounded
)

// takeFingerprint keeps a server's answers, and their digest as its fingerprint.
func (s *server) takeFingerprint(top []entry, embedding []float32) error {
	h := sha256.New()
	top = slices.Clone(top)
	slices.SortFunc(top, func(a, b entry) int { return cmp.Compare(*a.ID, *b.ID) })
	for _, e := range top {
		v, err := e.value()
		if err != nil {
			return err
		}
		s.answers = append(s.answers, v)
		fmt.Fprintf(h, "token %d %d\n", *e.ID, int(math.Round(v/fingerprintNats)))
	}
	slices.SortFunc(s.answers, func(a, b float64) int { return cmp.Compare(b, a) }) // near ties may change places
	size := 0.0
	for _, x := range embedding {
		s.answers = append(s.answers, float64(x))
		size += float64(x) * float64(x)
	}
	for _, x := range embedding[:min(len(embedding), fingerprintTop)] {
		fmt.Fprintf(h, "entry %d\n", int(math.Round(float64(x)/max(math.Sqrt(size),
			math.SmallestNonzeroFloat64)/fingerprintPart)))
	}
	s.fingerprint = hex.EncodeToString(h.Sum(nil)[:8])
	return nil
}

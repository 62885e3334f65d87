package cas

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// ActionID is the hash of an action's printed description: the question.
type ActionID [sha256.Size]byte

// OutputID is the hash of the bytes that an action produced: the answer.
type OutputID [sha256.Size]byte

const prefix = "sha256:"

// IDOf hashes a description.
func IDOf(description string) ActionID { return ActionID(sha256.Sum256([]byte(description))) }

// OutputOf hashes content.
func OutputOf(content []byte) OutputID { return OutputID(sha256.Sum256(content)) }

func (id ActionID) String() string { return prefix + hex.EncodeToString(id[:]) }
func (id OutputID) String() string { return prefix + hex.EncodeToString(id[:]) }

// ParseActionID reads what String prints.
func ParseActionID(s string) (ActionID, error) { id, err := parse(s); return ActionID(id), err }

// ParseOutputID reads what String prints.
func ParseOutputID(s string) (OutputID, error) { id, err := parse(s); return OutputID(id), err }

func parse(s string) (id [sha256.Size]byte, err error) {
	digits, ok := strings.CutPrefix(s, prefix)
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != len(id) || digits != strings.ToLower(digits) {
		return id, fmt.Errorf("%q is no identifier: want %q and 64 lower-case hexadecimal digits", s, prefix)
	}
	return [sha256.Size]byte(b), nil
}

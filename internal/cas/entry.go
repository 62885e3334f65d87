package cas

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Made says what was made and what it took. Only the description is hashed into the ActionID.
type Made struct {
	Kind        string // "axis/step"
	Subject     string // what it is about, for people; `why` looks for it
	Description string // the printed key
	Seconds     float64
	Tokens      int // tokens through a model
}

// Entry is what the store knows about one action.
type Entry struct {
	Made
	Action ActionID
	Output OutputID
	Size   int64 // bytes of the output
}

const entryMagic = "sdmap entry 1"

// encode prints an entry: a few labelled lines, the description with its length in front, and a checksum of all before.
func (e Entry) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nkind %s\nsubject %s\noutput %s\nsize %d\nseconds %s\ntokens %d\ndescription %d\n%s", entryMagic, e.Kind,
		strconv.Quote(e.Subject), e.Output, e.Size, strconv.FormatFloat(e.Seconds, 'g', -1, 64), e.Tokens, len(e.Description),
		e.Description)
	fmt.Fprintf(&b, "check %s\n", OutputOf(b.Bytes()))
	return b.Bytes()
}

// decodeEntry reads what encode prints and nothing else: data that encode would not print is an error.
func decodeEntry(data []byte) (Entry, error) {
	var e Entry
	head, rest, ok := bytes.Cut(data, []byte("\ndescription "))
	if !ok {
		return e, fmt.Errorf("no description")
	}
	lines := strings.Split(string(head), "\n")
	if len(lines) != 7 || lines[0] != entryMagic {
		return e, fmt.Errorf("the head is not that of an entry")
	}
	values := make([]string, 0, 6)
	for i, label := range []string{"kind ", "subject ", "output ", "size ", "seconds ", "tokens "} {
		v, ok := strings.CutPrefix(lines[i+1], label)
		if !ok {
			return e, fmt.Errorf("line %d is not labelled %q", i+2, label)
		}
		values = append(values, v)
	}
	var errs [5]error
	e.Kind = values[0]
	e.Subject, errs[0] = strconv.Unquote(values[1])
	e.Output, errs[1] = ParseOutputID(values[2])
	e.Size, errs[2] = strconv.ParseInt(values[3], 10, 64)
	e.Seconds, errs[3] = strconv.ParseFloat(values[4], 64)
	e.Tokens, errs[4] = strconv.Atoi(values[5])
	for _, err := range errs {
		if err != nil {
			return e, err
		}
	}
	if e.Size < 0 || e.Tokens < 0 || !(e.Seconds >= 0) || math.IsInf(e.Seconds, 0) {
		return e, fmt.Errorf("a count is negative or not finite")
	}
	length, rest, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.Atoi(string(length))
	if err != nil || n < 0 || n > len(rest) {
		return e, fmt.Errorf("the description's length %q does not fit", length)
	}
	e.Description = string(rest[:n])
	e.Action = IDOf(e.Description)
	if !bytes.Equal(e.encode(), data) {
		return e, fmt.Errorf("the checksum does not match")
	}
	return e, nil
}

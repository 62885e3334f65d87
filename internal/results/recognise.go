package results

import (
	"bufio"
	"bytes"
	"io"
	"slices"

	"sdmap/internal/jsonpull"
)

// head is what a file shows of itself.
type head struct {
	list  bool     // it is one JSON array, whose first object has the names
	zip   string   // name of the first entry of an archive
	names []string // of the first object's members, as far as they are read
}

func (h *head) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(h.names, n) })
}

// part is what a file is to a format.
type part uint8

const (
	other  part = iota
	log         // has scores
	items       // has items of scores that stand in another file
	beside      // belongs to a log and is read with it
)

// format is a kind of log.
type format struct {
	name string
	is   func(h *head) part
	runs func(s *scan, file string, in *bufio.Reader) error // of a log
	// items fills in those of runs of one place; what is wrong with single ones is counted
	items func(s *scan, runs []*Run) error
}

// formats are all that can be read.
func formats() []*format { return []*format{&lmEval, &inspect, &helm, &records} }

// Formats are the names of all formats.
func Formats() (names []string) {
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// enoughNames is how many members of a file are looked at.
const enoughNames = 64

// errEnough ends a look into a file.
var errEnough = &jsonpull.Broken{Reason: "enough is known"}

// recognise finds the format of a file by its content.
func recognise(in *bufio.Reader) (*format, part) {
	var h head
	if magic, _ := in.Peek(4); bytes.Equal(magic, []byte(localHeader)) {
		h.zip = firstEntry(in)
		return h.of()
	}
	r := jsonpull.New(in)
	var found *format
	var what part
	object := func() error {
		return r.Object(func(name string) error {
			h.names = append(h.names, name)
			if found, what = h.of(); found != nil || len(h.names) == enoughNames {
				return errEnough
			}
			return nil
		})
	}
	switch r.Next() {
	case '{':
		_ = object()
	case '[':
		h.list = true
		_ = r.Array(func(int) error {
			if r.Next() == '{' {
				_ = object()
			}
			return errEnough
		})
	}
	return found, what
}

// isPacked says whether a file is one of gzip, Zstandard or xz.
func isPacked(in *bufio.Reader) bool {
	start, _ := in.Peek(4)
	return bytes.HasPrefix(start, []byte("\x1f\x8b")) || bytes.HasPrefix(start, []byte("\x28\xb5\x2f\xfd")) ||
		bytes.HasPrefix(start, []byte("\xfd7zX"))
}

func (h *head) of() (*format, part) {
	for _, f := range formats() {
		if what := f.is(h); what != other {
			return f, what
		}
	}
	return nil, other
}

// buffered takes a byte order mark off.
func buffered(in io.Reader) *bufio.Reader {
	out := bufio.NewReaderSize(in, 64<<10)
	if mark, _ := out.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = out.Discard(3)
	}
	return out
}

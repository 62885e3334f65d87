package corpus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"sdmap/internal/diag"
	"sdmap/internal/study"
)

const (
	mostFaults  = 20       // that are told one by one
	longestLine = 64 << 20 // bytes
	marker      = "%%"     // starts the line before a document
)

// Load reads the corpus that spec describes from the study's folder. It is nil if the list has errors.
func Load(dir *os.Root, spec study.Corpus) (*Corpus, diag.List) {
	f, err := spec.Outside.Open(dir, spec.Source)
	if err != nil {
		return nil, diag.List{{Summary: "the corpus cannot be read", Detail: err.Error(), Range: spec.At}}
	}
	defer f.Close()
	r := &reader{file: spec.Outside.Shown(dir.Name(), spec.Source), limit: spec.Limit, seen: map[string]int{}}
	if err := r.read(f); err != nil {
		at := diag.Pos{Line: r.lines + 1, Column: 1}
		r.list = append(r.list, diag.Diagnostic{Summary: "the corpus cannot be read to its end", Detail: err.Error(),
			Range: diag.Range{File: r.file, Start: at, End: at}})
	}
	if len(r.docs) == 0 && len(r.list) == 0 {
		r.list = append(r.list, diag.Diagnostic{Summary: "the corpus has no documents",
			Detail: "A line '%% id domain' starts each.", Range: spec.At})
	}
	if more := r.faults - mostFaults; more > 0 {
		r.list = append(r.list, diag.Diagnostic{Summary: fmt.Sprintf("%d faults from here on", more),
			Range: diag.Range{File: r.file, Start: r.more, End: r.more}})
	}
	if r.list.HasErrors() {
		return nil, r.list
	}
	return &Corpus{Docs: r.docs, Digest: digestOf(r.docs)}, r.list
}

// reader collects documents and faults.
type reader struct {
	file   string
	limit  int // pieces; 0 is all
	docs   []Document
	pieces int
	full   bool // the next document would pass the limit
	seen   map[string]int
	lines  int // read so far
	faults int
	more   diag.Pos // of the first fault that is only counted
	list   diag.List
}

func (r *reader) fault(line int, summary, detail string) {
	at := diag.Pos{Line: line, Column: 1}
	if r.faults++; r.faults <= mostFaults {
		r.list = append(r.list, diag.Diagnostic{Summary: summary, Detail: detail,
			Range: diag.Range{File: r.file, Start: at, End: at}})
	} else if r.faults == mostFaults+1 {
		r.more = at
	}
}

func (r *reader) read(src io.Reader) error {
	in := bufio.NewReaderSize(src, 64<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		defer z.Close()
		in = bufio.NewReaderSize(z, 64<<10)
	}
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		in.Discard(3)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	lines.Split(scanLines)
	if first, _ := in.Peek(1); len(first) == 1 && first[0] == '{' {
		r.readRows(lines)
	} else {
		r.readText(lines)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a line is longer than %d MiB", longestLine>>20)
	}
	return lines.Err()
}

// scanLines splits after line breaks and keeps them: they belong to the text.
func scanLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// readText reads documents that a line "%% id domain" starts. Line breaks before and after a document's text are not
// part of it.
func (r *reader) readText(lines *bufio.Scanner) {
	var doc Document
	var text strings.Builder
	start, open := 0, false
	finish := func() {
		if open {
			doc.Text = strings.Trim(text.String(), "\r\n")
			r.add(doc, start)
		}
		text.Reset()
	}
	for n := 1; lines.Scan() && !r.full; n++ {
		r.lines = n
		line := lines.Text()
		if line != marker && !strings.HasPrefix(line, marker+" ") && strings.TrimRight(line, "\r\n") != marker {
			if !open && strings.TrimSpace(line) != "" {
				r.fault(n, "text stands before the first document", "A line '%% id domain' starts each document.")
				open = true // told once
				doc, start = Document{}, 0
			}
			text.WriteString(line)
			continue
		}
		finish()
		words := strings.Fields(strings.TrimPrefix(line, marker))
		if start, open = n, len(words) == 2; open {
			doc = Document{ID: words[0], Domain: words[1]}
		} else {
			r.fault(n, "the line must be '%% id domain'", "Id and domain are one word each. Use JSON Lines for other names, or "+
				"for text whose lines begin with %%.")
			doc, start, open = Document{}, 0, true
		}
	}
	if !r.full {
		finish()
	}
}

// readRows reads JSON Lines with the fields text, id and domain.
func (r *reader) readRows(lines *bufio.Scanner) {
	for n := 1; lines.Scan() && !r.full; n++ {
		r.lines = n
		raw := bytes.TrimSpace(lines.Bytes())
		if len(raw) == 0 {
			continue
		}
		if !utf8.Valid(raw) {
			r.fault(n, "the row is not UTF-8", "")
			continue
		}
		var row struct{ Text, ID, Domain *string }
		if err := json.Unmarshal(raw, &row); err != nil {
			r.fault(n, "the row is not a JSON object with text, id and domain as texts", jsonCause(err))
			continue
		}
		if row.Text == nil || row.ID == nil || row.Domain == nil || *row.ID == "" || *row.Domain == "" {
			r.fault(n, "the row needs text, id and domain", "")
			continue
		}
		r.add(Document{ID: *row.ID, Domain: *row.Domain, Text: *row.Text}, n)
	}
}

// jsonCause says what the decoder did not like in the words of the file.
func jsonCause(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return "The row is a " + e.Value + "."
		}
		return fmt.Sprintf("%q is a %s.", strings.ToLower(e.Field), e.Value)
	}
	return err.Error()
}

// add cuts a document into pieces and keeps it. Documents after a fault in their own header (line 0) are passed over.
func (r *reader) add(d Document, line int) {
	if line == 0 || r.full {
		return
	}
	if !utf8.ValidString(d.Text) || !utf8.ValidString(d.ID) || !utf8.ValidString(d.Domain) {
		r.fault(line, fmt.Sprintf("document %q is not UTF-8", d.ID), "")
		return
	}
	if first, taken := r.seen[d.ID]; taken {
		r.fault(line, fmt.Sprintf("two documents are called %q", d.ID), fmt.Sprintf("The first starts at line %d.", first))
		return
	}
	r.seen[d.ID] = line
	if d.Pieces = Cut(d.Text); len(d.Pieces) == 0 {
		r.fault(line, fmt.Sprintf("document %q is empty", d.ID), "")
		return
	}
	if r.limit > 0 && r.pieces+len(d.Pieces) > r.limit && len(r.docs) > 0 {
		r.full = true
		return
	}
	r.docs, r.pieces = append(r.docs, d), r.pieces+len(d.Pieces)
}

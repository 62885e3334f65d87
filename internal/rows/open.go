package rows

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// buffer is how much of a file is read at once.
const buffer = 256 << 10

// largestWindow bounds the memory of unpacking zstd.
const largestWindow = 128 << 20

// stream is a file without its compression and byte order mark, from its first character other than white space.
type stream struct {
	in     *bufio.Reader
	packed string // what it was compressed with
	blank  int    // line breaks before the first character
	close  func()
}

// Close frees what unpacking holds.
func (s *stream) Close() {
	if s.close != nil {
		s.close()
	}
}

// open takes the compression off.
func open(file io.ReaderAt, size int64) (*stream, error) {
	s := &stream{in: bufio.NewReaderSize(io.NewSectionReader(file, 0, size), buffer)}
	magic, _ := s.in.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(s.in)
		if err != nil {
			return nil, &Broken{Reason: "the file begins like gzip and is not: " + err.Error()}
		}
		s.packed, s.in = "gzip", bufio.NewReaderSize(z, buffer)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(s.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(largestWindow))
		if err != nil {
			return nil, &Broken{Reason: "the file begins like zstd and is not: " + err.Error()}
		}
		s.packed, s.in, s.close = "zstd", bufio.NewReaderSize(z, buffer), z.Close
	}
	if mark, _ := s.in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		s.in.Discard(3)
	}
	return s, nil
}

// beginning is what a file begins with.
type beginning struct {
	mark    byte // the first character other than white space; 0 in an empty file
	parquet bool
}

// first looks at the first character, and refuses what is known to hold no rows.
func (s *stream) first() (beginning, error) {
	if magic, _ := s.in.Peek(4); bytes.Equal(magic, []byte("PAR1")) {
		return beginning{parquet: true}, nil
	}
	var err error
	if s.blank, err = skipBlank(s.in); err != nil {
		return beginning{}, err
	}
	head, _ := s.in.Peek(512)
	if len(head) == 0 {
		return beginning{}, nil
	}
	if what := foreign(head); what != "" {
		return beginning{}, &Broken{Reason: what}
	}
	return beginning{mark: head[0]}, nil
}

// foreign names what lies in place of rows, and what to do.
func foreign(head []byte) string {
	for _, f := range []struct{ magic, what string }{
		{"PK\x03\x04", "it is a zip archive: unpack it first"},
		{"BZh", "it is compressed with bzip2: unpack it first"},
		{"\xfd7zXZ", "it is compressed with xz: unpack it first"},
		{"ARROW1", "it is an Arrow file: save it as Parquet, or as JSON Lines"},
		{"version https://git-lfs", "it is a pointer of git-lfs: fetch the file itself with git lfs pull"},
		{"\xff\xfe", "it is UTF-16: save it as UTF-8"},
		{"\xfe\xff", "it is UTF-16: save it as UTF-8"},
		{"SQLite format 3", "it is a database of SQLite: save its table as CSV"},
	} {
		if strings.HasPrefix(string(head), f.magic) {
			return f.what
		}
	}
	if start := strings.ToLower(string(head[:min(len(head), 15)])); strings.HasPrefix(start, "<!doctype") ||
		strings.HasPrefix(start, "<html") {
		return "it is a page of HTML, perhaps of a site that wanted a login: download the file itself"
	}
	return ""
}

// skipBlank passes white space before the first character and counts its line breaks. In a table blanks at the beginning of a
// line are a column, so they are passed only before JSON or in a line that holds nothing else.
func skipBlank(in *bufio.Reader) (lines int, err error) {
	for {
		head, err := in.Peek(1)
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		switch head[0] {
		case '\n':
			lines++
		case '\r':
		case ' ', '\t':
			ahead, _ := in.Peek(buffer)
			if ahead = bytes.TrimLeft(ahead, " \t\r"); len(ahead) > 0 && bytes.IndexByte([]byte("\n{["), ahead[0]) < 0 {
				return lines, nil
			}
		default:
			return lines, nil
		}
		in.Discard(1)
	}
}

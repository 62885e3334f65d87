package results

import (
	"bufio"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"

	"sdmap/internal/jsonpull"
)

// localHeader begins an entry of a zip archive.
const localHeader = "PK\x03\x04"

// mostUnpacked bounds what one entry of an archive unpacks to: it is streamed, so that this bounds time and not memory.
const mostUnpacked = 4 << 30

// largestWindow bounds the memory of unpacking zstd.
const largestWindow = 32 << 20

// entry is one of an archive, by the header in front of it.
type entry struct {
	name   string
	method uint16
	packed int64 // bytes; -1 where only what follows the entry tells
}

// nextEntry reads the header of the entry that comes next; io.EOF where the entries end.
func nextEntry(in *bufio.Reader) (e entry, err error) {
	magic, err := in.Peek(4)
	if err != nil {
		return e, io.ErrUnexpectedEOF
	}
	if string(magic) != localHeader {
		return e, io.EOF // the directory of the archive, which repeats the headers
	}
	var h [30]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return e, io.ErrUnexpectedEOF
	}
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	e.method, e.packed = u16(h[8:]), int64(u32(h[18:]))
	rest := make([]byte, int(u16(h[26:]))+int(u16(h[28:])))
	if _, err := io.ReadFull(in, rest); err != nil {
		return e, io.ErrUnexpectedEOF
	}
	e.name = string(rest[:u16(h[26:])])
	extra := rest[u16(h[26:]):]
	if e.packed == 1<<32-1 {
		e.packed = zip64(extra)
	}
	if u16(h[6:])&8 != 0 && e.packed == 0 {
		e.packed = -1
	}
	return e, nil
}

// zip64 is the packed size of an entry of 4 GiB and more.
func zip64(extra []byte) int64 {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			break
		}
		if id == 1 && n >= 16 {
			return int64(binary.LittleEndian.Uint64(extra[8:]))
		}
		extra = extra[n:]
	}
	return -1
}

// firstEntry is the name of an archive's first entry.
func firstEntry(in *bufio.Reader) string {
	head, _ := in.Peek(30 + longestName)
	e, err := nextEntry(bufio.NewReader(strings.NewReader(string(head))))
	if err != nil {
		return ""
	}
	return e.name
}

// archive reads the entries of an archive in their order. It does not need the directory at the end, which is missing where an
// evaluation or a copy was interrupted: an entry that is not whole ends the reading, and those before it count.
// One that is whole and broken costs itself.
func (l *inspectLog) archive(in *bufio.Reader) {
	header := false
	for {
		e, err := nextEntry(in)
		if err == io.EOF {
			break
		}
		if err != nil || e.packed < 0 {
			l.lost++
			break
		}
		from := &io.LimitedReader{R: in, N: e.packed}
		scores := l.scores
		fault := l.entry(e, from)
		if fault != nil {
			l.scores = scores
		}
		if _, err := io.Copy(io.Discard, from); err != nil || from.N > 0 {
			l.lost, l.scores = l.lost+1, scores
			break
		}
		header = header || e.name == "header.json" && fault == nil
		if fault != nil {
			l.broken = append(l.broken, fmt.Errorf("%s: %w", e.name, fault))
		}
	}
	l.noHeader = !header
}

// entry reads what of an archive is wanted.
func (l *inspectLog) entry(e entry, packed io.Reader) error {
	var read func(r *jsonpull.Reader) error
	switch {
	case e.name == "header.json" || e.name == "_journal/start.json":
		l.common.Settings = nil // the header repeats the start
		read = func(r *jsonpull.Reader) error {
			return r.Object(func(name string) error { return l.header(r, name) })
		}
	case e.name == "reductions.json":
		read = l.reductions
	case strings.HasPrefix(e.name, "samples/"):
		read = l.sample
	default:
		return nil
	}
	unpacked, end, err := unpack(e.method, packed)
	if err != nil {
		return err
	}
	defer end()
	r := jsonpull.New(&io.LimitedReader{R: unpacked, N: mostUnpacked})
	if err := read(r); err != nil {
		if r.Err() != nil {
			return r.Err()
		}
		return err
	}
	return r.Err()
}

// unpack takes the compression off an entry; end frees what that holds.
func unpack(method uint16, packed io.Reader) (out io.Reader, end func(), err error) {
	switch method {
	case 0:
		return packed, func() {}, nil
	case 8:
		z := flate.NewReader(packed)
		return z, func() { z.Close() }, nil
	case 93:
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(largestWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return nil, nil, &jsonpull.Broken{Reason: fmt.Sprintf("an entry is packed by method %d, which is none of "+
		"stored, deflate and "+
		"zstandard", method)}
}

package outdir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"

	"sdmap/internal/files"
)

// piece is a file that shall stand in the folder: its content, or the temporary file that holds it.
type piece struct {
	path   string
	data   []byte
	temp   string // name of a file that was written already; data is nil then
	digest string
	size   int64
}

func pieceOf(f File) piece {
	return piece{path: f.Path, data: f.Data, digest: digest(f.Data), size: int64(len(f.Data))}
}

// WriteStreamed is Write for files that are too large to be held. fill makes them with create, which is called by one goroutine
// at a time; each file must be closed. Where fill fails, the folder stays as it was.
func (f Folder) WriteStreamed(ctx context.Context, fill func(create func(path string) (io.WriteCloser, error)) error) error {
	o, err := f.open(ctx, true)
	if err != nil {
		return f.worded(err, asItWas)
	}
	defer o.close()
	o.sweep()
	s := &streams{o: o}
	defer s.drop()
	if err := fill(s.create); err != nil {
		return f.worded(err, asItWas)
	}
	return o.bring(s.done, nil)
}

// streams are the files of one call of WriteStreamed.
type streams struct {
	o     *opened
	temps []string
	mu    sync.Mutex // guards done
	done  []piece
}

// create opens a file under a temporary name.
func (s *streams) create(path string) (io.WriteCloser, error) {
	if !s.o.kind().holds(path) {
		return nil, fmt.Errorf("a %s cannot hold the file %q", s.o.kind().Name, path)
	}
	file, name, err := files.Temporary(s.o.root, ".", files.TemporaryPrefix)
	if err != nil {
		return nil, err
	}
	s.temps = append(s.temps, name)
	return &stream{File: file, to: s, piece: piece{path: path, temp: name}, sum: sha256.New()}, nil
}

// drop removes what did not come into its place. A file that did is not under its temporary name any more.
func (s *streams) drop() {
	for _, name := range s.temps {
		s.o.root.Remove(name)
	}
}

// stream is a file that is being written.
type stream struct {
	*os.File
	to    *streams
	piece piece
	sum   hash.Hash
}

func (s *stream) Write(data []byte) (int, error) {
	n, err := s.File.Write(data)
	s.sum.Write(data[:n])
	s.piece.size += int64(n)
	return n, err
}

// Close brings the file to disk.
func (s *stream) Close() error {
	if err := errors.Join(s.Sync(), s.File.Close()); err != nil {
		return err
	}
	s.piece.digest = hex.EncodeToString(s.sum.Sum(nil))
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	s.to.done = append(s.to.done, s.piece)
	return nil
}

// digests are those of a file as it is, and with the ends of lines that it had before a checkout.
func (o *opened) digests(name string) (is, plain string, err error) {
	f, err := files.OpenIn(o.root, name)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	raw, ends := sha256.New(), newPlainer()
	if _, err := io.Copy(io.MultiWriter(raw, ends), f); err != nil {
		return "", "", err
	}
	return hex.EncodeToString(raw.Sum(nil)), ends.digest(), nil
}

// plainer does what plainEnds does, part by part.
type plainer struct {
	to   hash.Hash
	held bool // a carriage return, of which it is not known yet whether a line ends there
}

func newPlainer() *plainer { return &plainer{to: sha256.New()} }

func (p *plainer) Write(data []byte) (int, error) {
	if len(data) == 0 {
		return 0, nil
	}
	if p.held && data[0] != '\n' {
		p.to.Write([]byte{'\r'})
	}
	n := len(data)
	if p.held = data[n-1] == '\r'; p.held {
		data = data[:n-1]
	}
	p.to.Write(plainEnds(data))
	return n, nil
}

// digest is that of all that was written; nothing more is.
func (p *plainer) digest() string {
	if p.held {
		p.to.Write([]byte{'\r'})
	}
	return hex.EncodeToString(p.to.Sum(nil))
}

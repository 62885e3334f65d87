package inprocess

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"sdmap/internal/files"
)

// watch sees to it that a model's files stay what they were hashed as. They are mapped, so whoever writes into one while it is in
// use changes the numbers that come out, and these would be kept under the digest of what the file was before.
type watch struct {
	mu    sync.Mutex
	parts []*part
}

type part struct {
	path   string
	file   *os.File // the very file that is mapped, whatever stands under its name later
	face   string
	digest string // empty until the model is identified
}

// hash reads the whole file.
func (p *part) hash() (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, io.NewSectionReader(p.file, 0, 1<<62))
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), err
}

func (w *watch) open(paths []string) error {
	for _, path := range paths {
		f, err := files.Open(path)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return errors.Join(err, f.Close())
		}
		w.parts = append(w.parts, &part{path: path, file: f, face: files.Face(info)})
	}
	return nil
}

func (w *watch) close() error {
	var errs []error
	for _, p := range w.parts {
		errs = append(errs, p.file.Close())
	}
	return errors.Join(errs...)
}

// identified takes the digests that were made of what stands under the paths, which must still be the files that are open.
func (w *watch) identified(digests []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, p := range w.parts {
		there, err := os.Stat(p.path)
		if err != nil {
			return err
		}
		open, err := p.file.Stat()
		if err != nil {
			return err
		}
		if !os.SameFile(there, open) || files.Face(open) != p.face {
			return fmt.Errorf("%s was replaced or changed while it was opened; run the same command again", p.path)
		}
		p.digest = digests[i]
	}
	return nil
}

// unchanged is an error if a file is not what it was. A change of what surrounds the content, such as another name of the file,
// is none: then the content is hashed again.
func (w *watch) unchanged() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.parts {
		info, err := p.file.Stat()
		if err != nil {
			return err
		}
		if files.Face(info) == p.face {
			continue
		}
		digest, err := p.hash()
		if err != nil {
			return err
		}
		if digest != p.digest {
			return fmt.Errorf("%s was changed while it was in use: what it gave since is not kept. Bring it to rest and run "+
				"the same command again", p.path)
		}
		p.face = files.Face(info)
	}
	return nil
}

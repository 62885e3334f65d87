// Package fetch brings files that a study names by address into the store.
//
//	address, SHA-256 -> Find: store, else mirror -> there
//	                 -> Get: lease -> hosts allowed? -> GET, resumed, bounded, hashed -> same digest? -> store
//
// A file is known by its digest alone: where it came from does not matter once it is here, and a file that changed behind its
// address is an error and never another result. What has arrived of a file is kept when a download ends early, by whatever cause;
// the next one asks for the rest and for no more. A mirror is a folder of files that are called by their digests. It is read
// where it
// lies, so that a large file is there once, and with all files in it nothing is asked.
//
// The opinion: only hosts that the study allows are asked, wherever a redirect leads, and only over TLS unless they are this
// machine.
// Nothing is unpacked: what a server sends is what is hashed and kept. The one key there is, that of the Hugging Face Hub,
// reaches
// that host's requests and nothing else.
package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sdmap/internal/address"
	"sdmap/internal/cas"
)

// File is what is wanted.
type File struct {
	Address address.Address
	Digest  string // SHA-256 in 64 lower-case hexadecimal digits; empty where it is to be learned
}

// Network is what requests go through.
type Network = http.RoundTripper

// TokenVariable is the environment variable with the key of the Hugging Face Hub.
const TokenVariable = "HF_TOKEN"

// Fetcher brings files. Its fields are set before use.
type Fetcher struct {
	Store      *cas.Store
	Mirror     string   // folder of files by digest; "" is none
	AllowHosts []string // beside this machine, as in a study
	Most       int64    // bytes of a file
	Token      string   // of the Hugging Face Hub; may be empty
	Now        func() time.Time

	Say      func(format string, args ...any) // a line of conversation
	Progress func(p Progress)                 // may be nil
	Network  Network                          // in place of the network; nil is the network

	pause time.Duration // before the second attempt; a second if 0
	stall time.Duration // without a byte, after which a connection counts as broken; a minute if 0
}

// Progress is how far a file has come.
type Progress struct {
	File  File
	Done  int64   // bytes that are here
	Total int64   // bytes; negative where the server does not say
	Rate  float64 // bytes per second of this download
	Final bool    // nothing more will be told of the file
}

// Left is how long the rest will take; false where nobody knows.
func (p Progress) Left() (time.Duration, bool) {
	if p.Total < 0 || p.Rate <= 0 {
		return 0, false
	}
	return time.Duration(float64(p.Total-p.Done) / p.Rate * float64(time.Second)), true
}

// Failed is the error for a file that cannot be had as the study wants it.
type Failed struct{ Reason, Remedy string }

func (f Failed) Error() string { return f.Reason }

// Kept is the action whose output is the file of a digest. What a study names is kept in the store under it.
func Kept(digest string) cas.Made {
	return cas.Made{Kind: "fetch/file", Description: fmt.Sprintf("kind fetch/file\nversion 1\nfact sha256 %s\n", digest)}
}

// wanted is the action under which processes agree who fetches a file, and under which it arrives.
func (f File) wanted() cas.ActionID {
	if f.Digest != "" {
		return cas.IDOf(Kept(f.Digest).Description)
	}
	return cas.IDOf(fmt.Sprintf("kind fetch/unknown\nversion 1\nfact address %q\n", f.Address.URL))
}

// Here is a file on this machine.
type Here struct {
	Path   string
	Mirror bool // it lies in the mirror, not in the store
	Size   int64
}

// Find looks for a file in the store and in the mirror, and sees that it is what it should be. Nothing is asked.
func (f *Fetcher) Find(digest string) (Here, bool) {
	id, ok := outputOf(digest)
	if !ok {
		return Here{}, false
	}
	if e, hit := f.Store.Lookup(cas.IDOf(Kept(digest).Description)); hit {
		path := f.Store.PathOf(e.Output)
		if is, err := f.Store.FileDigest(path); err == nil && is == id {
			return Here{Path: path, Size: e.Size}, true
		} else if err == nil {
			f.Store.DiscardOutput(e.Output)
		}
	}
	if f.Mirror == "" {
		return Here{}, false
	}
	path := filepath.Join(f.Mirror, digest)
	info, err := os.Stat(path)
	if err != nil {
		return Here{}, false
	}
	is, err := f.Store.FileDigest(path)
	if err != nil || is != id {
		f.Say("The file %s of the mirror is damaged or cannot be read; it is not used.", path)
		return Here{}, false
	}
	return Here{Path: path, Mirror: true, Size: info.Size()}, true
}

func outputOf(digest string) (cas.OutputID, bool) {
	b, err := hex.DecodeString(digest)
	if err != nil || len(b) != len(cas.OutputID{}) {
		return cas.OutputID{}, false
	}
	return cas.OutputID(b), true
}

// Get is Find, and where that finds nothing fetches the file. It returns the digest too, for those who want to learn it.
func (f *Fetcher) Get(ctx context.Context, file File) (here Here, digest string, err error) {
	if here, ok := f.Find(file.Digest); ok {
		return here, file.Digest, nil
	}
	lease, err := f.lease(ctx, file)
	if err != nil {
		return Here{}, "", err
	}
	defer lease.Release()
	if here, ok := f.Find(file.Digest); ok { // another process was quicker
		return here, file.Digest, nil
	}
	d, err := f.newDownload(file)
	if err != nil {
		return Here{}, "", err
	}
	f.tell(Progress{File: file, Total: -1}) // a server may be long in answering
	id, err := d.all(ctx)
	f.tell(Progress{File: file, Final: true})
	if err != nil {
		return Here{}, "", err
	}
	return Here{Path: f.Store.PathOf(id), Size: d.to.Size()}, hex.EncodeToString(id[:]), nil
}

// askAgain is how often is looked whether another process has fetched a file.
const askAgain = 300 * time.Millisecond

// lease waits until no other process fetches the file.
func (f *Fetcher) lease(ctx context.Context, file File) (*cas.Lease, error) {
	for told := false; ; {
		lease, holder, ok := f.Store.Lease(file.wanted())
		if ok {
			return lease, nil
		}
		if !told && holder != "" {
			f.Say("Waiting for %s, which fetches %s.", holder, file.Address)
			told = true
		}
		if err := sleep(ctx, askAgain); err != nil {
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (f *Fetcher) tell(p Progress) {
	if f.Progress != nil {
		f.Progress(p)
	}
}

// IsInterrupted says whether an error is that of a context that ended.
func IsInterrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

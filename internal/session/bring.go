package session

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/fetch"
	"sdmap/internal/llm/remote"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// MirrorVariable is the environment variable with the folder in which files lie by their digests.
const MirrorVariable = "SDMAP_MIRROR"

// fetcher brings the files that a study names by address; without a study it only finds them.
func (w *World) fetcher(s *study.Study) *fetch.Fetcher {
	f := &fetch.Fetcher{Store: w.Store, Mirror: w.Getenv(MirrorVariable), Token: w.Getenv(fetch.TokenVariable), Now: w.Now,
		Say:      w.Say,
		Progress: w.Fetching, Network: w.Network}
	if s != nil {
		f.AllowHosts, f.Most = s.AllowHosts, s.FetchMost
	}
	return f
}

// elsewhere finds files by their digests, each once.
func (w *World) elsewhere() study.Elsewhere {
	f, known := w.fetcher(nil), map[string]string{}
	return study.Elsewhere{Find: func(digest string) (string, bool) {
		path, asked := known[digest]
		if !asked {
			here, _ := f.Find(digest)
			path = here.Path
			known[digest] = path
		}
		return path, path != ""
	}}
}

// Bring is Read, and fetches what the study names by address and is not on this machine.
func (w *World) Bring(ctx context.Context, file string) (*study.Study, diag.List, error) {
	s, list, err := w.ReadNamed(file)
	if err != nil || len(s.Missing()) == 0 {
		return s, list, err
	}
	if _, err := w.FetchAll(ctx, s); err != nil {
		return nil, nil, err
	}
	return w.Read(file)
}

// Fetched is a file that a study names by address, once it is here.
type Fetched struct {
	study.Named
	fetch.Here
	Digest string // what the file has, whether the study says so or not
}

// FetchAll brings every file that a study names by address, one after the other. Each that cannot be had is told at its line;
// what came stays. A host that does not answer for one file is not asked for the others: without a network each would take a
// minute.
func (w *World) FetchAll(ctx context.Context, s *study.Study) (all []Fetched, err error) {
	if w.Keeping != nil {
		w.Keeping()
	}
	f, file := w.fetcher(s), filepath.ToSlash(s.File)
	var list diag.List
	unasked, silent := 0, map[string]error{}
	for _, n := range s.Named {
		here, digest, err := fetch.Here{}, n.Digest, silent[n.Address.Host]
		if found, ok := f.Find(n.Digest); ok {
			here, err = found, nil
		} else if err == nil {
			here, digest, err = f.Get(ctx, fetch.File{Address: n.Address, Digest: n.Digest})
		}
		switch {
		case err == nil:
			all = append(all, Fetched{n, here, digest})
			continue
		case fetch.IsInterrupted(err):
			return nil, interrupted("interrupted while %s was fetched; what has come of it is kept, and the same command "+
				"goes on from "+
				"there", n.Address)
		case isUnwritable(err):
			return nil, err
		case isUnreachable(err):
			silent[n.Address.Host] = err
			unasked++
		}
		list = append(list, fetchFault(n, err))
	}
	if len(list) > 0 {
		w.Faults(list.Sort())
		return nil, w.invalid(file, list, unasked)
	}
	return all, nil
}

func isUnwritable(err error) bool { _, is := errors.AsType[*cas.Unwritable](err); return is }

// fetchFault tells why a file cannot be had, at its line.
func fetchFault(n study.Named, err error) diag.Diagnostic {
	d := fault(n.At, fmt.Sprintf("%q cannot be fetched", n.Address.Text), err)
	if f, ok := errors.AsType[fetch.Failed](err); ok {
		d.Detail, d.Suggestion = capitalised(f.Reason)+".", f.Remedy
	} else if _, gone := errors.AsType[remote.Unreachable](err); gone {
		d.Suggestion = "Try again later: what has come of it is kept. Or bring the file here by a mirror: sdmap mirror, " +
			"on a machine " +
			"with the network, makes one."
	}
	return d
}

func capitalised(text string) string {
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}

// absentFiles is the error of a study whose files by address are not all here.
func (w *World) absentFiles(s *study.Study) error {
	missing := s.Missing()
	return Error{Invalid, fmt.Errorf("%s not on this machine that the study names by address (%s); sdmap fetch %s "+
		"brings what is "+
		"missing", wording.Are(len(missing), "file"), missing[0].Address, shellWord(filepath.ToSlash(s.File)))}
}

// A Source is a file that a study names by address, as check shows it.
type Source struct {
	Address string `json:"address"`
	Host    string `json:"host"`
	Digest  string `json:"sha256"`
	Place   string `json:"place"`           // "store", "mirror", or "fetch": it would be fetched
	Bytes   *int64 `json:"bytes,omitempty"` // nil where nobody knows before it is fetched
}

// Sources lists the files that a study names by address, and where each is. With ask set, hosts that the study allows are asked
// how
// large those are that would be fetched.
func (w *World) Sources(ctx context.Context, s *study.Study, ask bool) (out []Source) {
	f := w.fetcher(s)
	for _, n := range s.Named {
		is := Source{Address: n.Address.Text, Host: n.Address.Host, Digest: n.Digest, Place: "fetch"}
		if here, ok := f.Find(n.Digest); ok {
			is.Place, is.Bytes = "store", &here.Size
			if here.Mirror {
				is.Place = "mirror"
			}
		} else if ask {
			if size, err := f.Size(ctx, n.Address); err != nil {
				w.Say("The size of %s cannot be asked for: %v.", n.Address, err)
			} else if size >= 0 {
				is.Bytes = &size
			}
		}
		out = append(out, is)
	}
	return out
}

// Mirror puts the files that a study names by address into a folder by their digests. It returns how many were missing there.
func (w *World) Mirror(s *study.Study, all []Fetched, dir string) (added int, err error) {
	f := w.fetcher(s)
	done := map[string]bool{}
	for _, is := range all {
		if done[is.Digest] {
			continue
		}
		done[is.Digest] = true
		missing, err := f.MirrorTo(dir, is.Digest, is.Here)
		if err != nil {
			return added, fmt.Errorf("%s cannot be put into %s: %w", is.Address, dir, err)
		}
		if missing {
			added++
		}
	}
	return added, nil
}

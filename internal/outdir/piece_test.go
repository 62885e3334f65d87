//go:build unix

package outdir

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// lists is a kind of folder that is no report's.
var lists = Kind{Name: "list", Fixed: []string{"list.txt"}, Others: []string{"parts/*/*.txt"}, Elsewhere: "name another folder",
	InTheWay: "Move NAME away."}

// streamed writes files into a folder part by part.
func streamed(t *testing.T, f Folder, content map[string]string) error {
	t.Helper()
	return f.WriteStreamed(t.Context(), func(create func(string) (io.WriteCloser, error)) error {
		for name, text := range content {
			w, err := create(name)
			if err != nil {
				return err
			}
			for _, c := range []byte(text) {
				if _, err := w.Write([]byte{c}); err != nil {
					return err
				}
			}
			check(t, w.Close())
		}
		return nil
	})
}

func TestStreams(t *testing.T) {
	f, _ := folder(t)
	f.Kind = &lists
	check(t, streamed(t, f, map[string]string{"list.txt": "one", "parts/a/1.txt": "a", "parts/b/2.txt": "b"}))
	put(t, f, "parts/a/theirs", "mine")
	check(t, streamed(t, f, map[string]string{"list.txt": "one", "parts/a/1.txt": "other"}))
	got := tree(t, f.Path)
	for name, want := range map[string]string{"list.txt": "one", "parts/a/1.txt": "other", "parts/a/theirs": "mine"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if _, there := got["parts/b/2.txt"]; there {
		t.Error("a file of the last time is still there")
	}
	// Neither what is no part of the kind nor a failure changes anything.
	if err := streamed(t, f, map[string]string{"list.txt": "two", "index.html": "x"}); err == nil {
		t.Error("a list has a page")
	}
	lost := errors.New("lost")
	err := f.WriteStreamed(t.Context(), func(create func(string) (io.WriteCloser, error)) error {
		w, err := create("list.txt")
		check(t, err)
		fmt.Fprint(w, "half")
		return errors.Join(lost, w.Close())
	})
	if after := tree(t, f.Path); !errors.Is(err, lost) || !maps.Equal(got, after) {
		t.Errorf("%v; the folder has %v", err, after)
	}
	check(t, os.WriteFile(f.Path+"/list.txt", []byte("changed by hand"), 0o666))
	check(t, streamed(t, f, map[string]string{"list.txt": "one"}))
	if got := tree(t, f.Path); got["list.txt~"] != "changed by hand" || got["list.txt"] != "one" {
		t.Errorf("%v", got)
	}
}

// A folder of one kind is none of another: what one wrote there the other does not take for its own.
func TestKindsDoNotMix(t *testing.T) {
	f, _ := folder(t)
	check(t, f.Write(t.Context(), report("1"), nil))
	before := tree(t, f.Path)
	f.Kind = &lists
	err := streamed(t, f, map[string]string{"list.txt": "one"})
	if err == nil || !strings.Contains(err.Error(), Manifest) || !strings.Contains(err.Error(), "Move "+Manifest+" away.") {
		t.Error(err)
	}
	if after := tree(t, f.Path); !maps.Equal(before, after) {
		t.Errorf("%v", after)
	}
}

// A file's digest as it was before a checkout is that of the whole text, wherever its parts end.
func TestPlainEndsPartByPart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		var text []byte
		for range rng.IntN(12) {
			text = append(text, "\r\na"[rng.IntN(3)])
		}
		p := newPlainer()
		for rest := text; len(rest) > 0; {
			n := 1 + rng.IntN(len(rest))
			p.Write(rest[:n])
			rest = rest[n:]
		}
		if got, want := p.digest(), digest(plainEnds(text)); got != want {
			t.Fatalf("%q", text)
		}
	}
}

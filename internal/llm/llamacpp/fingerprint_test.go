package llamacpp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/llm"
)

func identity(t *testing.T, d *Driver) llm.Identity {
	t.Helper()
	id, err := d.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// What changes a model's numbers changes its identity, also where the file stays the same or is not known; what does not, does
// not.
func TestIdentityHoldsWhatChangesNumbers(t *testing.T) {
	args := append([]string{"-np", "1", "-c", "256"}, exact...)
	at := func(model string, more ...string) *server {
		s := serve(t, model, append(more, args...)...)
		return &server{url: s.url}
	}
	plain := identity(t, open(t, at(planted+"m01.gguf").url))
	again := identity(t, open(t, at(planted+"m01.gguf", "-np", "2", "-c", "512").url))
	if strings.Join(plain.Options, " ") != strings.Join(again.Options, " ") || plain.Unpinned || plain.Weights != again.Weights {
		t.Errorf("the same model has the identities %+v and %+v", plain, again)
	}
	for name, d := range map[string]*Driver{
		"another model":     open(t, at(planted+"m02.gguf").url),
		"--rope-freq-base":  open(t, at(planted+"m01.gguf", "--rope-freq-base", "300").url),
		"--rope-freq-scale": open(t, at(planted+"m01.gguf", "--rope-freq-scale", "0.5").url),
	} {
		d.pin.digest = nil // as where the file cannot be read
		if other := identity(t, d); strings.Join(plain.Options, " ") == strings.Join(other.Options, " ") || !other.Unpinned {
			t.Errorf("%s: %+v is also that of the plain model", name, other)
		}
	}
	mean := identity(t, open(t, at(planted+"m01.gguf", "--embeddings", "--pooling", "mean").url))
	last := identity(t, open(t, at(planted+"m01.gguf", "--embeddings", "--pooling", "last").url))
	if strings.Join(mean.Options, " ") == strings.Join(last.Options, " ") {
		t.Errorf("two poolings have the identity %+v", mean)
	}
}

// A file that is exchanged while the server runs is not taken for what is served.
func TestExchangedFileIsNotPinned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.gguf")
	copyTo := func(from string) {
		data, err := os.ReadFile(from)
		if err == nil {
			os.Remove(path) // the server keeps what it has mapped
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	small := quantize(t, planted+"m01.gguf", "Q8_0")
	copyTo(planted + "m01.gguf")
	s := serve(t, path, append([]string{"-np", "1", "-c", "256"}, exact...)...)
	if id := identity(t, open(t, s.url)); id.Unpinned {
		t.Fatalf("not pinned: %+v", id)
	}
	copyTo(small)
	if id := identity(t, open(t, s.url)); !id.Unpinned {
		t.Errorf("pinned to the file that came in its place: %+v", id)
	}
}

// Servers of one model are compared by what they give.
func TestServersWithOtherNumbersAreRefused(t *testing.T) {
	args := append([]string{"-np", "1", "-c", "256"}, exact...)
	one, two := serve(t, planted+"m01.gguf", args...), serve(t, planted+"m01.gguf", append(args, "--rope-freq-base", "300")...)
	_, err := Open(t.Context(), Options{URLs: []string{one.url, two.url}, Digest: digest, Now: func() (now time.Time) { return }})
	if err == nil || !strings.Contains(err.Error(), one.url) || !strings.Contains(err.Error(), two.url) ||
		!strings.Contains(err.Error(), "other numbers") {
		t.Errorf("%v", err)
	}
}

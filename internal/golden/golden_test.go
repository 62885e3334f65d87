package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a testing.TB that keeps failures instead of failing.
type recorder struct {
	testing.TB
	failures, logs []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }
func (r *recorder) Logf(format string, args ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}

func TestCompare(t *testing.T) {
	t.Setenv(UpdateVariable, "")
	path := filepath.Join(t.TempDir(), "a.golden")
	if err := os.WriteFile(path, []byte("one\ntwo\nthree\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, got string
		want            []string // what the failure says; none: no failure
	}{
		{"equal", path, "one\ntwo\nthree\n", nil},
		{"changed", path, "one\n2\nthree\n", []string{"SDMAP_UPDATE=1", " one\n-two\n+2\n three\n"}},
		{"newline lost", path, "one\ntwo\nthree", []string{"-three\n+three\n\\ No newline at end of file\n"}},
		{"empty", path, "", []string{"-one\n-two\n-three\n"}},
		{"escape codes are shown, not obeyed", path, "one\n\x1b[2J\nthree\n", []string{`+\x1b[2J`}},
		{"missing", path + "2", "x", []string{"does not exist", "SDMAP_UPDATE=1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{TB: t}
			Compare(r, c.path, []byte(c.got))
			if (len(r.failures) > 0) != (len(c.want) > 0) {
				t.Fatalf("failures: %q", r.failures)
			}
			for _, part := range c.want {
				if !strings.Contains(r.failures[0], part) {
					t.Errorf("want %q in:\n%s", part, r.failures[0])
				}
			}
		})
	}
}

func TestUpdateWritesAndThenAgrees(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "a.golden")
	t.Setenv(UpdateVariable, "1")
	r := &recorder{TB: t}
	Compare(r, path, []byte("one\n"))
	if len(r.failures) != 0 || len(r.logs) != 1 {
		t.Fatalf("update: failures %q, logs %q", r.failures, r.logs)
	}
	t.Setenv(UpdateVariable, "")
	Compare(t, path, []byte("one\n"))
}

func TestDiffIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.golden")
	long := strings.Repeat(strings.Repeat("x", 1000)+"\n", 5000)
	if err := os.WriteFile(path, []byte(long), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(UpdateVariable, "")
	r := &recorder{TB: t}
	Compare(r, path, []byte(strings.ReplaceAll(long, "x", "y")))
	text := strings.Join(r.failures, "")
	if len(text) < maxLines*maxLine || len(text) > (maxLines+4)*(maxLine+40) || !strings.Contains(text, "the rest is not shown") {
		t.Errorf("a failure of %d bytes", len(text))
	}
}

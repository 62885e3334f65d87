// Package golden compares what a test produced with a committed file.
//
// A golden file holds the exact bytes that a reader has once looked at and found right: diagnostics, report.md,
// report.json, help texts. Compare fails with a diff when the bytes differ. Setting SDMAP_UPDATE=1 makes every test of
// the project rewrite its golden files instead; the change is then reviewed as any other, in `git diff`.
//
// The opinion: one helper, one environment variable, exact bytes. Normalise (times, paths, versions) before calling, so
// that what is committed is what was compared.
package golden

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

// UpdateVariable is the environment variable that makes Compare rewrite golden files: SDMAP_UPDATE=1.
const UpdateVariable = "SDMAP_UPDATE"

// Updating says whether this test run rewrites golden files.
func Updating() bool { return os.Getenv(UpdateVariable) == "1" }

// Compare fails the test if got differs from the file at path (relative to the package under test, so
// "testdata/name.golden"), and shows a diff from the file to got. When Updating, it writes the file instead, making
// its folder where needed; an equal file is left untouched.
func Compare(t testing.TB, path string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(path)
	missing := os.IsNotExist(err)
	switch {
	case err != nil && !missing:
		t.Fatalf("golden: %v", err)
	case !missing && bytes.Equal(want, got):
		return
	case Updating():
		write(t, path, got)
	case missing:
		t.Errorf("golden: %s does not exist; %s=1 go test writes it (%d bytes)", path, UpdateVariable, len(got))
	default:
		t.Errorf("golden: output differs from %s; if the change is meant, run with %s=1\n%s", path, UpdateVariable,
			shown(diff.Diff(path, want, "output", got)))
	}
}

func write(t testing.TB, path string, got []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatalf("golden: %v", err)
	}
	if err := os.WriteFile(path, got, 0o644); err != nil {
		t.Fatalf("golden: %v", err)
	}
	t.Logf("golden: wrote %s (%d bytes)", path, len(got))
}

const (
	maxLines = 120 // lines of a diff before it is cut
	maxLine  = 240 // bytes of one line before it is cut
)

// shown is a diff as a terminal may print it: what it would hide or obey is escaped, and long lines and long diffs are cut.
func shown(diff []byte) string {
	var b strings.Builder
	printed := 0
	for line := range strings.Lines(string(diff)) {
		if printed++; printed > maxLines {
			b.WriteString("... (the rest is not shown)\n")
			break
		}
		b.WriteString(visible(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String()
}

// visible escapes control characters other than tabs.
func visible(line string) string {
	cut := ""
	if len(line) > maxLine {
		cut = fmt.Sprintf(" ... (%d bytes)", len(line))
		line = line[:maxLine]
	}
	quoted := strconv.Quote(line)
	return strings.NewReplacer(`\"`, `"`, `\t`, "\t", `\\`, `\`).Replace(quoted[1:len(quoted)-1]) + cut
}

// Package testenv helps tests that want an installed program: without it they are skipped with the reason, unless SDMAP_REQUIRE
// names the program; then its absence is a failure. So the tests pass on a machine with Go alone, and continuous
// integration cannot lose a check silently.
package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Variable lists the programs, separated by commas, whose absence fails a test.
const Variable = "SDMAP_REQUIRE"

// Program returns the path of the first of candidates that is installed.
func Program(t testing.TB, name string, candidates ...string) string {
	t.Helper()
	for _, c := range candidates {
		if path, err := exec.LookPath(c); err == nil {
			return path
		}
	}
	Skip(t, name, "none of "+strings.Join(candidates, ", ")+" is installed")
	return ""
}

// Model returns the path of a real model that .ci/models puts into a folder: $SDMAP_MODELS, else sdmap-models in the user's
// cache.
func Model(t testing.TB, name, file string) string {
	t.Helper()
	dir := os.Getenv("SDMAP_MODELS")
	if cache, err := os.UserCacheDir(); dir == "" && err == nil {
		dir = filepath.Join(cache, "sdmap-models")
	}
	path := filepath.Join(dir, file)
	if _, err := os.Stat(path); err != nil {
		Skip(t, name, path+" is not there; .ci/models brings it")
	}
	return path
}

// Skip ends a test that cannot run for want of name: a skip, or a failure where name is required.
func Skip(t testing.TB, name, reason string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv(Variable), ","), name) {
		t.Fatalf("%s is required by %s, but %s", name, Variable, reason)
	}
	t.Skipf("needs %s: %s", name, reason)
}

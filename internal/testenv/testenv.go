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

// models is the folder in which .ci/models puts real models: $SDMAP_MODELS, else sdmap-models in the user's cache.
func models() string {
	dir := os.Getenv("SDMAP_MODELS")
	if cache, err := os.UserCacheDir(); dir == "" && err == nil {
		dir = filepath.Join(cache, "sdmap-models")
	}
	return dir
}

// Mirror returns the folder in which .ci/models lays the files of real models under their digests: $SDMAP_MIRROR, else the
// folder mirror beside them.
func Mirror(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SDMAP_MIRROR")
	if dir == "" {
		dir = filepath.Join(models(), "mirror")
	}
	if _, err := os.Stat(dir); err != nil {
		Skip(t, "mirror", dir+" is not there; .ci/models brings it")
	}
	return dir
}

// Model returns the path of a real model that .ci/models brings.
func Model(t testing.TB, name, file string) string {
	t.Helper()
	path := filepath.Join(models(), file)
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

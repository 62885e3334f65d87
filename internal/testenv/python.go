package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Python returns the path of a Python that can import the modules: $SDMAP_PYTHON, else the one that .ci/python makes in
// sdmap-python in the user's cache, else the system's.
func Python(t testing.TB, name string, modules ...string) string {
	t.Helper()
	candidates := []string{"python3"}
	if cache, err := os.UserCacheDir(); err == nil {
		candidates = append([]string{filepath.Join(cache, "sdmap-python", "bin", "python")}, candidates...)
	}
	if named := os.Getenv("SDMAP_PYTHON"); named != "" {
		candidates = []string{named}
	}
	for _, c := range candidates {
		if exec.Command(c, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return c
		}
	}
	Skip(t, name, "none of "+strings.Join(candidates, ", ")+" is a Python with "+strings.Join(modules, ", ")+
		"; .ci/python makes one")
	return ""
}

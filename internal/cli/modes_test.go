package cli

import (
	"os"
	"strings"
	"testing"

	"sdmap/internal/llm/backends"
)

// The README's table of backends is the one that the drivers make.
func TestReadmeHasTheTableOfBackends(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if table := backendTable(backends.All().Modes()); !strings.Contains(string(readme), "\n"+table+"\n") {
		t.Errorf("README.md lacks this table:\n%s", table)
	}
}

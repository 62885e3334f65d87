package cli

import (
	"os"
	"strings"
	"testing"

	"sdmap/internal/study"
)

// The README's table of backends is the one that the drivers make.
func TestReadmeHasTheTableOfBackends(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if table := backendTable(); !strings.Contains(string(readme), "\n"+table+"\n") {
		t.Errorf("README.md lacks this table:\n%s", table)
	}
}

// Every backend that a study can name is there, says what it gives, and no other.
func TestBackendsAreTheStudys(t *testing.T) {
	kinds := backends()
	for _, o := range study.Options() {
		if o.Key != "models.backend" {
			continue
		}
		if len(o.Allowed) != len(kinds) {
			t.Errorf("a study can name %q, and there are %d", o.Allowed, len(kinds))
		}
		for _, name := range o.Allowed {
			if kinds[name].open == nil || len(kinds[name].modes()) == 0 {
				t.Errorf("backend %s cannot be opened, or gives nothing", name)
			}
		}
	}
	help := backendsHelp()
	for _, m := range modes() {
		if !strings.Contains(help, m.Backend+", "+m.How) || m.Pinned == "" {
			t.Errorf("sdmap help backends lacks %+v", m)
		}
	}
}

func TestHostAndPort(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:8080": "127.0.0.1 8080", "http://localhost": "localhost 80",
		"https://gpu.example/api": "gpu.example 443",
		"http://[::1]:9":          "::1 9", "https://[fd00::1]/x": "fd00::1 443",
	} {
		if host, port := hostAndPort(url); host+" "+port != want {
			t.Errorf("%s: %s %s, want %s", url, host, port, want)
		}
	}
}

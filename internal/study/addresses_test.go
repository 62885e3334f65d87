package study

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// elsewhere finds the files of its map by their digests.
func elsewhere(found map[string]string) Elsewhere {
	return Elsewhere{Find: func(digest string) (string, bool) { path, ok := found[digest]; return path, ok }}
}

// A study that names files by address is complete where all of them are here, and then is as if they were its own.
func TestAddresses(t *testing.T) {
	one, two, three := strings.Repeat("1", 64), strings.Repeat("2", 64), strings.Repeat("3", 64)
	path := fixture(t, `allow_hosts = ["data.example", "huggingface.co"]
fetch_gb = 0.5
[[benchmarks]]
id = "a.x"
source = "https://data.example/a.jsonl"
sha256 = "`+one+`"
fewshot = { count = 1, source = "https://data.example/b.jsonl", sha256 = "`+two+`" }
[[models]]
path = "hf://o/n@main/Small-Q8.gguf"
sha256 = "`+three+`"
[[embedders]]
id = "e"
path = "hf://o/e@main"
sha256 = { "modules.json" = "`+one+`", "1_Pooling/config.json" = "`+two+`" }
`)
	found := map[string]string{one: "/store/one", three: "/mirror/three"}
	s, list := format().LoadWith(path, elsewhere(found))
	if list.HasErrors() {
		t.Fatal(list)
	}
	var missing []string
	for _, n := range s.Missing() {
		missing = append(missing, n.Address.Text)
	}
	if !slices.Equal(missing, []string{"https://data.example/b.jsonl", "hf://o/e@main/1_Pooling/config.json"}) {
		t.Errorf("missing %q", missing)
	}
	if s.FetchMost != 5e8 || s.Models[0].ID != "small-q8" || !slices.Equal(s.Embedders[0].Parts,
		[]string{"hf://o/e@main/1_Pooling/config.json", "hf://o/e@main/modules.json"}) {
		t.Errorf("%+v", s)
	}
	for name, want := range map[string]string{"https://data.example/a.jsonl": "/store/one",
		"hf://o/n@main/Small-Q8.gguf": "/mirror/three",
		"hf://o/e@main/modules.json":  "/store/one", "rows.jsonl": filepath.Join("d", "rows.jsonl")} {
		if got := s.Outside.Path("d", name); got != want {
			t.Errorf("%s lies at %s, want %s", name, got, want)
		}
	}
}

// What lies in the store or a mirror needs no host; what does not needs one that is allowed.
func TestHostsOfAddresses(t *testing.T) {
	one := strings.Repeat("1", 64)
	path := fixture(t, "[[benchmarks]]\nid = \"a\"\nsource = \"https://data.example/a.jsonl\"\nsha256 = \""+one+"\"\n")
	if _, list := format().LoadWith(path, elsewhere(map[string]string{one: "/x"})); list.HasErrors() {
		t.Error(list)
	}
	_, list := format().LoadWith(path, elsewhere(nil))
	if len(list) != 1 || !strings.Contains(list[0].Suggestion, `allow_hosts = ["data.example"]`) {
		t.Error(list)
	}
}

// A table of scores that is not here says nothing yet of benchmarks and models; once it is, all is read.
func TestScoresByAddress(t *testing.T) {
	one := strings.Repeat("1", 64)
	path := fixture(t, "[scores]\nsource = \"http://127.0.0.1/s.csv\"\nsha256 = \""+one+
		"\"\n")
	s, list := format().LoadWith(path, Elsewhere{})
	if list.HasErrors() || len(s.Missing()) != 1 || len(s.Benchmarks) != 0 {
		t.Fatal(s, list)
	}
	table := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(table, []byte("model,math,code\na,0.1,0.2\nb,0.3,0.4\nc,0.1,0.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, list = format().LoadWith(path, elsewhere(map[string]string{one: table}))
	if list.HasErrors() || len(s.Missing()) != 0 || len(s.Benchmarks) != 2 || len(s.Models) != 3 {
		t.Fatal(s, list)
	}
}

// Digests may be missing only where they are to be learned.
func TestLearnedDigests(t *testing.T) {
	path := fixture(t, "[[benchmarks]]\nid = \"a\"\nsource = \"http://127.0.0.1/a.jsonl\"\n[[embedders]]\nid = \"e\"\n"+
		"path = \"http://127.0.0.1/e/\"\nsha256 = { \"modules.json\" = \"\" }\n")
	s, list := format().LoadWith(path, Elsewhere{Learn: true})
	if list.HasErrors() || len(s.Missing()) != 2 || s.Missing()[0].Digest != "" {
		t.Error(s, list)
	}
	if _, list := format().LoadWith(path, Elsewhere{}); len(list) != 2 || !strings.Contains(list[0].Suggestion, "sdmap fetch") {
		t.Error(list)
	}
}

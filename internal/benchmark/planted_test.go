package benchmark

import (
	"os"
	"testing"

	"sdmap/internal/llm/backends"
)

// Every benchmark of the planted study loads without a word, and no two of them ask the same.
func TestPlantedBenchmarks(t *testing.T) {
	s, list := backends.All().Format().Load("../../studies/planted/study.toml")
	if list.HasErrors() {
		t.Fatal(list)
	}
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	digests := map[string]string{}
	for _, spec := range s.Benchmarks {
		b, list := Load(root, spec)
		if len(list) > 0 {
			t.Errorf("%s: %v", spec.ID, list)
			continue
		}
		if len(b.Items) < 150 {
			t.Errorf("%s has %d items", spec.ID, len(b.Items))
		}
		if other, taken := digests[b.RequestsDigest()]; taken {
			t.Errorf("%s and %s ask the same", spec.ID, other)
		}
		digests[b.RequestsDigest()] = spec.ID
	}
}

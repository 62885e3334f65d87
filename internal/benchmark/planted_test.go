package benchmark

import (
	"os"
	"testing"

	"sdmap/internal/llm/backends"
)

// Every benchmark of the planted studies loads without a word, and no two of a study ask the same.
func TestPlantedBenchmarks(t *testing.T) {
	for name, items := range map[string]int{"planted": 150, "planted-hard": 120} {
		t.Run(name, func(t *testing.T) { loadPlanted(t, name, items) })
	}
}

func loadPlanted(t *testing.T, name string, items int) {
	s, list := backends.All().Format().Load("../../studies/" + name + "/study.toml")
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
		if len(b.Items) < items {
			t.Errorf("%s has %d items", spec.ID, len(b.Items))
		}
		if other, taken := digests[b.RequestsDigest()]; taken {
			t.Errorf("%s and %s ask the same", spec.ID, other)
		}
		digests[b.RequestsDigest()] = spec.ID
	}
}

// Benchmarks of the hard study ask two or four wordings, as often as each other.
func TestHardWordings(t *testing.T) {
	s, _ := backends.All().Format().Load("../../studies/planted-hard/study.toml")
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, spec := range s.Benchmarks {
		b, _ := Load(root, spec)
		asked := map[string]int{}
		for _, item := range b.Items {
			asked[item.Wording]++
		}
		for wording, n := range asked {
			if wording == "" || n*len(asked) != len(b.Items) || len(asked) < 2 {
				t.Errorf("%s asks %q %d times, one of %d wordings", spec.ID, wording, n, len(asked))
			}
		}
	}
}

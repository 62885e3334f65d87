package corpus

import (
	"os"
	"testing"

	"sdmap/internal/study"
)

// The planted corpora are large enough for signatures, and each of their documents has room beyond the pieces that are context.
func TestPlantedCorpus(t *testing.T) {
	for _, name := range []string{"planted", "planted-hard"} {
		t.Run(name, func(t *testing.T) { loadPlanted(t, name) })
	}
}

func loadPlanted(t *testing.T, name string) {
	root, err := os.OpenRoot("../../studies/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, list := Load(root, study.Corpus{Source: "corpus.txt"})
	if len(list) > 0 {
		t.Fatal(list)
	}
	if c.PieceCount() < 20_000 {
		t.Errorf("%d pieces", c.PieceCount())
	}
	for _, d := range c.Docs {
		if n := len(d.Pieces); n < 60 || n > 300 {
			t.Errorf("document %s has %d pieces", d.ID, n)
		}
	}
	for _, s := range c.Shards(5000) {
		if s.Pieces > 5000 {
			t.Errorf("a shard has %d pieces", s.Pieces)
		}
	}
}

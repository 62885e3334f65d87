package semantic

import (
	"testing"

	"sdmap/internal/study"
)

// Every embedding that a study may name has a row, in the same order.
func TestEmbeddingsFollowTheDescriptions(t *testing.T) {
	if len(embeddings) != len(study.Embeddings) {
		t.Fatalf("%d rows, %d descriptions", len(embeddings), len(study.Embeddings))
	}
	for i, e := range embeddings {
		if d := study.Embeddings[i]; e.name != d.Name || e.embed == nil || d.Doc == "" {
			t.Errorf("row %d is %s, and %s is described", i, e.name, d.Name)
		}
	}
}

func TestComparisons(t *testing.T) {
	seen := map[string]bool{}
	for i, c := range comparisons {
		switch {
		case seen[c.suffix] || c.quantity == "" || c.method == "":
			t.Errorf("comparison %q comes twice or lacks words", c.suffix)
		case (c.between == nil) == (c.items == nil):
			t.Errorf("comparison %q is made in no way, or in two", c.suffix)
		case (i > 0) != (c.suffix != overlap) || (c.suffix == overlap) != (c.title == ""):
			t.Errorf("comparison %q: the overlap is the first and carries its embedding's title alone", c.suffix)
		case (c.beside == "") != (c.suffix == overlap || c.suffix == distance):
			t.Errorf("comparison %q is not named in the report's methods", c.suffix)
		}
		seen[c.suffix] = true
	}
	if !seen[distance] {
		t.Error("there is no distance for tests to rest on")
	}
}

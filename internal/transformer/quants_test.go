package transformer

import (
	"path/filepath"
	"testing"
)

// Models whose matrices are of several quantised types, one of them split into two files; in float64 by
// `python3 studies/planted/make/random_quants.py`.
func TestQuantisedGoldens(t *testing.T) {
	for _, g := range readGolden(t, "testdata/quants.json.gz") {
		t.Run(g.File, func(t *testing.T) { checkGolden(t, filepath.Join("testdata", g.File), g.Sequences) })
	}
}

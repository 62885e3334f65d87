package perplexity

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/study"
)

// readTable reads a table of surprisals for some models.
func readTable(t *testing.T, file string, text []byte, labels ...string) (*Imported, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), text, 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var models []study.Model
	for _, l := range labels {
		models = append(models, study.Model{ID: strings.ToLower(strings.ReplaceAll(l, "/", "-")), Label: l})
	}
	table, list := ReadImported(root, &study.Perplexity{Import: file}, models)
	var told []string
	for _, d := range list {
		told = append(told, d.Summary+" "+d.Detail)
	}
	return table, strings.Join(told, "\n")
}

// CSV and Parquet hold the same; columns are joined by label or id, whatever their order, and who has no partner is named.
func TestImport(t *testing.T) {
	parquet, err := os.ReadFile("testdata/bpb.parquet")
	if err != nil {
		t.Fatal(err)
	}
	csv := "id,\"('fam', 'org/a')\",\"('fam', 'org/b')\",\"('solo', 'c')\"\nx,0.5,0.75,1\ny,0.25,,2\nz,1.5,1.25,0.125\n"
	for file, text := range map[string][]byte{"t.csv": []byte(csv), "t.parquet": parquet,
		"t.tsv": []byte("id\torg/a\torg-b\tc\n" +
			"x\t0.5\t0.75\t1\ny\t0.25\tnan\t2\nz\t1.5\t1.25\t0.125\n")} {
		got, told := readTable(t, file, text, "org/b", "D", "org/a")
		if got == nil {
			t.Fatalf("%s: %s", file, told)
		}
		for model, want := range [][]float32{{0.75, float32(math.NaN()), 1.25}, nil, {0.5, 0.25, 1.5}} {
			if !slices.EqualFunc(got.Columns[model], want, func(a, b float32) bool { return a == b || a != a && b != b }) {
				t.Errorf("%s: model %d has %v", file, model, got.Columns[model])
			}
		}
		if len(got.Corpus.Docs) != 3 || got.Corpus.Docs[2].ID != "z" || got.Corpus.PieceCount() != 3 || got.Models() != 2 {
			t.Errorf("%s: %+v", file, got.Corpus)
		}
		if !strings.Contains(told, "no model in [scores] for 1 column of surprisals c.") ||
			!strings.Contains(told, "no column of surprisals for 1 model of [scores] D.") {
			t.Errorf("%s: %s", file, told)
		}
		data, err := got.Column(0, "org-b").Run(t.Context(), nil)
		if c, _ := DecodeColumn(data); err != nil || c.Unscored != 1 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestImportRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"id,x,y\na,1,2\n":         "no column of the table of surprisals is a model",
		"id,m\na,-1\n":            "is negative",
		"id,m\na,1\nb,one\n":      `"one" in row 2 is no surprisal`,
		"id,m\na,inf\n":           "is no surprisal",
		"id,m\n":                  "has no rows",
		"nothing":                 "cannot be read",
		"id,m\na,1\nb,1,2\nc,3\n": "the row cannot be read",
	} {
		if got, told := readTable(t, "t.csv", []byte(text), "m"); got != nil || !strings.Contains(told, want) {
			t.Errorf("%q: %s", text, told)
		}
	}
}

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tableStudy writes a study of a table of scores with some models, and more keys of [scores].
func tableStudy(t *testing.T, models int, scores string) string {
	t.Helper()
	dir := t.TempDir()
	var csv strings.Builder
	csv.WriteString("model,lineage,a,b,c,d,e\n")
	for i := range models {
		fmt.Fprintf(&csv, "m%d,l%d", i, i)
		for j := range 5 {
			fmt.Fprintf(&csv, ",0.%d%d", 1+(i*(j+2)+j*j)%8, i%10)
		}
		csv.WriteString("\n")
	}
	file := filepath.Join(dir, "study.toml")
	for name, text := range map[string]string{"s.csv": csv.String(),
		"study.toml": "date = 2026-01-01\n[axes.performance]\nsplits = 5\nbootstrap = 50\npermutations = 99\n" +
			"[report]\nreplicates = 10\n[scores]\nsource = \"s.csv\"\n" + scores} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestPowerOfATableOfScores(t *testing.T) {
	for _, c := range []struct {
		models       int
		scores       string
		want, absent []string
	}{
		{40, "", []string{"not known", "reliability 1"}, []string{"None:"}},
		{40, "items = 100\n", []string{"100", "0.80"}, []string{"not known", "None:"}},
		{1, "items = 100\n", []string{"none", "None: the test of a pair needs at least 5 models"}, nil},
		{6, "items = 2\n", []string{"None: even an overlap of 1"}, nil},
	} {
		code, out, said := commanded(t, t.TempDir(), "power", tableStudy(t, c.models, c.scores))
		if code != exitOK {
			t.Fatalf("%d models, %q: exit code %d, said %s", c.models, c.scores, code, said)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%d models, %q: no %q in\n%s", c.models, c.scores, want, out)
			}
		}
		for _, absent := range c.absent {
			if strings.Contains(out, absent) {
				t.Errorf("%d models, %q: %q in\n%s", c.models, c.scores, absent, out)
			}
		}
	}
}

// Standard errors of a long table stand for the items that would have them.
func TestPowerOfStandardErrors(t *testing.T) {
	dir := t.TempDir()
	csv := "model,benchmark,score,stderr\n"
	for i := range 20 {
		for j := range 5 {
			csv += fmt.Sprintf("m%d,b%d,0.%d%d,0.05\n", i, j, 1+(i*(j+2)+j*j)%8, i%10)
		}
	}
	file := filepath.Join(dir, "study.toml")
	if err := os.WriteFile(filepath.Join(dir, "s.csv"), []byte(csv), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("date = 2026-01-01\n[scores]\nsource = \"s.csv\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, out, said := commanded(t, t.TempDir(), "power", file); code != exitOK || !strings.Contains(out, "100") ||
		!strings.Contains(out, "0.80") {
		t.Errorf("exit code %d, said %s\n%s", code, said, out)
	}
}

// An action is found by the digits that a report's page shows of its key and of its output.
func TestWhyFindsTheDigitsOfAReport(t *testing.T) {
	file, store, to := tableStudy(t, 20, ""), t.TempDir(), filepath.Join(t.TempDir(), "report")
	if code, _, said := commanded(t, store, "run", "-o", to, file); code != exitOK {
		t.Fatal(said)
	}
	for _, row := range tableOf(t, filepath.Join(to, "tables", "actions.csv")) {
		if row[0] != "performance/imported" {
			continue
		}
		for _, digest := range row[5:7] { // of the action, and of its output
			digits := strings.TrimPrefix(digest, "sha256:")[:12]
			for _, args := range [][]string{{"why", digits}, {"why", digits, file}} {
				if code, out, said := commanded(t, store, args...); code != exitOK ||
					!strings.Contains(out, "performance/imported scores is") {
					t.Errorf("sdmap %q: exit code %d, said %s\n%.300s", args, code, said, out)
				}
			}
		}
		return
	}
	t.Error("the report lists no table of scores among its actions")
}

// Where it is known what was planted, a run finds out how many models it takes, and power says so from then on.
func TestPowerSaysWhatRecoveryTook(t *testing.T) {
	file := tableStudy(t, 14, "[truth]\nsource = \"truth.toml\"\n")
	truth := ""
	for _, b := range []string{"a", "b", "c", "d", "e"} {
		truth += fmt.Sprintf("[[benchmark]]\nid = %q\nskills = { %s = 1.0 }\n", b, string("xxyyz"[b[0]-'a']))
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "truth.toml"), []byte(truth), 0o666); err != nil {
		t.Fatal(err)
	}
	store := t.TempDir()
	if code, out, said := commanded(t, store, "power", file); code != exitOK || strings.Contains(out, "planted") {
		t.Fatalf("before a run: %d, %s%s", code, out, said)
	}
	if code, _, said := commanded(t, store, "run", "-o", filepath.Join(t.TempDir(), "out"), file); code != exitOK {
		t.Fatalf("run: %d, %s", code, said)
	}
	code, out, said := commanded(t, store, "power", file)
	if code != exitOK || !strings.Contains(out, "performance, gfree") || !strings.Contains(out, "clear of its null from") {
		t.Errorf("after a run: %d, %s%s", code, out, said)
	}
}

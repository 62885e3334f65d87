package session

import (
	"path/filepath"
	"testing"

	"sdmap/internal/study"
)

func TestReportDir(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	for dir, want := range map[string]string{
		"studies/planted":      "reports/planted",
		"a/studies/x/deep":     "a/reports/planted",
		"elsewhere/planted":    "reports/planted",
		root + "/studies/more": "reports/planted",
	} {
		got, within, err := ReportDir(&study.Study{Dir: filepath.FromSlash(dir), Name: "planted"})
		if err != nil || got != filepath.FromSlash(want) || filepath.Join(within, "reports", "planted") != got {
			t.Errorf("%s: %s within %s, %v; want %s", dir, got, within, err, want)
		}
	}
	for _, name := range []string{"", ".", "..", "/", "a/../.."} {
		if got, _, err := ReportDir(&study.Study{Dir: "studies/x", Name: name}); err == nil {
			t.Errorf("a study called %q: %s", name, got)
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{"studies/étude-1/study.toml": "studies/étude-1/study.toml", "a b": "'a b'",
		"x;rm -rf ~": "'x;rm -rf ~'", "it's": `'it'\''s'`, "$(x)": "'$(x)'"} {
		if got := shellWord(in); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", in, got, want)
		}
	}
}

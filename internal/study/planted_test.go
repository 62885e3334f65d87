package study

import (
	"os"
	"testing"

	"github.com/BurntSushi/toml"
)

const plantedStudy = "../../studies/planted/study.toml"

// The planted study declares what its truth file knows: same benchmarks, families and formats.
func TestPlantedStudy(t *testing.T) {
	s, list := format().Load(plantedStudy)
	if len(list) > 0 {
		t.Fatalf("diagnostics: %v", list)
	}
	if s.Name != "planted" || s.Date != "2026-11-23" || s.Seed != 1 {
		t.Errorf("name %q, date %q, seed %d", s.Name, s.Date, s.Seed)
	}
	if s.Axes.Performance == nil || s.Axes.Perplexity == nil || s.Axes.Semantic == nil || s.Axes.Neural == nil {
		t.Errorf("every axis is on by default: %+v", s.Axes)
	}
	var truth struct {
		Benchmark []struct{ ID, Family, Format, Task string }
	}
	src, err := os.ReadFile("../../studies/planted/truth.toml")
	if err != nil {
		t.Fatal(err)
	}
	if err := toml.Unmarshal(src, &truth); err != nil {
		t.Fatal(err)
	}
	if len(truth.Benchmark) != len(s.Benchmarks) {
		t.Fatalf("%d benchmarks, the truth has %d", len(s.Benchmarks), len(truth.Benchmark))
	}
	for i, want := range truth.Benchmark {
		b := s.Benchmarks[i]
		if b.ID != want.ID || b.Family != want.Family || b.Format != want.Format || string(b.Task) != want.Task {
			t.Errorf("benchmark %d is %s (%s, %s, %s), the truth says %+v", i, b.ID, b.Family, b.Format, b.Task, want)
		}
	}
}

package analysis

import (
	"slices"
	"testing"

	"sdmap/internal/axis"
)

// Alarms about benchmarks are one finding a kind; those about the study stand alone, each with an id of its own.
func TestAlarmFindings(t *testing.T) {
	a := &Analysis{Alarms: []axis.Alarm{
		{Kind: "identical-replies", Other: "m2", Text: "m1 and m2"}, {Kind: "chance", Benchmark: "x", Blocks: true},
		{Kind: "equal-logprobs", Benchmark: "x"},
		{Kind: "mixed-scoring", Text: "two kinds"}, {Kind: "chance", Benchmark: "y", Blocks: true},
		{Kind: "identical-replies", Other: "m5", Text: "m4 and m5"},
	}}
	var ids []string
	for _, f := range a.alarmFindings() {
		ids = append(ids, f.ID)
		if f.ID == "finding-alarm-chance" && (f.Count != 2 || !slices.Equal(f.Benchmarks, []string{"x", "y"})) ||
			f.Alarm.Benchmark == "" && f.Count != 1 {
			t.Errorf("finding %+v", f)
		}
	}
	want := []string{"finding-alarm-identical-replies", "finding-alarm-chance", "finding-alarm-mixed-scoring",
		"finding-alarm-identical-replies-2"}
	if !slices.Equal(ids, want) {
		t.Errorf("findings %q, want %q", ids, want)
	}
}

package performance

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/study"
)

var smallOptions = Options{Performance: study.Performance{Splits: 20, Bootstrap: 100, Permutations: 999}, Seed: 1, Replicates: 50,
	Q: 0.1}

func compute(t *testing.T, table *ScoreTable, o Options, workers int) *axis.Result {
	t.Helper()
	r, err := Compute(context.Background(), table, o, workers, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestComputeIsDeterministic(t *testing.T) {
	table := planted(16, 3, 2, 7)
	one, err := compute(t, table, smallOptions, 1).Encode()
	if err != nil {
		t.Fatal(err)
	}
	three, err := compute(t, table, smallOptions, 3).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, three) {
		t.Error("the number of workers changes the result")
	}
	back, err := axis.Decode(one)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := back.Encode(); !bytes.Equal(one, again) {
		t.Error("decoding and encoding changes the bytes")
	}
}

func TestComputeSaysWhatAReaderNeeds(t *testing.T) {
	table := planted(32, 8, 2, 3)
	r := compute(t, table, smallOptions, 2)
	if r.Primary().Name != Raw || r.Variant(GFree) == nil || r.Variant(Upper) == nil || !r.Variant(Upper).Baseline {
		t.Fatal("variants are missing or in the wrong order")
	}
	for _, v := range r.Variants[:2] {
		for b := range 24 {
			for a := range b {
				x, _ := v.Overlap.At(a, b)
				lo, okLo := v.Lo.At(a, b)
				hi, okHi := v.Hi.At(a, b)
				if !okLo || !okHi || lo > hi || math.Abs(x) > 1 {
					t.Fatalf("%s (%d, %d): %v in [%v, %v]", v.Name, a, b, x, lo, hi)
				}
			}
		}
	}
	facts := map[string]float64{}
	for _, f := range r.Facts {
		facts[f.Name] = f.Value
	}
	if facts["general-factor.share"] < 0.4 || facts["general-factor.share.null"] > 0.3 || facts["general-factors"] < 1 ||
		facts["power"] == 0 {
		t.Error("facts:", facts)
	}
	rel, ok := r.ByBenchmark[0].Values.At(0, 0)
	if !ok || rel < 0.8 {
		t.Error("reliability of 100 items over models of very different ability is", rel)
	}
	if len(r.Alarms) > 0 {
		t.Error("a sound study raises alarms:", r.Alarms)
	}
	if !strings.Contains(strings.Join(r.Variant(GFree).Warnings, " "), "1/(k+1)") {
		t.Error("nothing is said about the bias of g-free overlaps")
	}
}

func TestFewModelsAreComputedAndSaid(t *testing.T) {
	for _, m := range []int{1, 2, 4} {
		r := compute(t, planted(m, 2, 1, 2), smallOptions, 2)
		if len(r.Alarms) == 0 || r.Alarms[0].Kind != "few-models" || !r.Alarms[0].Blocks {
			t.Errorf("%d models: alarms %v", m, r.Alarms)
		}
		if _, err := r.Encode(); err != nil {
			t.Errorf("%d models: %v", m, err)
		}
	}
}

func TestOneBenchmark(t *testing.T) {
	table := planted(12, 1, 1, 2)
	var models []study.Model
	for _, id := range table.Models {
		models = append(models, study.Model{ID: id, Lineage: id})
	}
	one := axis.NewScoreTable(models, []study.Benchmark{{ID: "only", Family: "f"}})
	one.Score.Data, one.Items[0], one.ItemChance[0], one.ItemScores[0] = table.Columns()[0], table.Items[0], table.ItemChance[0],
		table.ItemScores[0]
	r := compute(t, one, smallOptions, 2)
	if _, err := r.Encode(); err != nil {
		t.Error(err)
	}
	if rel, ok := r.ByBenchmark[0].Values.At(0, 0); !ok || rel == 0 ||
		!strings.Contains(strings.Join(r.Warnings, " "), "one benchmark") {
		t.Error("reliability", rel, "warnings", r.Warnings)
	}
}

func TestAlarms(t *testing.T) {
	table := planted(12, 4, 2, 11)
	n := len(table.Items[0])
	set := func(b int, of func(i, k int) float64) {
		for i := range table.Models {
			var sum float64
			for k := range n {
				table.ItemScores[b][i*n+k] = of(i, k)
				sum += of(i, k)
			}
			table.Score.Set(i, b, sum/float64(n))
		}
	}
	set(0, func(i, k int) float64 { return float64((i*31 + k*17) % 100 / 75) }) // a quarter right
	set(1, func(i, k int) float64 { return 1 - float64((i+k)%100/99) })         // one error each
	set(2, func(i, k int) float64 { return 0 })
	set(7, func(i, k int) float64 { return float64(i % 2) }) // half of the models can do everything, the others nothing
	table.Equal[3][2] = 60
	table.Truncated[4][0] = 1
	table.Shared = []axis.SharedItems{{A: 5, B: 6, Items: 3}}
	table.Identical = [][2]int{{0, 3}}
	kinds := map[string]axis.Alarm{}
	for _, a := range compute(t, table, smallOptions, 2).Alarms {
		kinds[a.Kind+" "+a.Benchmark] = a
	}
	for key, blocks := range map[string]bool{
		"chance s0.0": true, "ceiling s0.1": true, "chance s0.2": true, "equal-logprobs s1.0": true, "truncated s1.1": false,
		"shared-items s1.2": true, "identical-replies ": false,
	} {
		a, ok := kinds[key]
		if !ok || a.Blocks != blocks || a.Text == "" || a.Advice == "" {
			t.Errorf("%s: found %v, %+v", key, ok, a)
		}
	}
	if _, ok := kinds["ceiling s2.1"]; ok {
		t.Error("a benchmark that tells half of the models from the others is said to be at ceiling")
	}
	if _, ok := kinds["chance s3.0"]; ok {
		t.Error("a benchmark that models can do is said to be at chance")
	}
}

func TestImportedScores(t *testing.T) {
	table := planted(12, 3, 2, 11)
	values := make([][]float64, 12)
	for i := range values {
		values[i], _ = table.Score.Row(i)
	}
	values[3][2] = math.NaN()
	var models []study.Model
	for _, id := range table.Models {
		models = append(models, study.Model{ID: id, Lineage: id})
	}
	var specs []study.Benchmark
	for b, id := range table.Benchmarks {
		specs = append(specs, study.Benchmark{ID: id, Family: table.Families[b]})
	}
	data, err := Imported(models, specs, &study.Scores{Values: values, Items: 100}).Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	imported, err := axis.DecodeScores(data)
	if err != nil {
		t.Fatal(err)
	}
	se, _ := imported.SE.At(0, 0)
	want, _ := table.SE.At(0, 0)
	near(t, "standard error of right and wrong answers", se, want, 1e-12)
	r := compute(t, imported, smallOptions, 2)
	if _, ok := r.Primary().Overlap.At(0, 1); !ok {
		t.Error("imported scores have no overlap")
	}
	v := r.Primary()
	if _, ok := v.Overlap.At(0, 2); !ok || v.NOf(0, 2) != len(models)-1 || v.NOf(0, 1) != len(models) {
		t.Errorf("a missing score costs one model: %d and %d of %d", v.NOf(0, 2), v.NOf(0, 1), len(models))
	}
	if _, ok := r.Variant(Disattenuated).Overlap.At(0, 1); !ok {
		t.Errorf("with items: %q", r.Variant(Disattenuated).Overlap.Reason(0, 1))
	}
	if data, err = Imported(models, specs, &study.Scores{Values: values}).Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if imported, err = axis.DecodeScores(data); err != nil {
		t.Fatal(err)
	}
	r = compute(t, imported, smallOptions, 2)
	if reason := r.Variant(Disattenuated).Overlap.Reason(0, 1); !strings.Contains(reason, "reliability") {
		t.Errorf("without items disattenuation is missing for the reason %q", reason)
	}
}

// Half of a scale of parallel items predicts the other as classical test theory says.
func TestReliabilityOfParallelItems(t *testing.T) {
	table := planted(400, 2, 2, 5)
	p := newProfile(table.Columns(), table.Families)
	rel, err := splitHalf(context.Background(), table, p, 20, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	// the share of the variance of scores that is not binomial noise
	scores := table.Columns()[0]
	var mean, total, noise float64
	for i, v := range scores {
		mean += v / 400
		se, _ := table.SE.At(i, 0)
		noise += se * se / 400
	}
	for _, v := range scores {
		total += (v - mean) * (v - mean) / 399
	}
	near(t, "reliability", rel.raw[0], 1-noise/total, 0.02)
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Compute(ctx, planted(8, 2, 1, 1), smallOptions, 2, func(int, int) {}); err != context.Canceled {
		t.Error("a cancelled axis ends with", err)
	}
}

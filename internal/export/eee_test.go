package export

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sdmap/internal/study"
	"sdmap/internal/testenv"
)

// validate checks every record in an export's folder against the schemas of Every Eval Ever, and that file and record belong
// together as its store of data wants it.
func validate(t *testing.T, dir string) (records int) {
	t.Helper()
	c := jsonschema.NewCompiler()
	schema := func(name string) *jsonschema.Schema {
		s, err := c.Compile(filepath.Join("testdata", "every_eval_ever", name))
		check(t, err)
		return s
	}
	aggregate, sample := schema("eval.schema.json"), schema("instance_level_eval.schema.json")
	paths, err := filepath.Glob(filepath.Join(dir, eeeFolder, "data", "*", "*", "*", "*.json"))
	check(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		check(t, err)
		valid(t, aggregate, text)
		var r eeeRecord
		check(t, json.Unmarshal(text, &r))
		samples, err := os.ReadFile(filepath.Join(dir, eeeFolder, r.Detailed.Path))
		check(t, err)
		if want := strings.TrimSuffix(path, ".json") + "_samples.jsonl"; filepath.Join(dir, eeeFolder, r.Detailed.Path) != want {
			t.Errorf("the record %s names %s", path, r.Detailed.Path)
		}
		if r.Detailed.Checksum != fmt.Sprintf("%x", sha256.Sum256(samples)) {
			t.Error("the samples have another checksum")
		}
		lines := strings.Split(strings.TrimSuffix(string(samples), "\n"), "\n")
		if len(lines) != r.Detailed.Rows {
			t.Errorf("%d samples, %d said", len(lines), r.Detailed.Rows)
		}
		for _, l := range lines {
			valid(t, sample, []byte(l))
			var s eeeSample
			check(t, json.Unmarshal([]byte(l), &s))
			if s.Evaluation != r.ID || s.Model != r.Model.ID {
				t.Errorf("the sample belongs to %s of %s", s.Evaluation, s.Model)
			}
		}
	}
	return len(paths)
}

func valid(t *testing.T, s *jsonschema.Schema, text []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	check(t, err)
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// record reads a model's record and its samples.
func record(t *testing.T, dir, model string) (r eeeRecord, samples []eeeSample) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, eeeFolder, "data", "small", "small", model, "*.json"))
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	text, err := os.ReadFile(paths[0])
	check(t, err)
	check(t, json.Unmarshal(text, &r))
	text, err = os.ReadFile(filepath.Join(dir, eeeFolder, r.Detailed.Path))
	check(t, err)
	for l := range strings.Lines(string(text)) {
		var s eeeSample
		check(t, json.Unmarshal([]byte(l), &s))
		samples = append(samples, s)
	}
	return r, samples
}

// averages wants the samples of every result to average to its score, and to be as many as it says.
func averages(t *testing.T, dir, model string) {
	t.Helper()
	r, samples := record(t, dir, model)
	for _, result := range r.Results {
		n, sum := 0, 0.0
		for _, s := range samples {
			if s.Result == result.ID {
				n++
				sum += s.Grade.Score
			}
		}
		if n != result.Score.Uncertainty.Items || sum/float64(n) != result.Score.Score {
			t.Errorf("%s, %s: %d samples average to %v; the record says %+v", model, result.ID, n, sum/float64(n), result.Score)
		}
	}
}

// Every rule has its name there.
func TestMetricsHaveNames(t *testing.T) {
	for _, name := range slices.Concat(study.Metrics(study.Choice), study.Metrics(study.Generate)) {
		if m := metricOf(study.Benchmark{Metric: name}, "text"); m.ID == "" || m.Kind == "" || m.Description == "" {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestEveryEvalEver(t *testing.T) {
	dir, _ := write(t, look(t, source(t), Selection{}), Options{Texts: true})
	if n := validate(t, dir); n != 2 {
		t.Errorf("%d records", n)
	}
	r, samples := record(t, dir, "m1")
	if r.Retrieved != "1767312000" || r.Model.Engine != (eeeLibrary{"embedded", "2"}) || len(r.Results) != 3 || len(samples) != 6 {
		t.Fatalf("%+v, %d samples", r, len(samples))
	}
	for _, r := range []string{"m1", "m2"} {
		averages(t, dir, r)
	}
	// Items 1 and 3 count; both are right. Their scores are alike, so the standard error is 0, and stands there.
	first := r.Results[0]
	if first.Score.Score != 1 || first.Score.Uncertainty.Items != 2 || first.Score.Uncertainty.Error.Value != 0 ||
		first.Score.Details["left_out"] != "1" || first.Metric.Lower || first.Metric.Max != 1 {
		t.Errorf("%+v, %+v", first.Score, first.Metric)
	}
	if chance := first.Metric.Parameters["chance"]; math.Abs(chance-(.5+.5+1./3)/3) > 1e-15 {
		t.Error(chance)
	}
	text := r.Results[2]
	if text.Score.Score != .5 || math.Abs(text.Score.Uncertainty.Error.Value-.5) > 1e-15 || *text.Generation.Args.Temperature != 0 ||
		text.Generation.Args.MaxTokens != 8 || text.Generation.Details["stop"] != `["\n"]` {
		t.Errorf("%+v, %+v", text.Score, text.Generation)
	}
	if r.Results[1].Score.Uncertainty.Error != nil {
		t.Error("one item has no standard error")
	}
	s := samples[4]
	if s.Attribution[0].Extracted != "2" || s.Attribution[0].Method != "last_number" || !s.Grade.Right || s.Grade.Score != 1 ||
		s.Input.Reference[1] != "two 2" || s.Output.Raw[0] != hostile+" so 2." {
		t.Errorf("%+v", s)
	}
	if s := samples[0]; s.Metadata["logprobs"] != "[-2,-1]" || s.Output.Raw[0] != hostile || *s.Input.Formatted != "Q: "+hostile {
		t.Errorf("%+v", s)
	}
	_, others := record(t, dir, "m2")
	if s := others[1]; s.Error == nil || s.Grade.Right || len(s.Output.Raw) != 0 || s.Metadata["counts"] != "false" {
		t.Errorf("%+v", s)
	}
	if others[0].Hash != samples[0].Hash || others[0].Hash == others[2].Hash {
		t.Error("items are not known by their hashes")
	}
}

// The project's own validator takes the records, and has no remark.
func TestTheirValidator(t *testing.T) {
	python := testenv.Python(t, "every-eval-ever", "every_eval_ever")
	dir, files := write(t, look(t, source(t), Selection{}), Options{Texts: true, Formats: []string{EEE}})
	args := []string{"-m", "every_eval_ever", "validate", "--format", "json"}
	for name := range files {
		if path, is := strings.CutPrefix(name, eeeFolder+"/"); is {
			args = append(args, path)
		}
	}
	cmd := exec.Command(python, args...)
	cmd.Dir = filepath.Join(dir, eeeFolder)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), `"valid": true`) != 4 || strings.Contains(string(out), "semantic_warning") {
		t.Errorf("%v\n%s", err, out)
	}
}

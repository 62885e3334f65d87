package export

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/benchmark"
	"sdmap/internal/study"
)

// The records of Every Eval Ever 0.3.0, as far as they are written.
type (
	eeeRecord struct {
		Version   string       `json:"schema_version"`
		ID        string       `json:"evaluation_id"`
		Retrieved string       `json:"retrieved_timestamp"`
		Source    eeeSource    `json:"source_metadata"`
		Library   eeeLibrary   `json:"eval_library"`
		Model     eeeModel     `json:"model_info"`
		Results   []eeeResult  `json:"evaluation_results"`
		Detailed  *eeeDetailed `json:"detailed_evaluation_results"`
	}
	eeeSource struct {
		Name         string            `json:"source_name"`
		Type         string            `json:"source_type"`
		Organization string            `json:"source_organization_name"`
		Relationship string            `json:"evaluator_relationship"`
		Details      map[string]string `json:"additional_details"`
	}
	eeeLibrary struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	eeeModel struct {
		Name    string            `json:"name"`
		ID      string            `json:"id"`
		Engine  eeeLibrary        `json:"inference_engine"`
		Details map[string]string `json:"additional_details"`
	}
	eeeResult struct {
		ID         string        `json:"evaluation_result_id"`
		Name       string        `json:"evaluation_name"`
		Data       eeeData       `json:"source_data"`
		Metric     eeeMetric     `json:"metric_config"`
		Score      eeeScore      `json:"score_details"`
		Generation eeeGeneration `json:"generation_config"`
	}
	eeeData struct {
		Name    string            `json:"dataset_name"`
		Type    string            `json:"source_type"`
		Details map[string]string `json:"additional_details"`
	}
	eeeMetric struct {
		Description string             `json:"evaluation_description"`
		ID          string             `json:"metric_id"`
		Name        string             `json:"metric_name"`
		Kind        string             `json:"metric_kind"`
		Unit        string             `json:"metric_unit"`
		Parameters  map[string]float64 `json:"metric_parameters,omitempty"`
		Lower       bool               `json:"lower_is_better"`
		Type        string             `json:"score_type"`
		Min         float64            `json:"min_score"`
		Max         float64            `json:"max_score"`
	}
	eeeScore struct {
		Score       float64           `json:"score"`
		Details     map[string]string `json:"details"`
		Uncertainty eeeUncertainty    `json:"uncertainty"`
	}
	eeeUncertainty struct {
		Error *eeeError `json:"standard_error,omitempty"`
		SD    *float64  `json:"standard_deviation,omitempty"`
		Items int       `json:"num_samples"`
	}
	eeeError struct {
		Value  float64 `json:"value"`
		Method string  `json:"method"`
	}
	eeeGeneration struct {
		Args    eeeArgs           `json:"generation_args"`
		Details map[string]string `json:"additional_details"`
	}
	eeeArgs struct {
		Temperature *float64 `json:"temperature,omitempty"`
		MaxTokens   int      `json:"max_tokens,omitempty"`
		Template    string   `json:"prompt_template,omitempty"`
	}
	eeeDetailed struct {
		Format    string `json:"format"`
		Path      string `json:"file_path"`
		Algorithm string `json:"hash_algorithm"`
		Checksum  string `json:"checksum"`
		Rows      int    `json:"total_rows"`
	}
	eeeSample struct {
		Version     string            `json:"schema_version"`
		Evaluation  string            `json:"evaluation_id"`
		Model       string            `json:"model_id"`
		Name        string            `json:"evaluation_name"`
		Result      string            `json:"evaluation_result_id,omitempty"`
		Sample      string            `json:"sample_id"`
		Hash        string            `json:"sample_hash"`
		Interaction string            `json:"interaction_type"`
		Input       eeeInput          `json:"input"`
		Output      eeeOutput         `json:"output"`
		Attribution []eeeAttribution  `json:"answer_attribution"`
		Grade       eeeGrade          `json:"evaluation"`
		Error       *string           `json:"error"`
		Metadata    map[string]string `json:"metadata"`
	}
	eeeInput struct {
		Raw       string   `json:"raw"`
		Formatted *string  `json:"formatted"`
		Reference []string `json:"reference"`
		Choices   []string `json:"choices"`
	}
	eeeOutput struct {
		Raw []string `json:"raw"`
	}
	eeeAttribution struct {
		Turn      int    `json:"turn_idx"`
		Source    string `json:"source"`
		Extracted string `json:"extracted_value"`
		Method    string `json:"extraction_method"`
		Terminal  bool   `json:"is_terminal"`
	}
	eeeGrade struct {
		Score float64 `json:"score"`
		Right bool    `json:"is_correct"`
	}
)

// eeeRecord is a model's record without scores.
func (w *writer) eeeRecord(i int, study, model string, digest []byte) eeeRecord {
	s, m := w.Study, w.Answers.Models[i]
	engine, version, _ := strings.Cut(m.Identity.Engine, "/")
	details := map[string]string{"deployment_type": "self_deployed", "model_availability": "unknown", "lineage": m.Lineage,
		"weights": m.Identity.Weights, "engine": m.Identity.Engine, "route": m.Identity.Route,
		"options": strings.Join(m.Identity.Options, " "), "unpinned": strconv.FormatBool(m.Identity.Unpinned)}
	if s.Models[i].Remote() {
		details["deployment_type"] = "unknown"
	}
	for _, name := range slices.Sorted(maps.Keys(s.Models[i].Covariates)) {
		details["covariate "+name] = s.Models[i].Covariates[name]
	}
	return eeeRecord{
		Version: eeeVersion, ID: study + "/" + study + "_" + model + "/" + uuid(digest), Retrieved: seconds(s.Date),
		Source: eeeSource{Name: cmp.Or(s.Title, s.Name), Type: "evaluation_run",
			Organization: cmp.Or(strings.Join(s.Authors, ", "), s.Name), Relationship: "other",
			Details: map[string]string{"study": s.Name, "study_file": w.Digest}},
		Library: eeeLibrary{"sdmap", w.Version},
		Model: eeeModel{Name: s.Models[i].Shown(), ID: study + "/" + model,
			Engine: eeeLibrary{engine, cmp.Or(version, "unknown")}, Details: details},
		Results: []eeeResult{},
	}
}

func (w *writer) eeeResult(b *benchmark.Benchmark, asked string, graded []performance.Graded, sum performance.Summary) eeeResult {
	spec := b.Spec
	refused := 0
	for _, g := range graded {
		if g.Refused != "" {
			refused++
		}
	}
	metric := metricOf(spec, asked)
	r := eeeResult{ID: spec.ID + "/" + metric.ID, Name: spec.ID, Metric: metric,
		Data: eeeData{spec.ID, "other", map[string]string{"files": strings.Join(spec.Files(), " "),
			"items":  strconv.Itoa(len(b.Items)),
			"digest": b.Digest(), "family": spec.Family}},
		Score: eeeScore{Score: sum.Score, Uncertainty: eeeUncertainty{Items: sum.Items},
			Details: map[string]string{"refused": strconv.Itoa(refused), "left_out": strconv.Itoa(len(b.Items) - sum.Items)}},
		Generation: eeeGeneration{Details: map[string]string{"asked": asked, "chat": strconv.FormatBool(spec.Chat)}},
	}
	if !math.IsNaN(sum.SE) {
		r.Score.Uncertainty.Error, r.Score.Uncertainty.SD = &eeeError{sum.SE, "analytic"}, new(sum.SD)
	}
	if spec.Prompt != "" {
		r.Generation.Args.Template = spec.Prompt
	}
	if spec.Fewshot != nil {
		r.Generation.Details["fewshot"] = strconv.Itoa(spec.Fewshot.Count)
	}
	if spec.Task == study.Generate {
		r.Generation.Args.Temperature, r.Generation.Args.MaxTokens = new(0.0), spec.MaxTokens
		r.Generation.Details["stop"] = jsonText(spec.Stop)
		if spec.Pattern != "" {
			r.Generation.Details["pattern"] = spec.Pattern
		}
	}
	if n := len(b.Items); n > 0 {
		chance := 0.0
		for k := range b.Items {
			chance += b.Chance(k)
		}
		r.Metric.Parameters = map[string]float64{"chance": chance / float64(n)}
	}
	return r
}

// metrics are the rules in the records' words: name, kind, what it is.
var metrics = map[string][3]string{
	"acc":       {"accuracy", "accuracy", "the right choice has the greatest log-probability"},
	"acc_norm":  {"acc_norm", "accuracy", "the right choice has the greatest log-probability by character"},
	"acc_bytes": {"acc_bytes", "accuracy", "the right choice has the greatest log-probability by byte"},
	"acc_token": {"acc_token", "accuracy", "the right choice has the greatest log-probability by token"},
	"acc_mutual_info": {"acc_mutual_info", "accuracy",
		"the right choice has the greatest log-probability less that without the prompt"},
	study.MC2: {"mc2", "probability", "probability of the true choices among all"},
	"exact":   {"exact_match", "exact_match", "reply and reference are equal but for case, white space and a full stop"},
	"numeric": {"numeric_match", "exact_match", "the last numbers of reply and reference are equal"},
	"regex":   {"regex_match", "exact_match", "what a pattern finds in the reply is equal to the reference"},
	"f1":      {"f1", "f1", "harmonic mean of precision and recall of shared words"},
}

func metricOf(spec study.Benchmark, asked string) eeeMetric {
	m := metrics[spec.Metric]
	if asked == axis.Letter {
		m = [3]string{"accuracy", "accuracy", "the letter of the right choice is the likeliest to begin the answer"}
	}
	return eeeMetric{Description: m[2], ID: m[0], Name: m[0], Kind: m[1], Unit: "proportion", Type: "continuous", Max: 1}
}

// extractionMethod says how the compared part of a reply was found.
func extractionMethod(row Row) string {
	switch {
	case row.Asked == axis.Letter:
		return "likeliest_letter"
	case row.Asked != "text":
		return "greatest_" + row.Metric
	case row.Metric == "numeric":
		return "last_number"
	default:
		return row.Metric
	}
}

// eeeMetadata is what the records have no place of their own for.
func eeeMetadata(row Row) map[string]string {
	out := map[string]string{"number": strconv.Itoa(int(row.Number)), "item_digest": row.Digest, "asked": row.Asked,
		"key":    row.Key,
		"counts": strconv.FormatBool(row.Counts)}
	for name, list := range map[string]any{"logprobs": row.LogProbs, "logprobs_alone": row.Alone, "tokens": row.Tokens,
		"right": row.Right} {
		if text := jsonText(list); text != "null" {
			out[name] = text
		}
	}
	for name, is := range map[string]bool{"truncated": row.Truncated, "straddled": row.Straddled, "tied": row.Tied} {
		if is {
			out[name] = "true"
		}
	}
	if row.End != nil {
		out["end"] = *row.End
	}
	return out
}

// jsonText is a list as JSON.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

package results

import (
	"bufio"
	"cmp"
	"math"
	"path"
	"strings"

	"sdmap/internal/jsonpull"
)

const recordsName = "Every Eval Ever"

// records reads Every Eval Ever 0.3.0: one JSON object with several results of a model, and a file of JSON Lines with the
// instances of each. The lines name the record and the result that they belong to.
var records = format{name: recordsName, runs: recordRuns, items: recordItems,
	is: func(h *head) part {
		switch {
		case h.list || h.zip != "":
			return other
		case h.has("schema_version", "evaluation_results") || h.has("evaluation_id", "evaluation_results"):
			return log
		case h.has("evaluation_id", "evaluation_name", "sample_id"):
			return items
		}
		return other
	}}

// recordPlace is where a result has its instances.
type recordPlace struct {
	files                    []string // that may hold them
	evaluation, result, name string
}

// record is an aggregate being read.
type record struct {
	r                     *jsonpull.Reader
	common                Run
	evaluation, retrieved string
	producer, publisher   string
	instances             string
	scores                []*Run
	places                []recordPlace
	unfit                 []string // by score: why it cannot be taken
}

// harnesses are the names that records give to harnesses whose own logs are read, too.
var harnesses = map[string]string{"lm_eval": lmEvalName, "lm-eval": lmEvalName, "lm-evaluation-harness": lmEvalName,
	"inspect_ai": inspectName, "inspect": inspectName, "helm": helmName, "crfm-helm": helmName}

func recordRuns(s *scan, file string, in *bufio.Reader) error {
	c := &record{r: jsonpull.New(in), common: Run{File: file, StdErr: math.NaN(), Score: math.NaN()}}
	if err := object(c.r, c.member); err != nil {
		return err
	}
	source := cmp.Or(harnesses[strings.ToLower(c.producer)], known(c.producer), c.publisher, "unknown")
	var where []string
	for _, name := range []string{path.Base(c.instances), withoutEnding(path.Base(file), ".json") + "_samples.jsonl"} {
		if at := sameFolder(file, name); s.in(at, recordsName, items) {
			where = append(where, at)
		}
	}
	seen := map[string]bool{}
	for i, run := range c.scores {
		run.Source, run.Release, run.Model = source, c.common.Release, c.common.Model
		run.Date = cmp.Or(run.Date, c.common.Date, c.retrieved)
		run.First = !seen[run.Task]
		if seen[run.Task] = true; c.unfit[i] != "" {
			s.counts.add(c.unfit[i], file, 0, false)
			continue
		}
		if len(where) > 0 {
			at := c.places[i]
			at.files, at.evaluation = where, c.evaluation
			run.at = at
		}
		if err := s.add(run); err != nil {
			return err
		}
	}
	return nil
}

// known is the name of a program that evaluates, if it is one.
func known(name string) string {
	if name == "unknown" {
		return ""
	}
	return name
}

func (c *record) member(name string) (err error) {
	r := c.r
	switch name {
	case "evaluation_id":
		c.evaluation, err = r.Text(longestName)
	case "evaluation_timestamp":
		c.common.Date, err = dateOf(r)
	case "retrieved_timestamp":
		c.retrieved, err = dateOf(r)
	case "source_metadata":
		return texts(r, map[string]*string{"source_organization_name": &c.publisher})
	case "eval_library":
		return texts(r, map[string]*string{"name": &c.producer, "version": &c.common.Release})
	case "model_info":
		var id, short string
		err = texts(r, map[string]*string{"id": &id, "name": &short})
		c.common.Model = cmp.Or(id, short)
	case "evaluation_results":
		return array(r, func(int) error { return c.result() })
	case "detailed_evaluation_results":
		if r.Next() == '{' {
			return texts(r, map[string]*string{"file_path": &c.instances})
		}
	}
	return err
}

func (c *record) result() error {
	r, run := c.r, c.common
	at, m := recordPlace{}, recordMetric{least: math.NaN(), greatest: math.NaN()}
	run.Date = ""
	err := object(r, func(name string) (err error) {
		switch name {
		case "evaluation_result_id":
			at.result, err = r.Text(longestName)
		case "evaluation_name":
			run.Task, err = r.Text(longestName)
		case "evaluation_timestamp":
			run.Date, err = dateOf(r)
		case "metric_config":
			return object(r, func(name string) error { return m.member(r, name) })
		case "score_details":
			return object(r, func(name string) error { return scoreDetails(r, name, &run) })
		case "generation_config":
			return generation(r, &run)
		}
		return err
	})
	at.name = run.Task
	run.Metric, run.Lower, run.Greatest = cmp.Or(m.id, m.name, "score"), m.lower, m.greatest
	if math.IsNaN(m.greatest) {
		run.Greatest = map[string]float64{"percent": 100}[m.unit]
	}
	run.Settings = append(run.Settings, m.settings...)
	c.scores, c.places, c.unfit = append(c.scores, &run), append(c.places, at), append(c.unfit, m.unfit())
	return err
}

// recordMetric is what a record says of a metric.
type recordMetric struct {
	id, name, unit, kind string
	lower                bool
	least, greatest      float64
	settings             []Setting
}

func (m *recordMetric) member(r *jsonpull.Reader, name string) (err error) {
	switch name {
	case "metric_id":
		m.id, err = r.Text(longestName)
	case "metric_name":
		m.name, err = r.Text(longestName)
	case "metric_unit":
		m.unit, err = r.Text(longestName)
	case "score_type":
		m.kind, err = r.Text(longestName)
	case "lower_is_better":
		var x float64
		x, _, err = r.Number()
		m.lower = x == 1
	case "min_score":
		m.least, _, err = r.Number()
	case "max_score":
		m.greatest, _, err = r.Number()
	case "metric_parameters":
		raw, err := written(r)
		if len(raw) > len("{}") {
			m.settings = append(m.settings, Setting{"parameters of the metric", string(raw[:min(len(raw), longestShown)])})
		}
		return err
	}
	return err
}

// longestShown bounds settings that readers see as they are.
const longestShown = 80

// unfit says why a metric gives no share of what a perfect model has.
func (m *recordMetric) unfit() string {
	switch {
	case m.kind == "levels":
		return "scores on levels, which are no numbers"
	case math.IsInf(m.greatest, 1):
		return "scores of metrics without a greatest value, such as ratings"
	case m.greatest <= 0 || m.least > 0:
		return "scores on a scale that does not begin at 0 or below"
	}
	return ""
}

func scoreDetails(r *jsonpull.Reader, name string, run *Run) (err error) {
	switch name {
	case "score":
		run.Score, _, err = r.Number()
	case "uncertainty":
		return object(r, func(name string) (err error) {
			switch {
			case name == "num_samples":
				var n float64
				if n, _, err = r.Number(); n > 0 && n < math.MaxInt32 {
					run.Items = int(n)
				}
			case name == "standard_error":
				return object(r, func(name string) (err error) {
					if name == "value" {
						run.StdErr, _, err = r.Number()
					}
					return err
				})
			}
			return err
		})
	}
	return err
}

// generation reads how answers were written.
func generation(r *jsonpull.Reader, run *Run) error {
	return object(r, func(name string) error {
		if name != "generation_args" {
			return nil
		}
		return object(r, func(name string) error {
			switch name {
			case "prompt_template":
				raw, err := written(r)
				run.Settings = append(run.Settings, Setting{"prompt", digest([]string{raw})})
				return err
			case "temperature", "top_p", "top_k", "max_tokens", "reasoning":
				v, err := r.Text(longestName)
				run.Settings = append(run.Settings, Setting{name, cmp.Or(v, "none")})
				return err
			}
			return nil
		})
	})
}

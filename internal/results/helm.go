package results

import (
	"bufio"
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/jsonpull"
)

const helmName = "HELM"

// helm reads the folder of a run of HELM: run_spec.json says what was run, stats.json has scores, per_instance_stats.json items,
// scenario_state.json what was asked.
var helm = format{name: helmName, runs: helmRuns, items: helmItems,
	is: func(h *head) part {
		switch {
		case h.list && h.has("instance_id", "train_trial_index"):
			return items
		case h.list && h.has("name", "count"), h.has("adapter_spec", "request_states"):
			return beside
		case h.has("scenario_spec", "adapter_spec"):
			return log
		}
		return other
	}}

// helmStat names a number of HELM.
type helmStat struct {
	name, split string
	perturbed   bool
}

// helmRun is a run's folder being read.
type helmRun struct {
	common  Run
	metrics []string // that the run asks for by name; empty where it names none
}

func helmRuns(s *scan, file string, in *bufio.Reader) error {
	h := &helmRun{common: Run{Source: helmName, File: file, StdErr: math.NaN()}}
	r := jsonpull.New(in)
	if err := r.Object(func(name string) error { return h.spec(r, name) }); err != nil {
		return err
	}
	stats := sameFolder(file, "stats.json")
	if !s.in(stats, helmName, beside) {
		s.counts.add("runs of HELM without their stats.json", file, 0, false)
		return nil
	}
	var runs []*Run
	instances, splits := map[string]int{}, map[string]bool{}
	s.reading(stats, func(in *bufio.Reader) error {
		r := jsonpull.New(in)
		return array(r, func(int) error {
			stat, value, err := helmValue(r)
			switch {
			case stat.perturbed || math.IsNaN(value):
			case stat.name == "num_instances":
				instances[stat.split] = int(min(max(value, 0), math.MaxInt32))
			case h.takes(stat.name):
				run := h.common
				run.Metric, run.Score, run.at = stat.name, value, stat.split
				runs, splits[stat.split] = append(runs, &run), true
			}
			return err
		})
	})
	seen := map[string]bool{}
	for _, run := range runs {
		split := run.at.(string)
		if len(splits) > 1 {
			run.Task += " (" + split + ")"
		}
		run.Settings = append(slices.Clone(run.Settings), Setting{"split", split})
		run.Items, run.First = instances[split], !seen[run.Task]
		run.at = helmPlace{sameFolder(file, "per_instance_stats.json"), sameFolder(file, "scenario_state.json"), split}
		if seen[run.Task] = true; !s.in(run.at.(helmPlace).items, helmName, items) {
			run.at = nil
		}
		if err := s.add(run); err != nil {
			return err
		}
	}
	return nil
}

// helmPlace is where a run has its items.
type helmPlace struct{ items, state, split string }

func (h *helmRun) spec(r *jsonpull.Reader, name string) (err error) {
	switch name {
	case "name":
		var text string
		text, err = r.Text(longestName)
		h.common.Task = helmTask(text)
	case "adapter_spec":
		return h.adapter(r)
	case "metric_specs":
		return array(r, func(int) error {
			return object(r, func(name string) error {
				return object(r, func(name string) error {
					return array(r, func(int) error {
						metric, err := r.Text(longestName)
						if name == "names" {
							h.metrics = append(h.metrics, metric)
						}
						return err
					})
				})
			})
		})
	}
	return err
}

// helmTask is the name of a run without its model.
func helmTask(name string) string {
	scenario, args, _ := strings.Cut(name, ":")
	var kept []string
	for arg := range strings.SplitSeq(args, ",") {
		if key, _, _ := strings.Cut(arg, "="); key != "model" && key != "model_deployment" && arg != "" {
			kept = append(kept, arg)
		}
	}
	if len(kept) == 0 {
		return scenario
	}
	return scenario + ":" + strings.Join(kept, ",")
}

// adapter reads how the model was asked.
func (h *helmRun) adapter(r *jsonpull.Reader) error {
	var prompt []string
	err := object(r, func(name string) (err error) {
		var v string
		switch name {
		case "model":
			h.common.Model, err = r.Text(longestName)
		case "method", "max_train_instances", "max_eval_instances", "num_train_trials", "temperature", "max_tokens":
			v, err = r.Text(longestName)
			h.common.Settings = append(h.common.Settings,
				Setting{cmp.Or(map[string]string{"max_train_instances": "examples", "max_eval_instances": "limit"}[name], name),
					cmp.Or(v, "none")})
		case "instructions", "global_prefix", "global_suffix", "input_prefix", "input_suffix", "reference_prefix",
			"reference_suffix", "output_prefix", "output_suffix", "instance_prefix":
			var raw string
			raw, err = written(r)
			prompt = append(prompt, name+" "+raw)
		}
		return err
	})
	h.common.Settings = append(h.common.Settings, Setting{"prompt", digest(prompt)})
	return err
}

// bookkeeping are statistics that are no scores.
var bookkeeping = regexp.MustCompile(`^(num_|training_|inference_|batch_size|finish_reason_|prompt_truncated|max_prob|logprob|` +
	`perplexity|bits_per_byte|predicted_index|ece_|platt_|selective_)`)

// takes says whether a statistic is a score: one of the metrics that the run names, at any rank.
func (h *helmRun) takes(name string) bool {
	if len(h.metrics) == 0 {
		return !bookkeeping.MatchString(name)
	}
	base, _, _ := strings.Cut(name, "@")
	return slices.Contains(h.metrics, base)
}

// helmValue reads one statistic: its mean. The variance beside it is of the population, and 0 for large values that lie close.
func helmValue(r *jsonpull.Reader) (stat helmStat, value float64, err error) {
	value = math.NaN()
	err = object(r, func(name string) (err error) {
		switch name {
		case "name":
			return object(r, func(name string) (err error) {
				switch name {
				case "name":
					stat.name, err = r.Text(longestName)
				case "split":
					stat.split, err = r.Text(longestName)
				case "perturbation", "sub_split":
					stat.perturbed = r.Next() != 'n'
				}
				return err
			})
		case "mean":
			value, _, err = r.Number()
		}
		return err
	})
	return stat, value, err
}

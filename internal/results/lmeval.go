package results

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/jsonpull"
)

const lmEvalName = "lm-evaluation-harness"

// lmEval reads lm-evaluation-harness 0.4: results_DATE.json, and beside it samples_TASK_DATE.jsonl. Lines of samples name
// neither model nor run, so that a file of them belongs to the results of exactly its date, and to the task of exactly its name.
var lmEval = format{name: lmEvalName, runs: lmEvalRuns, items: lmEvalItems,
	is: func(h *head) part {
		switch {
		case h.list || h.zip != "":
			return other
		case h.has("results") && (h.has("configs") || h.has("lm_eval_version") || h.has("n-shot") || h.has("group_subtasks")):
			return log
		case h.has("doc_id", "doc", "target"):
			return items
		}
		return other
	}}

// longestName bounds names and ids in logs, longestText what is digested of prompts.
const longestName, longestText = 4096, 1 << 20

// lmEvalLog is a results file.
type lmEvalLog struct {
	r      *jsonpull.Reader
	common Run
	scores []*Run
	args   map[string]string // of the model, by name
	groups map[string]bool
	byTask map[string]*lmEvalTask
	all    []Setting // of all tasks
}

// lmEvalTask is what a results file says of one task beside its scores.
type lmEvalTask struct {
	version, shots string
	items          int
	lower          map[string]bool // by metric
	prompt         []string        // what prompts are made of
}

func (l *lmEvalLog) task(name string) *lmEvalTask {
	if l.byTask[name] == nil {
		l.byTask[name] = &lmEvalTask{lower: map[string]bool{}}
	}
	return l.byTask[name]
}

func lmEvalRuns(s *scan, file string, in *bufio.Reader) error {
	l := &lmEvalLog{r: jsonpull.New(in), args: map[string]string{}, groups: map[string]bool{}, byTask: map[string]*lmEvalTask{},
		common: Run{Source: lmEvalName, File: file, StdErr: math.NaN()}}
	if err := object(l.r, l.member); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, run := range l.scores {
		t := l.task(run.Task)
		run.Model, run.Date, run.Release = l.modelName(), l.common.Date, l.common.Release
		run.Items, run.First, run.Group = t.items, !seen[run.Task], l.groups[run.Task]
		metric, _, _ := strings.Cut(run.Metric, ",")
		run.Lower, seen[run.Task] = t.lower[metric], true
		run.Settings = append([]Setting{{"examples", t.shots}, {"version of the task", t.version},
			{"prompt", digest(t.prompt)}}, l.all...)
		if at := l.samples(file, run.Task); s.in(at, lmEvalName, items) {
			run.at = at
		}
		if err := s.add(run); err != nil {
			return err
		}
	}
	if len(l.scores) == 0 {
		s.counts.add("logs without a score", file, 0, false)
	}
	return nil
}

// stamp is the date that ends the name of a results file; what stands before it is "results", or a name that was asked for.
var stamp = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T[\d.-]+$`)

// samples is the name of the file with a task's items.
func (l *lmEvalLog) samples(file, task string) string {
	base := withoutEnding(path.Base(file), ".json")
	date := cmp.Or(stamp.FindString(base), strings.TrimPrefix(base, "results_"))
	return sameFolder(file, "samples_"+task+"_"+date+".jsonl")
}

// address is where an object of Python lay, which is elsewhere in every run.
var address = regexp.MustCompile(` at 0x[0-9a-f]+`)

// digest stands for texts that are too long to compare by eye; empty where there are none.
func digest(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	sum := sha256.Sum256(address.ReplaceAll([]byte(fmt.Sprintf("%q", parts)), nil))
	return hex.EncodeToString(sum[:4])
}

func (l *lmEvalLog) member(name string) (err error) {
	r := l.r
	switch name {
	case "results":
		return object(r, func(task string) error { return l.results(task) })
	case "group_subtasks":
		return object(r, func(group string) error {
			return array(r, func(int) error { l.groups[group] = true; return nil })
		})
	case "configs":
		return object(r, func(task string) error { return l.config(l.task(task)) })
	case "versions":
		return object(r, func(task string) (err error) { l.task(task).version, err = r.Text(longestName); return })
	case "n-shot":
		return object(r, func(task string) (err error) { l.task(task).shots, err = r.Text(longestName); return })
	case "n-samples":
		return object(r, func(task string) error { return l.samplesOf(l.task(task)) })
	case "higher_is_better":
		return object(r, func(task string) error { return l.better(l.task(task)) })
	case "date":
		l.common.Date, err = dateOf(r)
	case "lm_eval_version":
		l.common.Release, err = r.Text(longestName)
	case "model_name":
		var model string
		if model, err = r.Text(longestName); model != "" {
			l.common.Model = model
		}
	case "config":
		return l.model()
	case "chat_template_sha", "system_instruction_sha", "fewshot_as_multiturn":
		var v string
		v, err = r.Text(longestName)
		l.all = append(l.all, Setting{map[string]string{"chat_template_sha": "chat template",
			"system_instruction_sha": "system message", "fewshot_as_multiturn": "examples as turns"}[name], short(v)})
	}
	return err
}

// short cuts a digest to what tells it from others.
func short(v string) string {
	switch {
	case v == "" || v == "false":
		return "none"
	case len(v) > 16:
		return v[:8]
	}
	return v
}

// results are the scores of a task: "metric,filter" with its value, and "metric_stderr,filter".
func (l *lmEvalLog) results(task string) error {
	errors := map[string]float64{}
	first := len(l.scores)
	err := object(l.r, func(name string) error {
		if name == "alias" || name == "name" || name == "sample_len" || strings.HasPrefix(name, " ") {
			return nil
		}
		x, ok, err := l.r.Number()
		metric, filter, _ := strings.Cut(name, ",")
		if of, is := strings.CutSuffix(metric, "_stderr"); is {
			errors[of+","+filter] = x
			return err
		}
		if ok && err == nil {
			run := l.common
			run.Task, run.Metric, run.Score = task, metric+","+filter, x
			l.scores = append(l.scores, &run)
		}
		return err
	})
	for _, run := range l.scores[first:] {
		if se, there := errors[run.Metric]; there {
			run.StdErr = se
		}
		run.Metric = withoutEnding(run.Metric, ",none", ",")
	}
	return err
}

func (l *lmEvalLog) samplesOf(t *lmEvalTask) error {
	return object(l.r, func(name string) error {
		if name != "effective" {
			return nil
		}
		x, _, err := l.r.Number()
		if x >= 0 && x < math.MaxInt32 {
			t.items = int(x)
		}
		return err
	})
}

func (l *lmEvalLog) better(t *lmEvalTask) error {
	return object(l.r, func(metric string) error {
		x, ok, err := l.r.Number()
		t.lower[metric] = ok && x == 0
		return err
	})
}

// promptParts are the members of a task's configuration that decide what a model reads.
var promptParts = []string{"description", "doc_to_text", "doc_to_target", "doc_to_choice", "target_delimiter",
	"fewshot_delimiter",
	"fewshot_config", "generation_kwargs", "output_type"}

func (l *lmEvalLog) config(t *lmEvalTask) error {
	return object(l.r, func(name string) error {
		if !slices.Contains(promptParts, name) {
			return nil
		}
		raw, err := written(l.r)
		t.prompt = append(t.prompt, name+" "+raw)
		return err
	})
}

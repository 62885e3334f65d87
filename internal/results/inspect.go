package results

import (
	"bufio"
	"cmp"
	"fmt"
	"math"
	"strings"

	"sdmap/internal/jsonpull"
)

const inspectName = "Inspect"

// inspect reads logs of Inspect: .json, one object with everything, and .eval, an archive of such objects. Scores and items lie
// in
// one file, so that both are read at once.
var inspect = format{name: inspectName, runs: inspectRuns,
	is: func(h *head) part {
		switch {
		case h.list:
			return other
		case h.zip == "_journal/start.json" || h.zip == "header.json" || strings.HasPrefix(h.zip, "samples/"):
			return log
		case h.has("eval", "status"):
			return log
		}
		return other
	},
	items: func(*scan, []*Run) error { return nil }}

// inspectLog is a log being read.
type inspectLog struct {
	common   Run
	status   string
	scores   []inspectScore
	samples  map[string]*inspectSample // by id
	order    []string
	reduced  map[string]map[string]float64 // by scorer and reducer, then by sample
	lost     int                           // entries of an archive that are not whole
	broken   []error                       // entries that are whole, and no logs
	noHeader bool
	failed   map[string]bool // samples that ended in an error
}

// inspectScore is one entry of results.
type inspectScore struct {
	name, scorer, reducer string
	scored, unscored      int
	metrics               []inspectMetric
}

type inspectMetric struct {
	name  string
	value float64
}

// inspectSample is a sample over its epochs.
type inspectSample struct {
	hash    [16]byte
	choices int
	scores  map[string][]float64 // by the score's name
}

func inspectRuns(s *scan, file string, in *bufio.Reader) error {
	l := &inspectLog{samples: map[string]*inspectSample{}, reduced: map[string]map[string]float64{}, failed: map[string]bool{},
		common: Run{Source: inspectName, File: file, StdErr: math.NaN()}}
	if magic, _ := in.Peek(4); string(magic) == localHeader {
		l.archive(in)
	} else if err := l.object(jsonpull.New(in)); err != nil { // what is whole counts
		s.fault(file, err)
		l.noHeader = len(l.scores) == 0
	}
	for _, err := range l.broken {
		s.counts.add("entries of archives that are broken: "+err.Error(), file, 0, true)
	}
	if l.lost > 0 {
		s.counts.add("archives that are cut short: what is whole of them is read", file, 0, true)
	}
	if l.noHeader && len(l.scores) == 0 {
		l.meanOfSamples()
	}
	switch {
	case len(l.scores) == 0 && !l.ended():
		s.counts.add(fmt.Sprintf("logs of evaluations that did not end (status %q)", l.status), file, 0, false)
		return nil
	case len(l.scores) == 0:
		s.counts.add("logs without a score", file, 0, false)
		return nil
	}
	return l.add(s)
}

// object reads a log in JSON.
func (l *inspectLog) object(r *jsonpull.Reader) error {
	return object(r, func(name string) error {
		switch {
		case name == "samples":
			return array(r, func(int) error { return l.sample(r) })
		case name == "reductions":
			return l.reductions(r)
		}
		return l.header(r, name)
	})
}

func (l *inspectLog) header(r *jsonpull.Reader, name string) (err error) {
	switch {
	case name == "status":
		l.status, err = r.Text(longestName)
	case name == "eval":
		return object(r, func(name string) error { return l.eval(r, name) })
	case name == "plan":
		return l.plan(r)
	case name == "results":
		return object(r, func(name string) error {
			if name != "scores" {
				return nil
			}
			return array(r, func(int) error { return l.score(r) })
		})
	}
	return err
}

func (l *inspectLog) eval(r *jsonpull.Reader, name string) (err error) {
	set := func(name string, v string) {
		l.common.Settings = append(l.common.Settings, Setting{name, cmp.Or(v, "none")})
	}
	var v string
	switch name {
	case "task":
		l.common.Task, err = r.Text(longestName)
	case "model":
		l.common.Model, err = r.Text(longestName)
	case "created":
		l.common.Date, err = dateOf(r)
	case "task_version":
		v, err = r.Text(longestName)
		set("version of the task", v)
	case "task_args_passed", "solver_args_passed", "model_generate_config":
		var raw string
		raw, err = written(r)
		if v = raw; v == "{}" || v == "null" {
			v = ""
		} else if len(v) > longestShown {
			v = digest([]string{v})
		}
		set(map[string]string{"task_args_passed": "arguments of the task", "solver_args_passed": "arguments of the solver",
			"model_generate_config": "generation"}[name], v)
	case "config":
		return object(r, func(name string) error {
			if name != "limit" && name != "epochs" && name != "message_limit" {
				return nil
			}
			v, err := r.Text(longestName)
			set(name, v)
			return err
		})
	case "packages":
		return texts(r, map[string]*string{"inspect_ai": &l.common.Release})
	}
	return err
}

// plan reads the steps that lead to an answer, which prompts are made by.
func (l *inspectLog) plan(r *jsonpull.Reader) error {
	return object(r, func(name string) error {
		if name != "steps" {
			return nil
		}
		raw, err := written(r)
		l.common.Settings = append(l.common.Settings, Setting{"prompt", digest([]string{raw})})
		return err
	})
}

func (l *inspectLog) score(r *jsonpull.Reader) error {
	var e inspectScore
	err := object(r, func(name string) (err error) {
		var n float64
		switch name {
		case "name":
			e.name, err = r.Text(longestName)
		case "scorer":
			e.scorer, err = r.Text(longestName)
		case "reducer":
			e.reducer, err = r.Text(longestName)
		case "scored_samples":
			n, _, err = r.Number()
			e.scored = int(n)
		case "unscored_samples":
			n, _, err = r.Number()
			e.unscored = int(n)
		case "metrics":
			return object(r, func(name string) error { return e.metric(r, name) })
		}
		return err
	})
	l.scores = append(l.scores, e)
	return err
}

func (e *inspectScore) metric(r *jsonpull.Reader, name string) error {
	m := inspectMetric{name, math.NaN()}
	err := object(r, func(name string) (err error) {
		if name == "value" {
			m.value, _, err = r.Number()
		}
		return err
	})
	e.metrics = append(e.metrics, m)
	return err
}

// spread are metrics that say how far scores spread.
func spread(name string) bool {
	return strings.Contains(name, "stderr") || name == "std" || name == "var"
}

// add makes runs of the log's scores.
func (l *inspectLog) add(s *scan) error {
	for i, e := range l.scores {
		se, first := math.NaN(), true
		for _, m := range e.metrics {
			if m.name == "stderr" {
				se = m.value
			}
		}
		for _, m := range e.metrics {
			if spread(m.name) {
				continue
			}
			run := l.common
			run.Metric, run.Score, run.First = e.called(m.name), m.value, first && i == 0
			run.Items, run.Unscored, run.Failed, run.Partial = e.scored, e.unscored, len(l.failed), l.noHeader || !l.ended()
			if first {
				run.StdErr = se
			}
			run.Scored = l.items(e)
			if err := s.add(&run); err != nil {
				return err
			}
			first = false
		}
	}
	return nil
}

// ended says whether the evaluation came to its end; logs that do not say did.
func (l *inspectLog) ended() bool { return l.status == "" || l.status == "success" }

// called is the name of a metric, with its scorer, and its reducer where that is no mean.
func (e *inspectScore) called(metric string) string {
	name := cmp.Or(e.name, e.scorer) + "." + metric
	if e.reducer != "" && e.reducer != "mean" {
		name += "," + e.reducer
	}
	return name
}

package results

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Wanted is what a study chooses of logs, and what it calls it.
type Wanted struct {
	Model, Task func(name string) (in, named bool)
	Metric      func(name string) bool // nil: the first of each task
	Date        func(date string) bool
	Called      func(name string) string // a model or a task
	Scale       func(task string) (greatest float64, lower bool)
}

// Chosen is a run with the names that the study has for its model and its task.
type Chosen struct {
	*Run
	ModelName, TaskName string
	Named               bool // its metric is named: columns of other metrics are others
}

// Choose picks runs; those that are not wanted are counted by their reason.
func (f *Found) Choose(w Wanted) []Chosen {
	var out []Chosen
	for _, r := range f.Runs {
		if why := w.refuses(r); why != "" {
			r.Scored = nil
			f.counts.add(why, r.File, 0, false)
			continue
		}
		c := Chosen{r, w.Called(r.Model), w.Called(r.Task), w.Metric != nil}
		r.rescale(w.Scale(c.TaskName))
		if why := r.unfit(); why != "" {
			f.wide[c.scale()] = f.wide[c.scale()] || r.assumed && why == offScale
			f.counts.add(why, r.File, 0, false)
			continue
		}
		out = append(out, c)
	}
	return out
}

// onScale leaves out scores that fit 0 to 1 where others of their scale do not: a weak model's 0.4 of 100 is not 0.4 of 1.
func (f *Found) onScale(chosen []Chosen) []Chosen {
	return slices.DeleteFunc(slices.Clone(chosen), func(c Chosen) bool {
		wide := c.assumed && f.wide[c.scale()]
		if wide {
			f.counts.add(offScale, c.File, 0, false)
		}
		return wide
	})
}

// scale names scores that are on one scale.
func (c Chosen) scale() [3]string { return [3]string{c.Source, c.TaskName, c.Metric} }

// refuses says why a run is not wanted; empty where it is. Every choice is asked, so that each knows what it fits.
func (w Wanted) refuses(r *Run) string {
	model, _ := w.Model(r.Model)
	task, named := w.Task(r.Task)
	metric, date := w.Metric == nil || w.Metric(r.Metric), w.Date(r.Date)
	switch {
	case !model:
		return "scores of models that the study does not choose"
	case !task:
		return "scores on tasks that the study does not choose"
	case r.Group && !named:
		return "scores on groups of tasks, whose tasks stand beside them (one that is named in benchmarks counts)"
	case w.Metric == nil && !r.First:
		return "scores by further metrics of a task (those that are named in metrics count)"
	case !metric:
		return "scores by metrics that the study does not choose"
	case !date:
		return "scores of dates that the study does not choose"
	}
	return ""
}

// rescale makes 1 the score of a perfect model. A greatest value that the study gives comes before the log's.
func (r *Run) rescale(greatest float64, lower bool) {
	if greatest == 0 {
		greatest = r.Greatest
	}
	if greatest == 0 || math.IsNaN(greatest) {
		greatest, r.assumed = 1, true
	}
	r.Greatest, r.Lower = greatest, r.Lower || lower
}

// Value is the score on the scale on which a perfect model has 1.
func (r *Run) Value() float64 { return r.scaled(r.Score) }

func (r *Run) scaled(x float64) float64 {
	if x /= r.Greatest; r.Lower {
		return 1 - x
	}
	return x
}

// Error is the standard error on that scale; NaN where it is not given.
func (r *Run) Error() float64 { return r.StdErr / r.Greatest }

// within says whether the score is one that its scale can have.
func (r *Run) within() bool { return r.Value() <= 1 && r.Value() >= -1 }

// offScale is why no score of a task by a metric is taken where one of them is more than 1.
const offScale = "scores on a scale that is not 0 to 1, as those of some models show: the log gives no greatest value (scale " +
	"in [[benchmarks]] does)"

// unfit says why a score cannot be taken; empty where it can.
func (r *Run) unfit() string {
	switch {
	case math.IsNaN(r.Score) || math.IsInf(r.Score, 0):
		return "scores that are no numbers"
	case math.IsInf(r.Greatest, 0):
		return "scores of metrics without a greatest value, such as ratings"
	case !r.within():
		return offScale
	}
	return ""
}

// newest keeps one run of each model in a column.
func newest(runs []Chosen, c *counts) []Chosen {
	at := map[string]int{}
	var out []Chosen
	for _, r := range runs {
		k, twice := at[r.ModelName]
		if !twice {
			at[r.ModelName] = len(out)
			out = append(out, r)
			continue
		}
		loser := r
		if later(r.Run, out[k].Run) {
			loser, out[k] = out[k], r
		}
		c.add(whyNot(loser.Run, out[k].Run), loser.File, 0, false)
	}
	return out
}

// later says whether a run counts rather than another of the same model.
func later(a, b *Run) bool {
	switch {
	case a.Partial != b.Partial:
		return b.Partial
	case a.Date != b.Date:
		return a.Date > b.Date
	case (a.at != nil) != (b.at != nil):
		return a.at != nil
	}
	return a.File > b.File
}

func whyNot(a, b *Run) string {
	switch {
	case a.Partial != b.Partial:
		return "scores of logs that are not whole, beside those of whole ones"
	case a.Date == b.Date && a.Score == b.Score && a.Date != "":
		return "scores that stand in two logs"
	case a.Date == b.Date:
		return "scores of a model and a task that stand twice without a date that says which is newer (the last by " +
			"its path counts)"
	}
	if other := differing(a.Settings, b.Settings); len(other) > 0 {
		return fmt.Sprintf("scores of earlier runs of a model that were asked otherwise (%s), whose latest counts",
			strings.Join(other, ", "))
	}
	return "scores of earlier runs of a model, whose latest counts"
}

// differing names the settings that two runs have of different values.
func differing(a, b []Setting) (out []string) {
	for _, s := range a {
		other := func(o Setting) bool { return o.Name == s.Name && o.Value != s.Value }
		if slices.ContainsFunc(b, other) && !slices.Contains(out, s.Name) {
			out = append(out, s.Name)
		}
	}
	return out
}

// sourcesOf are the sources of a task's runs, sorted.
func sourcesOf(runs []Chosen) []string {
	seen := map[string]bool{}
	for _, r := range runs {
		seen[r.Source] = true
	}
	return slices.Clip(sortedKeys(seen))
}

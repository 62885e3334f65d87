package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Column is one benchmark of a study: what models scored on a task by one metric of one source.
type Column struct {
	Name   string // that readers see
	Task   string // as the study calls it
	Source string
	Metric string   // of the first run; where the study names no metric, runs may have several
	Runs   []Chosen // at most one of a model

	IDs    []string             // of its items, where they are known of all its runs and the same
	Hashes [][16]byte           // of these
	Chance []float64            // of these: of a guess, 0 where answers are written
	Items  map[string][]float64 // by the model's name: its scores on them, on the column's scale
	NoItem string               // why there are none
}

// Join makes columns of the runs that a study chooses, and reads their items.
func (f *Found) Join(chosen []Chosen) []*Column {
	type key struct{ task, source, metric string }
	chosen = f.onScale(chosen)
	byKey, named := map[key]*Column{}, map[key]bool{}
	var out []*Column
	for _, r := range chosen {
		k := key{task: r.TaskName, source: r.Source}
		named[k] = named[k] || r.Named
	}
	for _, r := range chosen {
		k := key{task: r.TaskName, source: r.Source}
		if named[k] { // somewhere: then what was taken as a task's first metric is one of several
			k.metric = r.Metric
		}
		if byKey[k] == nil {
			byKey[k] = &Column{Task: r.TaskName, Source: r.Source, Metric: r.Metric}
			out = append(out, byKey[k])
		}
		byKey[k].Runs = append(byKey[k].Runs, r)
	}
	var all []*Run
	for _, c := range out {
		c.Runs = newest(c.Runs, f.counts)
		for _, r := range c.Runs {
			all = append(all, r.Run)
		}
	}
	f.ReadItems(all)
	slices.SortStableFunc(out, func(a, b *Column) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Source, b.Source))
	})
	name(out)
	for _, c := range out {
		c.settle()
	}
	return out
}

// name calls a column by its task, and by metric and source as well where a task has several.
func name(columns []*Column) {
	metrics, sources := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, c := range columns {
		if metrics[c.Task+"\x00"+c.Source] == nil {
			metrics[c.Task+"\x00"+c.Source] = map[string]bool{}
		}
		if sources[c.Task] == nil {
			sources[c.Task] = map[string]bool{}
		}
		metrics[c.Task+"\x00"+c.Source][c.Metric], sources[c.Task][c.Source] = true, true
	}
	for _, c := range columns {
		var more []string
		if len(metrics[c.Task+"\x00"+c.Source]) > 1 {
			more = append(more, c.Metric)
		}
		if len(sources[c.Task]) > 1 {
			more = append(more, c.Source)
		}
		if c.Name = c.Task; len(more) > 0 {
			c.Name += " (" + strings.Join(more, ", ") + ")"
		}
	}
}

// settle keeps the items of a column's runs where all models answered the same ones.
func (c *Column) settle() {
	if c.NoItem = c.takeItems(); c.NoItem != "" {
		c.IDs, c.Hashes, c.Chance, c.Items = nil, nil, nil, nil
	}
	for _, r := range c.Runs {
		r.Scored = nil
	}
}

// takeItems puts the items of all runs in one order; it says why that cannot be done.
func (c *Column) takeItems() string {
	at := map[string]int{}
	c.Items = map[string][]float64{}
	for i, r := range c.Runs {
		if len(r.Scored) == 0 {
			return fmt.Sprintf("of %s: %s", r.ModelName, r.why)
		}
		if i == 0 {
			for k, item := range r.Scored {
				at[item.ID] = k
				c.IDs, c.Hashes, c.Chance = append(c.IDs, item.ID), append(c.Hashes, item.Hash), append(c.Chance, chanceOf(item))
			}
			if len(at) < len(c.IDs) {
				return fmt.Sprintf("of %s: two items have one id", r.ModelName)
			}
		}
		scores := make([]float64, len(c.IDs))
		for k := range scores {
			scores[k] = math.NaN()
		}
		for _, item := range r.Scored {
			k, there := at[item.ID]
			switch {
			case !there || len(r.Scored) != len(c.IDs):
				return fmt.Sprintf("%s and %s were asked different items", c.Runs[0].ModelName, r.ModelName)
			case item.Hash != c.Hashes[k] && item.Hash != [16]byte{} && c.Hashes[k] != [16]byte{}:
				return fmt.Sprintf("%s and %s were asked different questions under the same ids", c.Runs[0].ModelName,
					r.ModelName)
			}
			scores[k] = r.scaled(item.Score)
		}
		if slices.ContainsFunc(scores, math.IsNaN) {
			return fmt.Sprintf("of %s: two items have one id", r.ModelName)
		}
		c.Items[r.ModelName] = scores
	}
	return ""
}

// chanceOf is that of a guess among an item's choices.
func chanceOf(item Item) float64 {
	if item.Choices < 2 {
		return 0
	}
	return 1 / float64(item.Choices)
}

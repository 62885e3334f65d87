// Package results reads what evaluation harnesses logged: lm-evaluation-harness, Inspect, HELM, and records of Every Eval Ever.
//
// The pipeline: files -> what each is, told by content -> Runs, one for each model, task and metric of a log -> the runs that a
// study chooses -> their Items, one for each question -> Columns of models, with what they have in common and what not.
//
// The opinion: scores are taken as logged, never made again, and never averaged over sources. What is left out is counted with
// its reason. Item scores are believed only where they average to the score of their run: converters have been seen to give a
// record the items of another. Logs are hostile: files are streamed, memory is bounded by what is wanted of them.
package results

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
)

// Run is what a log says that a model scored on a task by one metric.
type Run struct {
	Source  string // the harness that scored, or whoever published the score
	Release string // of the harness; empty where the log does not say
	File    string // of the log
	Model   string
	Task    string
	Metric  string // with its filter or reducer behind a comma, where there is one
	Date    string // of the run, in UTC, so that later ones sort behind; empty where the log does not say

	Score, StdErr float64 // as logged; StdErr is NaN where it is not given
	Items         int     // behind the score; 0 where that is not known
	Greatest      float64 // of the metric: the score of a perfect model; 0 where the log does not say, infinite where it has none
	Lower         bool    // lower is better
	First         bool    // of the metrics of its task
	Group         bool    // the task is made of others
	Partial       bool    // the log is not whole: the score is of the items that are

	Unscored int // items that the harness left out of the score, since their scores are no numbers
	Failed   int // items that ended in an error and have no score
	Numeric  int // items whose reference is a number, where the metric is one that does not know numbers

	Settings []Setting
	Scored   []Item // nil before they are read, and where there are none

	assumed bool // that 1 is a perfect model's score: neither the log nor the study says so

	at  any    // where its items are, as its format needs it
	why string // it has no items that could be used
}

// Setting is something that a score depends on beside model and task.
type Setting struct{ Name, Value string }

// Item is a model's score on one question.
type Item struct {
	ID      string
	Hash    [16]byte // of the question, zero where the log does not tell
	Score   float64
	Choices int // among which the model chose; 0 where it wrote
}

// hashOf is that of a question in parts.
func hashOf(parts ...[16]byte) (h [16]byte) {
	sum := sha256.Sum256(fmt.Append(nil, parts))
	copy(h[:], sum[:])
	return h
}

func hashOfText(text string) (h [16]byte) {
	sum := sha256.Sum256([]byte(text))
	copy(h[:], sum[:])
	return h
}

// LeftOut is something in logs that takes no part.
type LeftOut struct {
	Why   string
	N     int    // how often
	File  string // the first
	Line  int    // in it; 0 where the file has no lines
	Fault bool   // it is broken, not merely unwanted
}

// Where is the place of the first.
func (l LeftOut) Where() string {
	if l.Line > 0 {
		return fmt.Sprintf("%s, line %d", l.File, l.Line)
	}
	return l.File
}

// counts collects what is left out.
type counts struct {
	list []LeftOut
	at   map[string]int
}

// mostReasons bounds how many reasons are told apart.
const mostReasons = 200

func (c *counts) add(why, file string, line int, fault bool) {
	if c.at == nil {
		c.at = map[string]int{}
	}
	if len(c.list) >= mostReasons {
		why = "other reasons"
	}
	if i, there := c.at[why]; there {
		c.list[i].N++
		return
	}
	c.at[why] = len(c.list)
	c.list = append(c.list, LeftOut{why, 1, file, line, fault})
}

// sorted are those of which there are most first.
func (c *counts) sorted() []LeftOut {
	return slices.SortedStableFunc(slices.Values(c.list), func(a, b LeftOut) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Why, b.Why))
	})
}

// Tolerance is how far items may average from their run's score, which some logs round.
const Tolerance = 2e-4

// settle decides whether the run's items are its own.
func (r *Run) settle() {
	n, sum := 0, 0.0
	for _, item := range r.Scored {
		if !math.IsNaN(item.Score) {
			n++
			sum += item.Score
		}
	}
	switch mean := sum / float64(n); {
	case r.why != "" || len(r.Scored) == 0:
		r.why = cmp.Or(r.why, "the log holds no items")
	case r.Items > 0 && len(r.Scored)-r.Unscored != r.Items && len(r.Scored) != r.Items:
		r.why = "the log holds a part of the items alone"
	case n < len(r.Scored):
		r.why = "items have scores that are no numbers"
	case math.Abs(mean-r.Score) > Tolerance*max(1, math.Abs(r.Score)):
		r.why = "the items do not average to the score: they are of another run, or the metric is no mean"
	default:
		return
	}
	r.Scored = nil
}

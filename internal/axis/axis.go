// Package axis holds what the four axes have in common: the shape of an axis' result, and the draws of models and items
// that all axes share when they resample.
//
// An axis turns a study into overlaps: similarities in [-1, 1] between benchmarks, B x B, one matrix a variant. It also
// yields one-sided tests a pair (the components of flags), replicates of its primary overlap on shared half-samples (for
// the map's ellipses), and alarms about benchmarks that must not be interpreted.
package axis

import (
	"sdmap/internal/matrix"
)

// Yardstick is where "alike" begins on the axes that compare distances: at this share of the median squared distance of the
// study's pairs, where a pair lies nearer to identity than to the typical pair. The median itself would be no mark: in any
// study half of the pairs lie below it, related or not, and half of the unrelated ones above.
const Yardstick = 0.5

// The four axes, in the order in which every table and figure shows them.
const (
	Performance = "performance"
	Perplexity  = "perplexity"
	Semantic    = "semantic"
	Neural      = "neural"
)

// Names lists the axes in their fixed order.
func Names() []string { return []string{Performance, Perplexity, Semantic, Neural} }

// BesideHigh are the axes whose tests a label needs beside that of a high overlap in performance, label by label. Where the study
// lacks one of each, that test would say nothing. Of the perplexity axis it is familiarity.
func BesideHigh() [][]string { return [][]string{{Semantic, Neural}, {Perplexity, Semantic}} }

// Result is what an axis says about a study's benchmarks.
type Result struct {
	Axis       string
	Benchmarks []string  // in the study's order; all matrices have these labels
	Variants   []Variant // the first is the primary one: it enters the map
	Tests      []Test
	// Replicates holds, under a variant's name, its overlap on each shared half-sample (see HalfSample): R x B x B, row-major,
	// NaN where missing. Axes give it for their primary variant, performance also without the general factor.
	Replicates  map[string]Floats
	R           int
	ByBenchmark []BenchmarkValue // floors, reliabilities, self-similarities: one number a benchmark, named
	Alarms      []Alarm
	Facts       []Value  // single numbers worth naming: share of the first component, bandwidth, ...
	Warnings    []string // about the axis as a whole, as sentences
}

// Variant is one way of measuring overlap on an axis.
type Variant struct {
	Name    string // stable id: "raw", "gfree", "good", "disjoint.good", "hidden", "tfidf", ...
	Title   string // for people: "without the general factor"
	Method  string // one sentence with the formula's name and source
	Overlap *matrix.Labelled
	Lo, Hi  *matrix.Labelled // interval by pair; nil where none was computed
	Level   float64          // of the interval, such as 0.95
	N       int              // models, items or pieces behind it
	Unit    string           // what N counts
	// Ns is N by pair, B x B row by row, where pairs rest on different models because scores are missing; nil where all have N.
	Ns []int `json:",omitempty"`
	// ItemsOnly marks pairs, B x B row by row, whose interval is of other items of the same few wordings, and says nothing of
	// other
	// wordings; nil where there are none.
	ItemsOnly []bool `json:",omitempty"`
	// Least and Most are what a pair's overlap is at least and at most when any one lineage of models is left out; nil where
	// that is
	// not known.
	Least, Most *matrix.Labelled `json:",omitempty"`
	// Floor is what the variant says of two halves of one benchmark, the median over benchmarks; nil where that is not known.
	Floor *float64 `json:",omitempty"`
	// Distance marks squared distances (MMD, crossnobis, RDM), which are no overlaps and enter no AUC unsigned.
	Distance bool
	// Instruments are the study's models by whose own states it is measured: two axes that share one are one witness.
	Instruments []string `json:",omitempty"`
	// Baseline marks a control that stands beside others (lexical baseline), never in the map.
	Baseline bool
	Warnings []string
	// Null is the overlap with scores and surprisals of models re-paired; nil where none belongs to the measure.
	Null *Null `json:",omitempty"`
}

// Test is a one-sided p-value for each pair, a component of intersection-union flags.
type Test struct {
	Name      string // "high" or "low"; of a measure that is not the primary one, behind its name: "tfidf.high"
	Null      string // the null hypothesis in words
	Method    string
	P         *matrix.Labelled // symmetric; missing with a reason
	Statistic *matrix.Labelled
	N         int // replicates
	Warnings  []string
}

// BenchmarkValue is one named number for each benchmark.
type BenchmarkValue struct {
	Name, Title, Method string
	Values              *matrix.Labelled // B x 1
}

// Value is one named number with what it needs to be cited.
type Value struct {
	Name, Title string
	Value       float64
	Lo, Hi      *float64
	N           int
	Method      string
	Warnings    []string
}

// Alarm says why a benchmark (or, with Benchmark empty, the study) must be read with care. A benchmark with an alarm is
// flagged by nothing else.
type Alarm struct {
	// "chance", "ceiling", "few-models", "identical-replies", "equal-logprobs", "truncated", "shared-items", "reliability",
	Kind string
	// "mixed-scoring", "drift"
	Benchmark string
	Other     string // the second benchmark or model, where there is one
	Text      string // one sentence with its numbers
	Advice    string // what a benchmark designer can do
	Blocks    bool   // pairs with this benchmark get no flag
}

// ItemsOnly is what an interval is of that says nothing of other wordings.
const ItemsOnly = "items only"

// OfItemsOnly says whether the interval of a pair is of items alone, see ItemsOnly.
func (v *Variant) OfItemsOnly(a, b int) bool {
	return v.ItemsOnly != nil && v.ItemsOnly[a*len(v.Overlap.Rows)+b]
}

// NOf is how many units stand behind a pair.
func (v *Variant) NOf(a, b int) int {
	if v.Ns == nil {
		return v.N
	}
	return v.Ns[a*len(v.Overlap.Rows)+b]
}

// Used are the least and the most units behind the pairs that have a value; N where none has.
func (v *Variant) Used() (least, most int) {
	if v.Ns == nil {
		return v.N, v.N
	}
	for b := range v.Overlap.Rows {
		for a := range b {
			if _, ok := v.Overlap.At(a, b); !ok {
				continue
			}
			n := v.NOf(a, b)
			if most == 0 || n < least {
				least = n
			}
			most = max(most, n)
		}
	}
	if most == 0 {
		return v.N, v.N
	}
	return least, most
}

// Primary is the variant that enters the map, or nil.
func (r *Result) Primary() *Variant {
	if r == nil || len(r.Variants) == 0 {
		return nil
	}
	return &r.Variants[0]
}

// Variant finds a variant by name, or nil.
func (r *Result) Variant(name string) *Variant {
	if r == nil {
		return nil
	}
	for i := range r.Variants {
		if r.Variants[i].Name == name {
			return &r.Variants[i]
		}
	}
	return nil
}

// Test finds a component by name, or nil.
func (r *Result) Test(name string) *Test {
	if r == nil {
		return nil
	}
	for i := range r.Tests {
		if r.Tests[i].Name == name {
			return &r.Tests[i]
		}
	}
	return nil
}

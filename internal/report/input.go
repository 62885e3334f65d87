package report

import (
	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/study"
)

// Input is everything that a report is made of: plain data, none of which differs from run to run. What was not computed is
// nil or empty, and the report says so.
type Input struct {
	Study   *study.Study
	Version string // sdmap's release
	Command string // reproduces the report, such as "sdmap run studies/planted/study.toml"

	Analysis   *analysis.Analysis
	Curves     *analysis.Curves        // of recovery in smaller studies
	Axes       map[string]*axis.Result // by name; absent axes are missing
	Scores     *axis.ScoreTable
	Neural     *neural.Detail
	Signatures *perplexity.Report
	Corpus     *Corpus

	Alarms []axis.Alarm // of the run that computed this, beside those that come from its results

	Models []Model
	// Embedders gave the semantic axis vectors and took no other part.
	Embedders []Model
	Data      []DataFile
	Actions   []Action
	Skipped   []SkippedRow

	Narrative, Bibliography []byte // what Study.Report names; nil where there is none
}

// Corpus counts what signatures are chosen from.
type Corpus struct{ Documents, Pieces int }

// Model is one row of provenance.
type Model struct {
	ID, Path, Lineage, Engine, Digest string

	Route    string   // how its log-probabilities are obtained
	Remarks  []string // what its driver has to say of it, a sentence each
	Unpinned bool     // nobody knows whether its weights stayed the same
}

// DataFile is a file that was read, with what it was read as: "benchmark sum.eq", "corpus", "truth", "scores".
type DataFile struct{ Path, Use, Digest string }

// Action is one computation behind the numbers. Model and Benchmark are set for those of one model on one benchmark; of
// these, the ones that give scores (kind "performance/replies") are what cells of the table of scores link to.
type Action struct {
	Kind             string
	Version          int
	Subject          string
	Model, Benchmark string
	ActionID, Output string // "sha256:..."
}

// SkippedRow is a row of a benchmark's file that was left out because the study says on_bad_row = "skip".
type SkippedRow struct {
	File   string
	Line   int
	Reason string
}

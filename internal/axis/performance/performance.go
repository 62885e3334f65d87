// Package performance relates benchmarks by how models score on them.
//
// The pipeline: a model and a benchmark -> raw replies (log-probabilities of choices or generated texts; they know no
// answer) -> the table of scores, m models x B benchmarks -> overlaps, reliabilities, intervals, tests and alarms. Every
// step is an action of its own, so that a change in scoring never asks a model again. A CSV of scores can stand in place
// of the first two.
//
// The opinion: raw rank correlations of benchmarks mostly say that some models are better than others. So each overlap is
// given twice: raw (Spearman), and without the general factor (partial correlation of normal scores given the first
// principal component of the other benchmarks), which is what flags are made of. Models are the sampling unit, by
// lineage; items are not resampled for intervals, because their noise is in the scores already.
package performance

import "sdmap/internal/axis"

// ScoreTable is the table that this axis makes; it lives in package axis, where the other axes can read it.
type ScoreTable = axis.ScoreTable

// The variants of this axis, the first is primary.
const (
	Raw           = "raw"
	Kendall       = "kendall"
	GFree         = "gfree"
	GFreeSpearman = "gfree_spearman"
	Disattenuated = "gfree_disattenuated"
	Upper         = "upper"
)

// Delta is the disattenuated g-free overlap below which two benchmarks are said not to overlap.
const Delta = 0.3

// LowReliability is the split-half reliability below which a benchmark measures more noise than anything else.
const LowReliability = 0.5

// FewModels is how many models say next to nothing by rank correlations: pairs of fewer are not labelled.
const FewModels = fewModels

const (
	level         = 0.95 // of all intervals
	fewModels     = 8
	chanceLevel   = 0.05 // of the tests against guessing, after Holm
	ceiling       = 0.97 // a score that leaves no room to differ
	ceilingShare  = 0.9  // of the models that reach it
	spoiltShare   = 0.05 // of replies that are no measurement, from which on a benchmark is not flagged
	parallelDraws = 500
	parallelQuant = 0.95
	fewestOthers  = 4   // benchmarks that must remain for families to be left out of a general factor
	spent         = 4   // models that atanh(r) given the general factor loses: 1/sqrt(m - 4) is its standard error
	wantedPower   = 0.8 // of the larger of the two overlaps that say what could have been flagged
)

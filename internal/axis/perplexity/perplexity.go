// Package perplexity relates benchmarks by their signatures: the pieces of in-the-wild text whose surprisal, over models,
// goes with the score (Wu et al. 2025, arXiv 2509.23488).
//
// The pipeline: a model and a shard of the corpus -> bits per byte of every piece (one float32 column a model) -> within-
// model z-scores, m models x d pieces -> screening: ranks of pieces against ranks of scores, one product for all benchmarks
// -> a selector picks each benchmark's signature -> its mean z by model -> overlap of two benchmarks = Spearman
// correlation over models.
//
// The opinion: signatures are chosen with the scores, so their overlap copies the overlap of scores: in sample from any text,
// and, chosen on one half of the models and compared on the other, from any text with few factors, since benchmarks that score
// alike choose the same of them. The primary overlap, which enters map, agreement and half-samples, is therefore of disjoint
// signatures, which no model chooses both of; and every number of signatures stands beside its null, for which the scores of
// whole models are handed to other models and everything is chosen again.
package perplexity

import "sdmap/internal/study"

// Options are what the axis depends on beside columns, corpus and scores.
type Options struct {
	study.Perplexity
	Seed       uint64
	Replicates int // shared half-samples behind the map's ellipses
}

// Selectors by their names in a study.
const (
	Good   = "good"
	Signed = "signed"
	AIC    = "aic"
	EBIC   = "ebic"
	Lasso  = "lasso"
)

const (
	level = 0.95 // of intervals
	// maxWindow bounds a forward pass in tokens, below the model's own limit: pieces need a little context, and attention
	// costs grow with its square.
	maxWindow = 1024
	// fewestModels is the least number of models that choose a signature or compare two: fewer have no correlation worth the
	// name.
	fewestModels = 3
	// fewestCandidates is the least number of pieces of both tails that go on to a selector, where models are few; else it is
	// candidatesPerModel for each.
	fewestCandidates   = 50
	candidatesPerModel = 2
)

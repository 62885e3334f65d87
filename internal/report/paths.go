package report

import "slices"

// Paths are those that Report.Files of any study can have, so that one can ask before a long computation whether something
// else stands there.
func Paths() []string {
	var out []string
	for _, name := range []string{"curves", "disagreement", "landscape-neural", "landscape-performance",
		"landscape-performance-gfree",
		"landscape-perplexity", "landscape-perplexity-familiarity", "landscape-perplexity-gfree",
		"landscape-perplexity-signature",
		"landscape-semantic", "map", "map-gfree", "mrqap", "pairs", "pairs-neural", "panels", "panels-neural",
		"panels-perplexity", "panels-semantic", "recovery"} {
		out = append(out, "figures/"+name+".svg")
	}
	for _, name := range []string{"actions", "agreement", "alarms", "auc", "axes", "benchmarks", "cohorts", "contamination",
		"correction", "curves-data", "curves-exposure", "curves-items",
		"disagreement-data",
		"embedders", "estimates", "facts", "families", "files", "flags", "held", "held-pairs", "inertia", "items", "kinds",
		"landscape-neural-data",
		"landscape-performance-data",
		"landscape-performance-gfree-data", "landscape-perplexity-data",
		"landscape-perplexity-familiarity-data", "landscape-perplexity-gfree-data", "landscape-perplexity-signature-data",
		"familiarity", "familiarity-answer", "landscape-semantic-data", "map-data", "map-gfree-data",
		"measures", "models", "mrqap", "needed", "overlaps", "pairs", "panels-data", "planted", "power", "residue", "scores",
		"signature-prediction",
		"signature-stability", "signatures",
		"skipped",
		"steps", "tests", "unanswered", "wrong"} {
		out = append(out, "tables/"+name+".csv")
	}
	slices.Sort(out)
	return out
}

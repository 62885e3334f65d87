package neural

import (
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// Methods is the report's account of this axis.
func Methods(o study.Neural, show wording.Outside) []wording.Paragraph {
	if o.Imatrix != nil {
		return []wording.Paragraph{foldMethods(o)}
	}
	kept := fmt.Sprintf("Prompts of %s went through %s; what was kept of each layer: %s.", items(o),
		wording.Count(len(o.Models), "model"), show.Code(o.Measures...))
	return []wording.Paragraph{slices.Concat(wording.Paragraph{kept}, saidOf(o.Measures),
		wording.Paragraph{comparedWithin, testMethods("For tests,", "items, as on the semantic axis")})}
}

func items(o study.Neural) string {
	if o.Items > 0 {
		return wording.First(o.Items, "item")
	}
	return "all items"
}

const comparedWithin = "Within a model and layer neurons correspond, so benchmarks are compared there: neurons are z-scored " +
	"with equal weight for every benchmark, and a dissimilarity `1 − r` of mean patterns fills a matrix over pairs of " +
	"benchmarks [@kriegeskorte2008]. Matrices of unit norm are averaged over layers and then over models."

// testMethods says what tests rest on; where begins the sentence, and parts are what is half-sampled beside models.
func testMethods(where, parts string) string {
	return fmt.Sprintf("%s crossnobis distances [@walther2016; @schutt2023] replace correlations, since noise does not move "+
		"their expectation (a neuron with less than %s of its layer's median noise variance is left out); "+
		"*low* and *high* compare a pair with %s of the study's median squared distance over half-samples of models and %s.",
		where, wording.Number(silentShare), axis.Mark(), parts)
}

// foldMethods is the account where llama-imatrix measured. Its version, and how many folds and items there were, stand in the
// measure's own method.
func foldMethods(o study.Neural) wording.Paragraph {
	return wording.Paragraph{
		foldsFrom(o),
		"Activation energy is, for each fold and each input channel of a layer's matrices, the log of `in_sum2` over `counts`: " +
			"the mean over the fold's tokens of the squared input. " +
			"Matrices with one input count once; each expert of a mixture has one energy in place of its neurons'.",
		"The program reads a text in chunks, without regard to where prompts begin, so tokens see the prompts in front of " +
			"theirs: the patterns are of folds, not of items, and are never mixed with traces.",
		comparedWithin,
		testMethods(fmt.Sprintf("For tests, where every benchmark has at least %s folds,", wording.Spelt(MinItems)), "folds"),
	}
}

// foldsFrom says who measured what.
func foldsFrom(o study.Neural) string {
	models := wording.Count(len(o.Models), "model")
	if o.Imatrix.Files != nil {
		return fmt.Sprintf("%s of files of `%s` were given for %s: each about a part (a fold) of a benchmark's items, and what "+
			"text it read is not known to sdmap.",
			wording.Count(len(o.Imatrix.Files), "set"), imatrix.Name, models)
	}
	chunks := fmt.Sprintf("a chunk holds %s", wording.Count(o.Imatrix.Chunk, "token"))
	if o.Imatrix.Chunk == 0 {
		chunks = fmt.Sprintf("a chunk holds as many tokens, a power of two from %d to %d, as let the shortest fold fill %s of "+
			"them at %s a token",
			imatrix.LeastContext, largestChunk, wording.Spelt(enoughChunks), wording.Count(longToken, "byte"))
	}
	return fmt.Sprintf("`%s` read the prompts of %s with %s. They were dealt in turn into %s a benchmark, item i into fold i "+
		"modulo %d, each fold one text; %s.",
		imatrix.Name, items(o), models, wording.Count(o.Imatrix.Folds, "fold"), o.Imatrix.Folds, chunks)
}

// saidOf is what is said of measures, in the order of the table; what holds of several is said once.
func saidOf(measures []string) []string {
	var out []string
	for _, m := range table {
		if slices.Contains(measures, m.name) && m.said != "" && !slices.Contains(out, m.said) {
			out = append(out, m.said)
		}
	}
	return out
}

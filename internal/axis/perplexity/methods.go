package perplexity

import (
	"fmt"

	"sdmap/internal/stats"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// Methods is the report's account of this axis.
func Methods(o study.Perplexity, corpus bool, show wording.Outside) (out []wording.Paragraph) {
	if len(o.Familiarity) > 0 {
		out = append(out, familiarityMethods(o))
	}
	if corpus {
		out = append(out, signatureMethods(o, show), controlMethods(o))
	}
	return out
}

// familiarityMethods says what is read, and what keeps scores out of it.
func familiarityMethods(o study.Perplexity) wording.Paragraph {
	p := wording.Paragraph{fmt.Sprintf("*Familiarity*: each benchmark's own items are read to the models. A model's "+
		"familiarity is "+
		"minus the mean over items of `Σ −log₂ p(token) / bytes` of %s, BOS in front; solved examples, choices and templates of "+
		"chats are not read.", wording.And(read(o))),
		"The overlap of two benchmarks is Spearman's correlation of it over models, and without the general factor, " +
			"which here is " +
			"that some models predict any text better, it is the formula of performance with familiarity in place of scores.",
		fmt.Sprintf("An item that some model cannot take is left out for all; a model that cannot take more than %s of a "+
			"benchmark's "+
			"items (one is always allowed) has no familiarity with it.", wording.Percent(mostUnread)),
		fmt.Sprintf("Intervals are percentiles over %s of models by lineage, reliabilities means over %s of the items.",
			wording.Count(FamiliarityDraws, "half-sample"), wording.Count(FamiliarityHalves, "split")),
		fmt.Sprintf("Beside a benchmark's score with its own familiarity, over the models that have both (%s at least), "+
			"stand %s, in "+
			"which whole models are re-paired, lineages of one size as wholes where models share one; as no score chose "+
			"anything, they are its whole null.", wording.Spelt(fewestOwn),
			wording.Count(FamiliarityPermutations, "permutation"))}
	if o.Primary == study.Familiarity {
		return append(p, "Familiarity enters the map, and permuting benchmarks' labels is a valid null of its "+
			"agreement with scores.")
	}
	return append(p, "Familiarity stands beside the map, which signatures enter.")
}

// read names what is read of items.
func read(o study.Perplexity) (out []string) {
	for _, text := range o.Familiarity {
		if text == Answer {
			text = "the question with its right answer behind it, which uses the key"
		} else {
			text = "the question alone"
		}
		out = append(out, text)
	}
	return out
}

func signatureMethods(o study.Perplexity, show wording.Outside) wording.Paragraph {
	standard, target := "raw", "ranks of the scores"
	if o.Standardise == "model" {
		standard = "z-scored within each model over the corpus"
	}
	if o.ResidualG {
		target += ", cleared of the general factor of the other benchmarks"
	}
	p := wording.Paragraph{unitMethods(o, show) + fmt.Sprintf(" Surprisals are %s.", standard),
		fmt.Sprintf("Pieces are screened by `γ_t = Σ_k (2 rank(y_k) − m − 1) rank(p_kt)` over models k, with y the %s "+
			"[@wu2025; @thrush2024]: "+
			"a negative γ marks a piece that is easier for models that do well.", target),
		fmt.Sprintf("Selectors (%s; of signatures the first is the one to compare): `%s` and `%s` take up to %s of a "+
			"tail; `%s` and "+
			"`%s` select forward among both tails by `n ln(RSS/n) + 2k` and, "+
			"over p pieces before screening, `n ln(RSS/n) + k ln n + 2 ln C(p, k)` [@chen2008]; `%s` minimises "+
			"`|y − Xw|²/2n + α|w|₁` over both tails standardised, α = %s.", show.Code(o.Selectors...), Good,
			Signed, wording.Count(o.K, "piece"), AIC, EBIC, Lasso, wording.Number(lassoAlpha)),
		fmt.Sprintf("A tail is the outer %s of the pieces; both together hold at least %s, and %s for each model.",
			wording.Percent(o.Ratio), wording.Count(fewestCandidates, "piece"), wording.Spelt(candidatesPerModel)),
		"The overlap is Spearman's correlation over models of the two signatures' mean surprisals."}
	p = append(p, estimateMethods(o), predictionMethods(o))
	if o.Import == "" {
		p = append(p, fmt.Sprintf("A piece is contaminated by a benchmark if it lies in a run of %s that a question "+
			"has too, in any "+
			"capitals and punctuation, or has the beginning of one among the %s before it.", wording.Count(gramWords, "word"),
			wording.Count(o.Before, "piece")))
	}
	return append(p, recipeMethods(o)...)
}

// predictionMethods says how it is found out whether signatures hold.
func predictionMethods(o study.Perplexity) string {
	what := "what pieces are screened against, as shares of ranks"
	if o.Recipe != "" {
		what = "the scores"
	}
	return fmt.Sprintf("Signatures predict %s by their coefficients, or by least squares on their mean surprisal; the "+
		"nested R² is "+
		"`1 − Σ(y − ŷ)²/Σ(y − ȳ)²`, ŷ and ȳ from models of other lineages alone, which chose the signature too; "+
		"beyond %s, several "+
		"lineages are left out together.", what, wording.Count(mostFolds, "lineage"))
}

// estimateMethods says how the table of estimates came about.
func estimateMethods(o study.Perplexity) string {
	ties := "equal surprisals have their average rank"
	if o.Ties == study.TiesFirst {
		ties = "equal values are ranked in the order of the models, as in the release of perplexity correlations where its " +
			"sort is stable"
	}
	return "The file of estimates gives texts, as they are and against errors, the estimators product, sign, sign_cdf, " +
		"sign_sign and " +
		"Spearman [@thrush2024] and the share of concordant pairs [@shum2025]; " + ties + "."
}

// unitMethods says what a surprisal is of.
func unitMethods(o study.Perplexity, show wording.Outside) string {
	if o.Import != "" {
		return fmt.Sprintf("Surprisals are bits per byte of whole texts, measured by others (%s): each text is a document "+
			"of one piece.",
			show.Code(o.Import))
	}
	of := "`Σ −log₂ p(token) / bytes`, a token that straddles pieces shared out by bytes"
	if o.Unit == study.LastToken {
		of = "`−ln p` of its last token"
	}
	return fmt.Sprintf("Documents are cut on white space into pieces; the surprisal of a piece is %s, and the first %s "+
		"of a document "+
		"are context only (%s).", of, wording.Count(o.Before, "piece"), passes(o))
}

// recipeMethods says what a recipe does otherwise.
func recipeMethods(o study.Perplexity) wording.Paragraph {
	if o.Recipe == "" {
		return nil
	}
	p := wording.Paragraph{fmt.Sprintf("Signatures follow the recipe `%s`: regressions are of the scores themselves, "+
		"and the mean "+
		"surprisal of a signature is the plain mean, whatever the signs of its coefficients.", o.Recipe)}
	if o.Recipe == study.RecipeCode {
		p = append(p, fmt.Sprintf("As in the script that Wu et al. released, models are ranked in the order of their names, "+
			"ties in that "+
			"order; a tail is that share of the pieces, rounded down, and at least one piece, and both are filled up "+
			"in turn to %s "+
			"in all, or %s for each model where that is more. Signatures from parts of the models or documents are "+
			"chosen from tails "+
			"with average ranks.", wording.Count(fewestCandidates, "piece"), wording.Spelt(candidatesPerModel)))
	}
	return p
}

// passes says what a model reads before a piece.
func passes(o study.Perplexity) string {
	window := wording.Count(maxWindow, "token")
	if o.Context == "window" {
		return "one pass a piece, with that many before it, of at most " + window
	}
	return fmt.Sprintf("one pass scores all pieces of a window, at most %s, that have that many before them", window)
}

// controlMethods says what keeps signatures from copying the scores, and what shows how far it does.
func controlMethods(o study.Perplexity) wording.Paragraph {
	p := wording.Paragraph{"Signatures are chosen with the scores: benchmarks that score alike choose alike, from any text, " +
		"and more so the fewer factors the text has.",
		fmt.Sprintf("Wherever overlaps are compared they are therefore of disjoint signatures: models (by lineage) and "+
			"documents are "+
			"cut in thirds, one benchmark's signature is chosen on one third of both, the other's on another, and the "+
			"overlap is taken over the last third of the models (mean of every third and both ways over %s; each third has "+
			"at least %s).", wording.Count(o.Splits, "split"), wording.Count(fewestModels, "model")),
		"The in-sample overlap stands beside it, as what it is: chosen and compared on the same models."}
	if o.Repairings == 0 {
		return append(p, "No null was asked for, so signatures are shown and not tested.")
	}
	return append(p, fmt.Sprintf("Their null is %s: each model gets the scores of another, whole models at a time, lineages "+
		"of one size as wholes, and screening, selection and overlap run again. Selectors beside the first stand against the "+
		"first %s of them (one in %d, and at least %d where there are as many).",
		wording.Count(o.Repairings, "re-pairing"), wording.Group(repairingsOf(1, o.Repairings)), besideShare, fewestBeside),
		fmt.Sprintf("It keeps what the corpus and the scores have by themselves, their factors among it, and takes the tie "+
			"between them away; beside every number of signatures stand its median, the range that holds %s, and the "+
			"one-sided p.",
			wording.Percent(stats.NullLevel)))
}

// RedrawnMethods says what becomes of signatures in a half-sample for the map.
func RedrawnMethods() string {
	return fmt.Sprintf("Signatures are chosen anew on two halves of the models that were not drawn and compared on those that "+
		"were: one split of the models, with %s of the rest and of the documents, where the overlap is a mean over many. "+
		"On this axis the spread of half-samples is therefore about right where signatures are found again, and too wide where "+
		"they are not.", wording.Spelt(halvings)+" cuts")
}

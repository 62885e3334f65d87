package perplexity

import (
	"fmt"

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
		fmt.Sprintf("Beside a benchmark's score with its own familiarity stand %s, in which whole models are re-paired within "+
			"lineage where models share one; as no score chose anything, they are its whole null.",
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
	return wording.Paragraph{
		fmt.Sprintf("Documents are cut on white space into pieces; the surprisal of a piece is `Σ −log₂ p(token) / bytes`, a "+
			"token that straddles pieces shared out by bytes, "+
			"and the first %s of a document are context only (%s). Surprisals are %s.", wording.Count(o.Before, "piece"),
			passes(o), standard),
		fmt.Sprintf("Pieces are screened by `γ_t = Σ_k (2 rank(y_k) − m − 1) rank(p_kt)` over models k, with y the %s "+
			"[@wu2025; @thrush2024]: "+
			"a negative γ marks a piece that is easier for models that do well.", target),
		fmt.Sprintf("Selectors (%s; of signatures the first, cross-fitted, is the one to compare): `%s` and `%s` take up to %s "+
			"of a tail; `%s` and "+
			"`%s` select forward among both tails by `n ln(RSS/n) + 2k` and, "+
			"over p pieces before screening, `n ln(RSS/n) + k ln n + 2 ln C(p, k)` [@chen2008].", show.Code(o.Selectors...), Good,
			Signed, wording.Count(o.K, "piece"), AIC, EBIC),
		fmt.Sprintf("A tail is the outer %s of the pieces; both together hold at least %s, and %s for each model.",
			wording.Percent(o.Ratio), wording.Count(fewestCandidates, "piece"), wording.Spelt(candidatesPerModel)),
		"The overlap is Spearman's correlation over models of the two signatures' mean surprisals."}
}

// passes says what a model reads before a piece.
func passes(o study.Perplexity) string {
	window := wording.Count(maxWindow, "token")
	if o.Context == "window" {
		return "one pass a piece, with that many before it, of at most " + window
	}
	return fmt.Sprintf("one pass scores all pieces of a window, at most %s, that have that many before them", window)
}

// controlMethods says what keeps signatures from copying the scores, and what shows it.
func controlMethods(o study.Perplexity) wording.Paragraph {
	return wording.Paragraph{"Signatures are chosen with the scores, so in sample their overlap repeats the overlap of scores " +
		"even on noise.",
		fmt.Sprintf("Map, heat map and agreement therefore use the cross-fitted overlap, which on noise has the mean 0: one "+
			"half of the models chooses and the other compares, "+
			"and the two signatures come from different halves of the documents (mean of %s; each half of the models has "+
			"at least %s).", wording.Count(o.Splits, "split"), wording.Spelt(fewestHalf)),
		"Two controls stand beside it: the in-sample overlap, and the whole computation on independent normal numbers in place " +
			"of surprisals.",
		"The null of this axis would permute the models' scores and choose anew each time; it is not computed in this release, " +
			"so perplexity enters no test."}
}

// RedrawnMethods says what becomes of signatures in a half-sample for the map.
func RedrawnMethods() string {
	return fmt.Sprintf("Signatures are chosen anew on the models that were not drawn and compared on those that were: one "+
		"split of the models, with %s of the documents, where the overlap is a mean over many. "+
		"On this axis the spread of half-samples is therefore about right where signatures are found again, and too wide where "+
		"they are not.", wording.Spelt(documentSplits)+" splits")
}

package performance

import (
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// Basis is what the scores of a study rest on.
type Basis struct {
	Items  bool // single items are known
	Errors bool // of a table of scores, standard errors are
	Gaps   bool // scores are missing
	NoHigh bool // no pair was tested for a high overlap, since no label can take it
}

// BasisOf is the basis of a table of scores.
func BasisOf(t *ScoreTable) Basis {
	b := Basis{Items: !t.Imported, Gaps: t.Missing() > 0}
	for j := range t.Benchmarks {
		_, known := fromErrors(t, j)
		b.Errors = b.Errors || t.Imported && known
	}
	return b
}

// Methods is the report's account of this axis.
func Methods(o study.Performance, on Basis) []wording.Paragraph {
	out := []wording.Paragraph{overlapMethods(o, on)}
	if on.Gaps {
		out = append(out, gapMethods(o, on))
	}
	return append(out, append(testMethods(on), alarmMethods(on)...))
}

func overlapMethods(o study.Performance, on Basis) wording.Paragraph {
	p := wording.Paragraph{
		"Raw overlap is Spearman's rank correlation of two benchmarks' scores over models.",
		fmt.Sprintf("Overlap without the general factor is a partial correlation [@spearman1904]: scores become normal scores "+
			"`z = Φ⁻¹((rank − ½)/m)`; "+
			"g is the %s of the z of the *other* benchmarks, both of the pair and, where %s others "+
			"remain, their families left out; "+
			"and `r_ab.g = (r_ab − r_ag r_bg) / √((1 − r_ag²)(1 − r_bg²))`.", component(on.Gaps), wording.Spelt(fewestOthers)),
		"With one common factor and no kinship its expectation lies between 0 and `1/(k+1)`, k benchmarks behind g. Where many " +
			"benchmarks share a skill, g absorbs it, and the overlap lies below the truth.",
		fmt.Sprintf("So overlaps are also given with something else held constant: as many components of the others "+
			"as there are "+
			"general factors, where that is more than one, scores are complete and benchmarks no more than %d; each "+
			"covariate of the "+
			"models that is known of %s or more and has %s or more values, the first %s, by its logarithm where it "+
			"spans a factor of "+
			"%d, since g is mostly a proxy of size [@kearns2026]; and nothing. Their intervals are percentiles over %d "+
			"half-samples of "+
			"models, in which normal scores and factors are kept.", mostForFactors, wording.Percent(shareOfKnown),
			wording.Spelt(fewestDifferent), wording.Spelt(mostCovariates), spanForLogs, choiceDraws),
		fmt.Sprintf("The number of general factors is that of components above the %s point of columns permuted over models "+
			"[@horn1965].", wording.Percent(parallelQuant)),
	}
	p = append(p, populationMethods())
	spread := fmt.Sprintf("Intervals are percentiles over %s of models, drawn by lineage without replacement [@politis1994]; ",
		wording.Count(o.Bootstrap, "half-sample"))
	if on.Errors {
		return append(p, "Reliability is 1 less the mean sampling variance of a score over the variance of scores over models "+
			"[@kuder1937]; without g it is `1 − (1 − rel)/(1 − r²)`, r the loading on g.",
			"It takes items as drawn anew for each model, which understates it where all models have the same, and without g "+
				"by `1/(1 − r²)` times as much; it is negative where scores differ less than sampling alone would have them.",
			spread+"items are not drawn again.")
	}
	if !on.Items {
		return append(p, spread+"nothing is known of single items, so there is no reliability.")
	}
	return append(p,
		fmt.Sprintf("Reliability is the mean correlation of two random halves of the items over %s, stepped up by Spearman and "+
			"Brown's `2r/(1+r)`.", wording.Count(o.Splits, "split")),
		spread+"items are not drawn again, since their noise is in the scores already.")
}

// populationMethods says how numbers are held against other models.
func populationMethods() string {
	return fmt.Sprintf("Each overlap also has its range when any one lineage of models is left out. Models count as "+
		"`m² / Σ r_ij²` "+
		"[@bretherton1999], r the correlation of their residuals over items (over standardised scores where no items "+
		"are known, and "+
		"from %d numbers on), r² less its size where residuals are unrelated; and the first component's share is given in both "+
		"halves of the models by "+
		"each covariate, of %s models or more.", fewestResiduals, wording.Spelt(fewestInCohort))
}

// gapMethods says what is done where scores are missing.
func gapMethods(o study.Performance, on Basis) wording.Paragraph {
	p := wording.Paragraph{
		fmt.Sprintf("Scores are missing. A pair rests on the models that have both scores, with ranks and normal scores among "+
			"these; a pair that lacks some and has fewer than %s has no overlap.", wording.Count(o.MinModels, "model")),
		fmt.Sprintf("g is the expectation of a probabilistic principal component [@roweis1998] [@tipping1999], fitted "+
			"to the scores "+
			"that are there [@ilin2010] until a round turns it by less than %s (%s in half-samples, where for more than %d "+
			"benchmarks the fit without two is put together from those without one).", wording.Number(fitTolerance),
			wording.Number(drawTolerance), exactUpTo),
		"Where a model has few other scores its g is shrunk towards the mean, and less of it is taken out: in " +
			"`1/(k+1)`, k is the " +
			"harmonic mean, over a pair's models, of the other benchmarks that a model has.",
	}
	if on.NoHigh {
		return p
	}
	return append(p, fmt.Sprintf("Each pair's own models are permuted, at most %s times unless more are asked for.",
		wording.Group(mostWithin)))
}

func testMethods(on Basis) wording.Paragraph {
	low := fmt.Sprintf("*Low*: the one-sided upper bound of the overlap without the general factor, disattenuated by both "+
		"reliabilities, lies below %s, under every general factor that can be had (the largest p counts; holding nothing "+
		"constant is none); it is not "+
		"tested where a reliability lies below %s.",
		wording.Number(Delta), wording.Number(LowReliability))
	if !on.Items && !on.Errors {
		low = "*Low* takes reliabilities, and is not tested."
	}
	if on.NoHigh {
		return wording.Paragraph{"*High* was not tested: no label of this study could take it.", low}
	}
	return wording.Paragraph{"*High*: the residuals of one benchmark given g are permuted over models [@freedman1983], " +
		"lineages of one size as wholes and models within their lineage where models share one; " +
		"`p = (1 + #{atanh r* ≥ atanh r − atanh 1/(k+1)}) / (1 + N)`.",
		fmt.Sprintf("A pair whose p cannot be small any more is permuted no further: where %d of l permutations count, "+
			"`p = %d/l` [@besag1991].", decided, decided), low}
}

// alarmMethods says which benchmarks take no label; see alarms.
func alarmMethods(on Basis) wording.Paragraph {
	top := fmt.Sprintf("its ceiling when at least %s score %s or more", wording.InTen(ceilingShare, "model"),
		wording.Number(ceiling))
	few := fmt.Sprintf("nor any pair where there are fewer than %s models.", wording.Spelt(fewModels))
	if on.Errors {
		return wording.Paragraph{fmt.Sprintf("A benchmark whose chance and items the table gives is at chance when no "+
			"model passes, "+
			"at %s after Holm's correction over models [@holm1979], the binomial test on them.", wording.Number(chanceLevel)),
			fmt.Sprintf("A benchmark is at %s, and unreliable below a reliability of %s.", top, wording.Number(LowReliability)),
			"No pair is labelled that has such a benchmark, " + few}
	}
	if !on.Items {
		return wording.Paragraph{"A benchmark is at " + top + ". No pair is labelled that has such a benchmark, " + few}
	}
	return wording.Paragraph{
		fmt.Sprintf("A benchmark is at chance when no model passes, at %s after Holm's correction over models [@holm1979], the "+
			"Poisson-binomial test on its items' own chances or "+
			"the binomial test against the commonest answer position.", wording.Number(chanceLevel)),
		fmt.Sprintf("It is at %s, and unreliable below a reliability of %s.", top, wording.Number(LowReliability)),
		fmt.Sprintf("No pair is labelled that has such a benchmark, or one with %s or more of its prompts cut or given the "+
			"same log-probability for every choice, or items in common; %s",
			wording.Percent(spoiltShare), few),
	}
}

// ScoringMethods says how a study's replies became scores.
func ScoringMethods(benchmarks []study.Benchmark, t *ScoreTable, show wording.Outside) wording.Paragraph {
	switch {
	case t.Logs != nil:
		return logMethods(t)
	case t.Imported:
		return importedMethods(benchmarks, t, show)
	}
	var all, choice []string
	generate := 0
	for _, b := range benchmarks {
		all = addNew(all, show.Code(b.Metric))
		if b.Task == study.Generate {
			generate++
		} else {
			choice = addNew(choice, b.Metric)
		}
	}
	return wording.Paragraph{
		fmt.Sprintf("The benchmarks are scored by %s: %s with choices, %s with generated text.", wording.And(all),
			wording.Spelt(len(benchmarks)-generate), wording.Spelt(generate)),
		choiceMethods(choice, t), letterMethods(t, show), "A score is a mean over items, `SE = s / √n` with the sample " +
			"standard deviation s."}
}

// importedMethods says what was done to each column of a table of scores.
func importedMethods(benchmarks []study.Benchmark, t *ScoreTable, show wording.Outside) wording.Paragraph {
	var scores, errors, perplexities []string
	for j, b := range benchmarks {
		name := show.Text(t.Labels.Benchmark(b.ID))
		switch {
		case j < len(t.Metrics) && t.Metrics[j] == axis.FromPerplexity:
			perplexities = append(perplexities, name)
		case b.Lower:
			errors = append(errors, name)
		default:
			scores = append(scores, name)
		}
	}
	p := wording.Paragraph{"Scores were read from a table; no model was run."}
	for _, of := range []struct {
		names     []string
		all, some string
	}{{scores, "They were divided by the score of a perfect model.", "Those of %s were divided by the score of a perfect model."},
		{errors, "It holds errors, and a score is 1 less the error over the largest error that can be.",
			"Of %s it holds errors, and a score is 1 less the error over the largest that can be."},
		{perplexities, "It holds perplexities x, and a score is `1 − ln x / ln(largest)`, the largest that of the " +
			"benchmark's column.",
			"Of %s it holds perplexities x, and a score is `1 − ln x / ln(largest)`, the largest that of the " +
				"benchmark's column."}} {
		switch len(of.names) {
		case 0:
		case len(benchmarks):
			p = append(p, of.all)
		default:
			p = append(p, fmt.Sprintf(of.some, wording.And(of.names)))
		}
	}
	return p
}

// choiceMethods says how choices by their words came about; empty where there are none.
func choiceMethods(metrics []string, t *ScoreTable) string {
	letters, words := t.LetterModels()
	if len(metrics) == 0 || len(letters) > 0 && len(words) == 0 {
		return ""
	}
	return "Choices are scored as in the Evaluation Harness [@gao2023]: context and choice are encoded together, the " +
		"log-probabilities of the choice's tokens are summed, and " +
		benchmark.ChoiceMethods(metrics) + "; among equals the first counts."
}

// letterMethods says how choices by letter came about; empty where there are none.
func letterMethods(t *ScoreTable, show wording.Outside) string {
	letters, _ := t.LetterModels()
	if len(letters) == 0 {
		return ""
	}
	names := make([]string, len(letters))
	for i, m := range letters {
		names[i] = show.Text(t.Models[m])
	}
	return fmt.Sprintf("The backend of %s cannot score given text. There choices stand under letters, the prompt ends in “%s”, "+
		"and the most likely first letter is the answer (`%s`; letters that the backend does not show come last). "+
		"That is another measurement than the log-probability of a choice's words, whatever the metric of the benchmark.",
		wording.And(names), benchmark.AnswerLine, axis.Letter)
}

func addNew(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// rootFormula and errorFormula print what standardError computes: "sqrt(m - 4)" and one over it.
func rootFormula() string  { return fmt.Sprintf("sqrt(m - %d)", spent) }
func errorFormula() string { return "1/" + rootFormula() }

package analysis

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// Methods is the report's account of how the axes were compared, of what was.
func (a *Analysis) Methods(seed uint64) []wording.Paragraph {
	var out []wording.Paragraph
	if len(a.Agreement) > 0 {
		p := append(stats.RVMethods(),
			"Labels of benchmarks are permuted only where neither overlap was chosen with the scores.")
		if slices.ContainsFunc(a.Agreement, func(g Agreement) bool { return g.Repaired > 0 }) {
			p = append(p, "Signatures were: their adjusted RV, Mantel's r and weight on the map stand against re-pairings of "+
				"the models.")
		}
		out = append(out, append(p, "Mantel's test misleads where both matrices carry structure of their own [@guillot2013], "+
			"so its r is not read alone.",
			"The axes that agree most are tested as the largest of several: every axis' labels are permuted on their "+
				"own, and the largest adjusted RV is taken each time; axes that are measured by the states of one model are "+
				"one witness and not compared."))
	}
	if a.Explained != nil {
		out = append(out, append(stats.MRQAPMethods(), a.Explained.method()))
	}
	if a.Map != nil {
		out = append(out, append(atlas.Methods(a.Map.Scaling), a.mapMethods()...))
	}
	if len(a.Pairs) > 0 {
		out = append(out, a.labelMethods())
	}
	return append(out, stats.StreamMethods(seed))
}

func (a *Analysis) mapMethods() wording.Paragraph {
	p := wording.Paragraph{fmt.Sprintf("Disagreement is `Δ_b = Σ_k α_k |F_k[b] − F[b]|²` over %s, less its noise floor; it is a "+
		"finding where its interval lies above zero and at least %s of half-samples have the benchmark among the first %s.",
		wording.First(a.Map.Dims, "dimension"), wording.Share(disagreeShare), wording.Spelt(AmongFirst))}
	if a.Map.Replicates < axis.FewestForSpread {
		p = append(p, fmt.Sprintf("With fewer than %s there are neither ellipses nor intervals.",
			wording.Count(axis.FewestForSpread, "half-sample")))
	} else {
		p = append(p, outlierMethods(),
			fmt.Sprintf("Ellipses and intervals come from %s: half of the lineages and half of each benchmark's items are "+
				"drawn, the overlaps are recomputed on them with embeddings and bandwidths kept, and the result is projected "+
				"onto the fixed compromise.", wording.Count(a.Map.Replicates, "half-sample")))
		if slices.Contains(a.Map.Axes, axis.Perplexity) && !perplexity.IsFamiliarity(a.Exposure) {
			p = append(p, perplexity.RedrawnMethods())
		}
	}
	if len(a.Map.Panels) > 0 {
		p = append(p, atlas.ScalingMethods(panelRestarts))
	}
	return p
}

// method says what was regressed, and what its intervals are.
func (e *Explained) method() string {
	drawn := "; the response is redrawn and the predictors are kept"
	if len(e.Redrawn) > 0 {
		drawn = "; the response is redrawn with " + wording.And(e.Redrawn) + ", the other predictors are kept"
	}
	text := fmt.Sprintf("A predictor is said to go with the overlap where its two-sided p is at most %s after Holm's "+
		"correction over "+
		"the predictors [@holm1979]. Intervals of R² and its parts hold %s of their values on half-samples of models, "+
		"moved to the "+
		"estimate, since fewer models make noisier overlaps%s.",
		wording.Number(AgreementLevel), wording.Percent(partsLevel), drawn)
	if e.Within == nil {
		text += fmt.Sprintf(" Labels are permuted within families, too, where there are at least %d such permutations.",
			fewestWithin)
	}
	return text + " What was chosen with the scores stands beside that regression and not in it: where models were re-paired, " +
		"its t is held, one-sided, against its t with the overlap of re-paired models in its place, the scores' overlap and " +
		"the other predictors as they are. Re-pairing cuts every tie of surprisals to scores, also one that another predictor " +
		"explains."
}

func outlierMethods() string {
	return fmt.Sprintf("An outlier is a benchmark that, in at least %s of half-samples, lies apart: the log of its mean "+
		"squared distance to the others is above their third quartile by more than %s interquartile ranges.",
		wording.Percent(outlierShare), wording.Number(outlierReach))
}

// labelMethods says what each label asks for, from the rules themselves.
func (a *Analysis) labelMethods() wording.Paragraph {
	p := wording.Paragraph{"A label is an intersection-union test [@berger1982]: its p is the largest of its one-sided parts."}
	for _, r := range a.rules() {
		p = append(p, r.method())
	}
	if a.Correction.Testable[ExposureDriven] > 0 {
		p = append(p, exposureMethods(), a.skillMethods())
	}
	return append(p, a.Wording.method(), axis.ReplicateMethods(),
		fmt.Sprintf("Over %s p is adjusted after Benjamini and Yekutieli [@benjamini2001], valid under any dependence, and a "+
			"pair is labelled at q = %s.", Corrected(), wording.Level(a.Correction.Q)),
		fmt.Sprintf("Each labelled pair is decided again by every measure of its axes, in all combinations, and the "+
			"one whose label "+
			"holds in most stands among the findings [@steegen2016]: of scores and familiarity without a general "+
			"factor, high is "+
			"an interval above 0 and low an overlap below %s; on the semantic and the neural axis, high is nearer than %s of "+
			"the measure's median distance over pairs, and low is not.", wording.Number(performance.Delta), axis.Mark()))
}

// Corrected says over which pairs the p-values of a label are adjusted.
func Corrected() string { return "all testable pairs of a label" }

// method says what a rule asks for: "*Likeness without kinship*: semantic high, neural low."
func (r rule) method() string {
	said := func(part string) string { return strings.ReplaceAll(part, ".", " ") }
	var parts []string
	for _, part := range r.all {
		parts = append(parts, said(part))
	}
	if len(r.first) > 0 {
		one := said(r.first[0])
		for _, other := range r.first[1:] {
			one += " (" + said(other) + " where that was not tested)"
		}
		parts = append(parts, one)
	}
	text := "*" + strings.ToUpper(r.label[:1]) + strings.ReplaceAll(r.label[1:], "-", " ") + "*: " + strings.Join(parts, ", ")
	return text + "."
}

// exposureMethods says what familiarity must exceed.
func exposureMethods() string {
	return fmt.Sprintf("*Beyond wording* asks whether a pair's familiarity overlap without the general factor, r, "+
		"lies above the "+
		"least-squares line of that overlap over the bags of words' in all pairs (at least %s), since what is worded "+
		"alike is familiar "+
		"alike: `p = Φ((atanh(line) − atanh(r))/SE)` with the standard error that performance has, m counting lineages. As all "+
		"parts must hold, a pair whose familiarity its wording "+
		"explains, or whose scores do not go together, is labelled no more often than that part's own test errs.",
		wording.Count(fewestOnLine, "pair"))
}

// skillMethods says what tells an overlap that exposure drives from one skill of two benchmarks.
func (a *Analysis) skillMethods() string {
	const alone = "Models that were taught one skill are familiar with all that asks for it, so familiarity does not tell a " +
		"shared exposure from a shared skill"
	if !slices.Contains(a.Axes, axis.Neural) {
		return alone + "; how models process two benchmarks would, and was not measured here."
	}
	return alone + ": that models process the two benchmarks unlike must be shown as well."
}

// MapNeeds says what a map takes.
func MapNeeds() string {
	return fmt.Sprintf("It takes %s axes, and %s benchmarks that are complete on all of them.", wording.Spelt(fewestAxes),
		wording.Spelt(FewestMapped))
}

// RecoveryMethods says how the recovery of what was planted is measured.
func RecoveryMethods() wording.Paragraph {
	chance := wording.Number(stats.ChanceAUC)
	return wording.Paragraph{
		fmt.Sprintf("The AUC is the chance that a pair of benchmarks with the same planted skill has a larger overlap than a "+
			"pair with different skills: %s is no recovery, 1 is complete.", chance),
		fmt.Sprintf("Intervals are bootstraps over benchmarks (%s), because pairs that share one are not independent; an "+
			"overlap whose interval includes %s has recovered nothing that can be shown.",
			wording.Count(recoveryDraws, "draw"), chance),
		fmt.Sprintf("Of pairs that the truth does not name, those are not judged that share some of their skills, or "+
			"whose exposures correlate at %s or more, either way, by the sources that it names.", wording.Number(notable))}
}

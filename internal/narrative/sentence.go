// Package narrative puts findings into words, and reads what the author wrote.
//
// Two pipelines meet in the report. Generated prose: analysis.Finding -> Sentence, one function a kind, each choosing its
// words by the numbers' intervals; it does no arithmetic beyond choosing digits. Authored prose: narrative.md -> goldmark's
// syntax tree -> values, citations, cross-references and blocks found in it -> Markdown with those filled in, or
// diagnostics with line and column. Both yield Markdown in which text from outside is escaped.
//
// The opinion: guarded language. Nothing is higher or lower when its interval crosses the value it is compared with, and
// no number stands without its n.
package narrative

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// Sentence is a finding in words.
type Sentence struct {
	Tag    string // "overlap without kinship"
	Tone   string // "warn", "good", "info" or "plain"
	Text   string // Markdown
	Advice string // Markdown: what a benchmark designer can do
	Target string // id of the section that holds the evidence
}

// Say puts a finding into words.
func Say(f analysis.Finding) Sentence {
	n := numbers(f)
	switch f.Kind {
	case analysis.KindGeneral:
		return sayGeneral(n)
	case analysis.OverlapWithoutKinship:
		return sayOverlap(f, n)
	case analysis.KinshipWithoutOverlap:
		return sayKinship(f, n)
	case analysis.LikenessWithoutKinship:
		return sayLikeness(f, n)
	case analysis.ExposureDriven:
		return sayExposure(f, n)
	case analysis.KindNoFlags:
		return sayNoFlags(f, n)
	case analysis.KindDisagreement:
		return sayDisagreement(f, n)
	case analysis.KindOutlier:
		return sayOutlier(f, n)
	case analysis.KindAgreement:
		return sayAgreement(f, n)
	case analysis.KindRecovered:
		return sayRecovery(f)
	default:
		return sayAlarm(f)
	}
}

// numbers indexes a finding's numbers by name.
func numbers(f analysis.Finding) map[string]stats.Estimate {
	out := map[string]stats.Estimate{}
	for _, n := range f.Numbers {
		out[n.Name] = n.Estimate
	}
	return out
}

func sayGeneral(n map[string]stats.Estimate) Sentence {
	share := n["share"]
	text := fmt.Sprintf("One factor carries %s of the variance of the scores (first principal component, n = %d models)",
		percent(share.Value), share.N)
	if m, ok := n["median"]; ok && m.OK() {
		text += fmt.Sprintf("; the median rank correlation of two benchmarks is %s", two(m.Value))
	}
	return Sentence{Tag: "general factor", Tone: "plain", Text: text + ".",
		Advice: "A high correlation alone says little here: read every overlap beside its value without the general factor.",
		Target: "landscapes"}
}

func sayOverlap(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := fmt.Sprintf("%s rank models alike (%s%s), yet %s.", pairOf(f.Benchmarks),
		rho(n["performance"], true), without(n["performance.gfree"]), unlike(n))
	return Sentence{Tag: "overlap without kinship", Tone: "warn", Text: text + others(f, "pair", "pairs"),
		Advice: "Do not count such benchmarks as two witnesses for one ability: find out what made the same models meet both.",
		Target: "disagreement"}
}

// unlike says that neither questions nor processing are alike.
func unlike(n map[string]stats.Estimate) string {
	return fmt.Sprintf("neither their questions (semantic overlap %s) nor what models do with them (neural %s) are alike",
		estimate(n["semantic"]), estimate(n["neural"]))
}

func sayKinship(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := fmt.Sprintf("%s are kin (neural overlap %s; semantic %s), yet once the general factor is removed they do not rank "+
		"models alike (%s).",
		pairOf(f.Benchmarks), estimate(n["neural"]), estimate(n["semantic"]), rho(n["performance.gfree"], false))
	return Sentence{Tag: "kinship without overlap", Tone: "good", Text: text + others(f, "pair", "pairs"),
		Advice: "Keep both: one cannot stand for the other, however alike they look.", Target: "disagreement"}
}

func sayLikeness(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := fmt.Sprintf("%s are worded alike (semantic overlap %s), but models process them differently (neural %s); without "+
		"the general factor their scores correlate at %s.",
		pairOf(f.Benchmarks), estimate(n["semantic"]), estimate(n["neural"]), rho(n["performance.gfree"], false))
	return Sentence{Tag: "likeness without kinship", Tone: "info", Text: text + others(f, "pair", "pairs"),
		Advice: "Do not infer a shared ability from shared wording.", Target: "disagreement"}
}

// sayExposure never says that exposure is the cause: nobody looked into the models' training data.
func sayExposure(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := fmt.Sprintf("%s rank models alike (%s%s), and so does how familiar models are with their questions (familiarity "+
		"overlap without the general factor %s), more than their wording explains (semantic overlap %s): consistent with shared "+
		"exposure.", pairOf(f.Benchmarks), rho(n["performance"], true), without(n["performance.gfree"]),
		estimate(n["perplexity.familiarity.gfree"]), estimate(n["semantic"]))
	return Sentence{Tag: "exposure-driven", Tone: "warn", Text: text + others(f, "pair", "pairs"),
		Advice: "Ask what training data the same models met for both, before you read the overlap as one ability.",
		Target: "exposure"}
}

func sayNoFlags(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := "No pair of benchmarks could be tested for a label."
	if f.Count > 0 {
		text = fmt.Sprintf("No pair of benchmarks earned a label; %d pairs were testable.", f.Count)
	}
	if p, ok := n["power"]; ok && p.OK() {
		text += fmt.Sprintf(" With n = %d models, only overlaps without the general factor of at least %s could have "+
			"been flagged.", p.N, two(p.Value))
	}
	return Sentence{Tag: "no flags", Tone: "plain", Text: text, Advice: adviceForFlags(f), Target: "validity"}
}

// adviceForFlags says what would let pairs be labelled: models help only where two axes are there to be held against each other.
func adviceForFlags(f analysis.Finding) string {
	testing := 0
	for _, name := range []string{axis.Performance, axis.Semantic, axis.Neural} {
		if slices.Contains(f.Axes, name) {
			testing++
		}
	}
	if f.Count == 0 && testing < 2 {
		return "There is no second axis to hold the first against: give benchmarks their items, which makes the " +
			"semantic axis, or " +
			"a model that runs on them, which makes the neural one."
	}
	return "More models, of more lineages, would show more than more items."
}

func sayDisagreement(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	d, top, share := n["delta"], n["topthree"], n["share"]
	text := fmt.Sprintf("The axes lie furthest apart on %s (disagreement %s)", bold(f.Benchmarks[0]), estimate(d))
	if d.Level > 0 && d.Lo <= 0 {
		text += ", though the interval includes zero"
	}
	text += fmt.Sprintf("; the %s axis contributes %s of it", Escape(f.Axes[0]), percent(share.Value))
	if top.OK() && top.N > 0 {
		text += fmt.Sprintf(", and in %s of %d half-samples it is among the first %s", percent(top.Value), top.N,
			wording.Spelt(analysis.AmongFirst))
	}
	return Sentence{Tag: "disagreement", Tone: "plain", Text: text + ".", Advice: "Look at its satellites on the map before " +
		"citing any single axis for it.", Target: "disagreement"}
}

func sayOutlier(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	verb, pronoun := "lies", "it is"
	if len(f.Benchmarks) > 1 {
		verb, pronoun = "lie", "they are"
	}
	text := fmt.Sprintf("%s %s apart from all other benchmarks on the compromise, in %s of %d half-samples.", list(f.Benchmarks),
		verb, percent(n["share"].Value), n["share"].N)
	return Sentence{Tag: "outlier", Tone: "plain", Text: text, Advice: fmt.Sprintf("Before calling %s a new ability, check "+
		"reliability and score range: %s descriptive, not a test.", list(f.Benchmarks), pronoun), Target: "map"}
}

func sayAgreement(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	r := n["adjusted"]
	names := AxisName(f.Axes[0]) + " and " + AxisName(f.Axes[1])
	tail := fmt.Sprintf("(adjusted RV %s, %s, n = %d benchmarks)", two(r.Value), pValue(r.P), r.N)
	text := "Of the axes that can be tested, " + names + " agree most " + tail + "."
	if r.P == nil || *r.P > analysis.AgreementLevel {
		text = "No two axes agree beyond chance; the closest are " + names + " " + tail + "."
	}
	return Sentence{Tag: "agreement", Tone: "plain", Text: text, Advice: "Where axes agree, either will do; where they part, " +
		"name the one you mean.", Target: "exposure"}
}

func sayRecovery(f analysis.Finding) Sentence {
	var parts []string
	for _, n := range f.Numbers {
		name := AxisName(n.Name)
		if n.Name == "perplexity.signature" {
			name = "cross-fitted " + name
		}
		parts = append(parts, fmt.Sprintf("%s %s", name, estimate(n.Estimate)))
	}
	text := "Against the planted truth, the axes tell same-skill pairs from others with these AUCs: " +
		strings.Join(parts, "; ") + "."
	return Sentence{Tag: "recovery", Tone: "info", Text: text, Advice: "Chance is " + wording.Number(stats.ChanceAUC) +
		"; an interval that includes it has recovered nothing.", Target: "recovery"}
}

func sayAlarm(f analysis.Finding) Sentence {
	a := f.Alarm
	if a == nil {
		return Sentence{Tag: "alarm", Tone: "plain", Text: "An alarm without text was raised.", Target: "validity"}
	}
	text := Escape(a.Text)
	if f.Count > 1 {
		text += fmt.Sprintf(" The same holds for %s.", list(f.Benchmarks[1:]))
	}
	tag := map[string]string{"chance": "at chance", "ceiling": "at ceiling", "few-models": "few models",
		"reliability": "unreliable", "identical-replies": "identical replies",
		"equal-logprobs": "equal log-probabilities", "truncated": "truncated prompts", "shared-items": "shared items",
		"mixed-scoring": "two kinds of scores"}[a.Kind]
	if tag == "" {
		tag = strings.ReplaceAll(a.Kind, "-", " ")
	}
	tone := "plain"
	if a.Kind == "drift" { // it puts the whole report in doubt
		tone = "warn"
	}
	return Sentence{Tag: tag, Tone: tone, Text: text, Advice: Escape(a.Advice), Target: "validity"}
}

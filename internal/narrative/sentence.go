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

// Say puts a finding into words. A sentence whose numbers are missing is not written, and false is returned.
func Say(f analysis.Finding) (Sentence, bool) {
	n := numbers(f)
	if !bears(f, n) {
		return Sentence{}, false
	}
	switch f.Kind {
	case analysis.KindGeneral:
		return sayGeneral(f, n), true
	case analysis.OverlapWithoutKinship:
		return sayOverlap(f, n), true
	case analysis.KinshipWithoutOverlap:
		return sayKinship(f, n), true
	case analysis.LikenessWithoutKinship:
		return sayLikeness(f, n), true
	case analysis.ExposureDriven:
		return sayExposure(f, n), true
	case analysis.KindNoFlags:
		return sayNoFlags(f, n), true
	case analysis.KindDisagreement:
		return sayDisagreement(f, n), true
	case analysis.KindOutlier:
		return sayOutlier(f, n), true
	case analysis.KindAgreement:
		return sayAgreement(f, n), true
	case analysis.KindRecovered:
		return sayRecovery(f), true
	default:
		return sayAlarm(f), true
	}
}

// needs are the numbers without which a kind of finding says nothing. What else a sentence prints stands in a clause of its
// own, which is left out with its number.
var needs = map[string][]string{
	analysis.KindGeneral:            {"share"},
	analysis.OverlapWithoutKinship:  {"performance", "semantic", "neural"},
	analysis.KinshipWithoutOverlap:  {"performance.gfree"},
	analysis.LikenessWithoutKinship: {"semantic", "neural"},
	analysis.ExposureDriven:         {"performance", "semantic", "perplexity.familiarity.gfree"},
	analysis.KindDisagreement:       {"delta"},
	analysis.KindOutlier:            {"share"},
	analysis.KindAgreement:          {"adjusted"},
}

// bears reports whether a finding has the numbers that its sentence needs.
func bears(f analysis.Finding, n map[string]stats.Estimate) bool {
	there := func(name string) bool { e, ok := n[name]; return ok && e.OK() }
	for _, name := range needs[f.Kind] {
		if !there(name) {
			return false
		}
	}
	switch f.Kind {
	case analysis.KinshipWithoutOverlap:
		return there("neural") || there("semantic")
	case analysis.KindRecovered:
		return slices.ContainsFunc(f.Numbers, func(n analysis.Number) bool { return n.OK() })
	case analysis.KindAlarm:
		return f.Alarm != nil && f.Alarm.Text != ""
	}
	return true
}

// perhaps are numbers that the sentences of labels print where they are there.
var perhaps = []string{"performance.gfree", "semantic", "semantic.median", "semantic.tfidf", "semantic.tfidf.median", "neural"}

// numbers indexes a finding's numbers by name; what it may lack is missing, since an absent number would read as zero.
func numbers(f analysis.Finding) map[string]stats.Estimate {
	out := map[string]stats.Estimate{}
	for _, name := range perhaps {
		out[name] = stats.MissingEstimate("", 0, "")
	}
	for _, n := range f.Numbers {
		out[n.Name] = n.Estimate
	}
	return out
}

func sayGeneral(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	share, component := n["share"], "first principal component"
	for _, x := range f.Numbers {
		if named, ok := strings.CutPrefix(x.Title, "share of the "); ok && x.Name == "share" {
			component = named
		}
	}
	text := fmt.Sprintf("One factor carries %s of the variance of the scores (%s, n = %d models)", percent(share.Value),
		component,
		share.N)
	if m, ok := n["median"]; ok && m.OK() {
		text += fmt.Sprintf("; the median rank correlation of two benchmarks is %s", two(m.Value))
	}
	return Sentence{Tag: "general factor", Tone: "plain", Text: text + ".",
		Advice: "A high correlation alone says little here: read every overlap beside its value without the general factor.",
		Target: "landscapes"}
}

func sayNoFlags(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := "No pair of benchmarks could be tested for a label."
	if f.Count > 0 {
		text = fmt.Sprintf("No pair of benchmarks earned a label; %d pairs were testable.", f.Count)
	}
	if p, ok := n["power"]; ok && p.OK() {
		text += fmt.Sprintf(" With n = %d models, none below about %s without the general factor could have passed for a high "+
			"overlap.", p.N, two(p.Value))
	}
	if e, ok := n["closest"]; ok && e.OK() && len(f.Benchmarks) == 2 {
		text += fmt.Sprintf(" Without the general factor models rank %s most alike (%s); as the largest of all pairs it is "+
			"estimated too large.", list(f.Benchmarks), estimate(e))
	}
	return Sentence{Tag: "no flags", Tone: "plain", Text: text, Advice: adviceForFlags(f), Target: "validity"}
}

// adviceForFlags says what would let pairs be labelled: where some could be, more of what their labels rest on.
func adviceForFlags(f analysis.Finding) string {
	there := func(name string) bool { return slices.Contains(f.Axes, name) }
	if f.Count == 0 {
		return adviceForTests(there(axis.Performance), there(axis.Semantic), there(axis.Neural))
	}
	if !there(axis.Performance) {
		return "More items would show more: without a performance axis no label rests on how many models there are."
	}
	return "More models, of more lineages, would show more than more items."
}

// adviceForTests says which axis is missing where no pair could be tested: a label holds two of the three against each other.
func adviceForTests(performance, semantic, neural bool) string {
	const two = "A label needs two of the performance, the semantic and the neural axis (signatures enter none). "
	switch {
	case performance && !semantic && !neural:
		return two + "Give benchmarks their items, which makes the semantic axis, or a model that runs on them, " +
			"which makes the neural one."
	case semantic && !performance && !neural:
		return two + "Add a model that runs on the items, which makes the neural axis, or models or scores enough for the " +
			"performance axis."
	case neural && !performance && !semantic:
		return two + "Embed the questions, which makes the semantic axis, or add models or scores enough for the " +
			"performance axis."
	case !performance && !semantic && !neural:
		return two + "Add scores of models, and the items that they were asked."
	}
	return "See to what keeps each pair from labels, as the table of pairs says."
}

func sayDisagreement(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	d, top, share := n["delta"], n["topthree"], n["share"]
	size := estimateTo(3, d)
	if of, ok := n["inertia"]; ok && of.OK() {
		size += "; " + percent(of.Value) + " of the total inertia"
	}
	text := fmt.Sprintf("The axes lie furthest apart on %s (disagreement %s)", bold(f.Benchmarks[0]), size)
	if share.OK() && share.N > 2 { // each of two axes contributes half, whatever they say
		text += fmt.Sprintf("; the %s axis contributes %s of it", Escape(f.Axes[0]), percent(share.Value))
	}
	if top.OK() && top.N > 0 {
		text += fmt.Sprintf(", and in %s of %d half-samples it is among the first %s", percent(top.Value), top.N,
			wording.Spelt(analysis.AmongFirst))
	}
	text += "."
	if len(f.Others) > 0 {
		var also []string
		for _, o := range f.Others {
			also = append(also, o[0])
		}
		text += " What half-samples say of it they say of " + list(also) + ", too."
	}
	return Sentence{Tag: "disagreement", Tone: "plain", Text: text, Advice: "Look at its satellites on the map before " +
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
	r, mantel := n["adjusted"], n["mantel"]
	names := AxisName(f.Axes[0]) + " and " + AxisName(f.Axes[1])
	against := ""
	if f.Count > 1 && r.P != nil {
		against = " as the largest of " + wording.Count(f.Count, "agreement")
	}
	tail := fmt.Sprintf("(adjusted RV %s, %s%s, n = %d benchmarks)", two(r.Value), pValue(r.P), against, r.N)
	beyond := r.P != nil && *r.P <= analysis.AgreementLevel
	text := "No two axes agree beyond chance; the closest are " + names + " " + tail
	if beyond {
		text = "Of the axes that can be tested, " + names + " agree most " + tail
	}
	if e, ok := n["lexical"]; ok && e.OK() {
		text += fmt.Sprintf("; the bag of words alone reaches %s", two(e.Value))
	}
	text += "."
	if beyond && mantel.P != nil && *mantel.P > analysis.AgreementLevel {
		text += fmt.Sprintf(" Over single pairs that is not seen: Mantel's r is %s, %s.", two(mantel.Value), pValue(mantel.P))
	}
	advice := "Where axes agree, either will do; where they part, name the one you mean."
	in := universes(f)
	if !beyond {
		advice, in = "Name the axis you mean: none was shown to stand for another.", agreeing(f)
	}
	return Sentence{Tag: "agreement", Tone: "plain", Text: text + in + oneWitness(f), Advice: advice, Target: "exposure"}
}

// agreeing says in how many ways to measure it two axes agree that do not by the first of them.
func agreeing(f analysis.Finding) string {
	if f.Universes == nil {
		return ""
	}
	return fmt.Sprintf(" Of %s ways to measure it, %s an agreement.", wording.Group(f.Universes.Of), finds(f.Universes.Held))
}

func finds(n int) string {
	switch n {
	case 0:
		return "none finds"
	case 1:
		return "one finds"
	}
	return wording.Group(n) + " find"
}

// shownKills is how many choices a sentence names that turn a finding round.
const shownKills = 3

// universes says in how many ways to measure it a finding holds, and with which choice it does not.
func universes(f analysis.Finding) string {
	u := f.Universes
	if u == nil {
		return ""
	}
	if u.Held == u.Of {
		return fmt.Sprintf(" It holds in all %s ways to measure it%s.", wording.Group(u.Of), most(f))
	}
	var kills []string
	for _, k := range u.Kills[:min(len(u.Kills), shownKills)] {
		kills = append(kills, Escape(k))
	}
	text := fmt.Sprintf(" It holds in %s of %s ways to measure it%s, and not by %s", wording.Group(u.Held), wording.Group(u.Of),
		most(f), strings.Join(kills, "; "))
	if more := len(u.Kills) - shownKills; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text + "."
}

// most says that a pair was chosen because its label holds in most ways.
func most(f analysis.Finding) string {
	if len(f.Others) == 0 || f.Kind == analysis.KindAgreement {
		return ""
	}
	return fmt.Sprintf(", the most of any of the %d pairs with this label", f.Count)
}

// oneWitness names the axes that are measured by the states of one model; empty where there are none.
func oneWitness(f analysis.Finding) string {
	text := ""
	for _, s := range f.Shared {
		text += fmt.Sprintf(" %s and %s are one witness, not two: both are measured by the states of %s.", upper(AxisName(s.A)),
			AxisName(s.B), list(s.Models))
	}
	return text
}

// bounded is an AUC with its interval, unless all draws have the one value that leaves none: that is no certainty.
func bounded(e stats.Estimate) string {
	if e.Level > 0 && e.Lo == e.Hi {
		return two(e.Value) + " (all draws alike, so without an interval)"
	}
	return estimate(e)
}

func sayRecovery(f analysis.Finding) Sentence {
	var parts []string
	for _, n := range f.Numbers {
		if !n.OK() {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s%s", AxisName(n.Name), bounded(n.Estimate), repaired(n.Estimate)))
	}
	text := "Against the planted truth, the axes tell same-skill pairs from others with these AUCs: " +
		strings.Join(parts, "; ") + "."
	return Sentence{Tag: "recovery", Tone: "info", Text: text, Advice: "Chance is " + wording.Number(stats.ChanceAUC) +
		"; an interval that includes it has recovered nothing.", Target: "recovery"}
}

func sayAlarm(f analysis.Finding) Sentence {
	a := f.Alarm
	text := Escape(a.Text)
	switch {
	case f.Count > 1 && a.Other != "":
		text += fmt.Sprintf(" The same holds for %s.", wording.Count(f.Count-1, "more pair"))
	case len(f.Benchmarks) > 1:
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

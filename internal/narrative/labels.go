package narrative

import (
	"fmt"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/stats"
)

func sayOverlap(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := fmt.Sprintf("%s rank models alike (%s%s), yet %s.", pairOf(f.Benchmarks),
		rho(n["performance"], true), without(n["performance.gfree"]), unlike(f, n))
	return Sentence{Tag: "overlap without kinship", Tone: "warn", Text: text + universes(f) + others(f, "pair", "pairs"),
		Advice: "Do not count such benchmarks as two witnesses for one ability: find out what made the same models meet both.",
		Target: "disagreement"}
}

// unlike says what the tests of low likeness show of questions and processing. That is less than that two benchmarks have nothing
// in common: their bags of words may well be nearer than the median pair's.
func unlike(f analysis.Finding, n map[string]stats.Estimate) string {
	return fmt.Sprintf("by their questions (%s) and by what models do with them (neural %s) they are %s", worded(f, n),
		estimate(n["neural"]), farther)
}

// farther puts into words that a squared distance exceeds axis.Yardstick of the study's median.
const farther = "nearer to a typical pair of the study than to being the same"

func sayKinship(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	kin := "are processed alike (" + alike(f, n) + ")"
	if !n["neural"].OK() {
		kin = "ask alike questions (" + alike(f, n) + ")"
	}
	text := fmt.Sprintf("%s %s, yet once the general factor is removed they do not rank models alike (%s).",
		pairOf(f.Benchmarks), kin, rho(n["performance.gfree"], false))
	return Sentence{Tag: "kinship without overlap", Tone: "good", Text: text + universes(f) + others(f, "pair", "pairs"),
		Advice: "Keep both: one cannot stand for the other, however alike they look.", Target: "disagreement"}
}

// alike gives the overlaps of processing and questions that are there.
func alike(f analysis.Finding, n map[string]stats.Estimate) string {
	var parts []string
	if e := n["neural"]; e.OK() {
		parts = append(parts, "neural overlap "+estimate(e))
	}
	if e := n["semantic"]; e.OK() {
		parts = append(parts, semantic(f, e))
	}
	return strings.Join(parts, "; ")
}

// semantic gives the overlap of two benchmarks' questions, and says whose encoding it is where that is a model of the study.
func semantic(f analysis.Finding, e stats.Estimate) string {
	if f.Wording == nil || f.Wording.Encoder == "" {
		return "semantic overlap " + estimate(e)
	}
	return "semantic overlap " + estimate(e) + ", as " + Escape(f.Wording.Encoder) + " encodes them"
}

func sayLikeness(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	alike, advice := fmt.Sprintf("are worded alike (%s)", worded(f, n)), "Do not infer a shared ability from shared wording."
	if w := f.Wording; w != nil && !w.Outside() {
		alike = fmt.Sprintf("are alike as %s encodes them (%s)", Escape(w.Encoder), estimate(n["semantic"]))
		advice = "That model is of the study. Add \"tfidf\", or an embedder that is not, before calling the two worded alike."
	}
	text := fmt.Sprintf("%s %s, but by what models do with them (neural %s) they are %s", pairOf(f.Benchmarks), alike,
		estimate(n["neural"]), farther)
	if free := n["performance.gfree"]; free.OK() {
		text += fmt.Sprintf("; without the general factor their scores correlate at %s", rho(free, false))
	}
	return Sentence{Tag: "likeness without kinship", Tone: "info", Text: text + "." + universes(f) + others(f, "pair", "pairs"),
		Advice: advice, Target: "disagreement"}
}

// worded gives the overlaps of two benchmarks' questions: "bag of words 0.4; semantic overlap 0.6".
func worded(f analysis.Finding, n map[string]stats.Estimate) string {
	said := semantic(f, n["semantic"]) + beside(n["semantic"], n["semantic.median"])
	if words := n["semantic.tfidf"]; words.OK() {
		return "bag of words " + estimate(words) + beside(words, n["semantic.tfidf.median"]) + "; " + said
	}
	return said
}

// beside says on which side of the study's median pair an overlap lies, as the digits show it.
func beside(e, median stats.Estimate) string {
	if !median.OK() {
		return ""
	}
	side := "at"
	switch {
	case two(e.Value) == two(median.Value):
	case e.Value > median.Value:
		side = "above"
	default:
		side = "below"
	}
	return fmt.Sprintf(", %s the study's median of %s", side, two(median.Value))
}

// sayExposure never says that exposure is the cause: nobody looked into the models' training data.
func sayExposure(f analysis.Finding, n map[string]stats.Estimate) Sentence {
	text := fmt.Sprintf("%s rank models alike (%s%s), and so does how familiar models are with their questions (familiarity "+
		"overlap without the general factor %s), more than their wording explains", pairOf(f.Benchmarks),
		rho(n["performance"], true), without(n["performance.gfree"]), estimate(n["perplexity.familiarity.gfree"]))
	if n["neural"].OK() {
		text += fmt.Sprintf(", while %s: consistent with shared exposure.", unlike(f, n))
	} else {
		text += fmt.Sprintf(" (%s): consistent with shared exposure, and with one skill of both, since how models process them "+
			"was not measured.", worded(f, n))
	}
	return Sentence{Tag: "exposure-driven", Tone: "warn", Text: text + universes(f) + others(f, "pair", "pairs"),
		Advice: "Ask what training data the same models met for both, before you read the overlap as one ability.",
		Target: "exposure"}
}

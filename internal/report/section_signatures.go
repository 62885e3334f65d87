package report

import (
	"fmt"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
)

// How many pieces of a signature and of their domains the page shows; the file has all.
const (
	shownPieces  = 12
	shownDomains = 5
)

// signaturesSection is one card a benchmark: its salient pieces in their sentences.
type signaturesSection struct {
	of         *perplexity.Report
	hasCorpus  bool
	perplexity *axis.Result
	names      *axis.Labels
	files      fileSet
	values     valueSet
}

func (s signaturesSection) write() (*Section, error) {
	if s.of == nil {
		why := "This study has no perplexity axis, so there are no signatures."
		switch {
		case !s.hasCorpus:
			why = "A signature is chosen from a corpus, and this study names none."
		case s.perplexity != nil:
			why = "A signature is chosen with the scores of models that run, and no such choice could be made here."
		}
		return newSection("signatures", "Signatures", "", prose(why)), nil
	}
	path := signaturesCSV(s.of, s.files)
	intro := fmt.Sprintf("A benchmark's signature is the set of corpus pieces whose surprisal, over %s, goes with its score "+
		"[@wu2025]; it was chosen from %s in %s by the selector %s.",
		count(s.of.Models, "model"), count(s.of.Pieces, "scored piece"), count(s.of.Documents, "document"), code(s.of.Selector))
	var cards []Card
	for i := range s.of.Of {
		cards = append(cards, signatureCard(&s.of.Of[i], s.names, path, s.values))
	}
	return newSection("signatures", "Signatures", "", prose(intro,
		"Below, each benchmark unfolds to its most salient pieces in their sentences: sign −1 marks a piece that is easier for "+
			"models that do well, and ρ is its rank correlation with the score as screened.",
		"A signature was chosen to go with the scores and would be found in noise too: it describes this study's models, and "+
			"is no evidence by itself.",
		"The map therefore does not compare the signatures shown here, but cross-fitted ones, chosen on half of the models and "+
			"compared on the other half.", copyProse(s.perplexity)),
		Block{Cards: cards}), nil
}

// copyProse sets what the overlap owes to the choice beside what noise would give.
func copyProse(perplexity *axis.Result) string {
	facts := factsByName(perplexity)
	own, ok := facts["copy"]
	noise, okNoise := facts["copy.noise"]
	if !ok || !okNoise {
		return ""
	}
	out := fmt.Sprintf("In sample, the overlap of signatures correlates at %s with the overlap of scores as screened, over %s; "+
		"on a corpus of noise it does so at %s", two(own.Value), count(own.N, "pair"), two(noise.Value))
	cross, ok := facts["copy.crossfit"]
	noiseCross, okNoise := facts["copy.noise.crossfit"]
	if ok && okNoise {
		out += fmt.Sprintf(", and cross-fitted, when choice and comparison share neither models nor documents, at %s and %s",
			two(cross.Value), two(noiseCross.Value))
	}
	return out + "."
}

func signatureCard(s *perplexity.Signature, names *axis.Labels, path string, values valueSet) Card {
	title := names.Benchmark(s.Benchmark)
	c := Card{ID: anchor(s.Benchmark), Title: title}
	if s.Missing != "" {
		c.Lines = []string{"No signature: " + sentence(s.Missing)}
		return c
	}
	var domains []string
	for _, d := range s.Domains[:min(shownDomains, len(s.Domains))] {
		domains = append(domains, fmt.Sprintf("%s %s (%s of the corpus)", d.Name, percent(d.Share), percent(d.Expected)))
	}
	c.Lines = []string{count(len(s.Pieces), "piece") + ". Domains: " + strings.Join(domains, ", ") + "."}
	if st := s.Stability; st.Splits > 0 {
		c.Lines = append(c.Lines, fmt.Sprintf("Chosen on half of the models, it shares %s of its pieces (Jaccard %s); "+
			"signatures from two halves of the documents correlate at %s over models (means of %s).",
			percent(2*st.Jaccard/(1+st.Jaccard)), two(st.Jaccard), two(st.Halves), count(st.Splits, "split")))
		at := "card-" + c.ID
		values.add(Value{Path: "/signature/" + s.Benchmark + "/jaccard", Title: "stability of the signature of " + title,
			Number: st.Jaccard, N: st.Splits, Anchor: at})
		values.add(Value{Path: "/signature/" + s.Benchmark + "/halves", Title: "agreement of two signatures of " + title,
			Number: st.Halves, N: st.Splits, Anchor: at})
	}
	t := &Table{ID: "signature-" + c.ID, Title: fmt.Sprintf("The %d most salient pieces.", min(shownPieces, len(s.Pieces))),
		CSV: path,
		Columns: append(words("before", "piece", "after"),
			append(numbers("sign", "ρ", "weight"), words("document", "domain")...)...)}
	for _, p := range s.Pieces[:min(shownPieces, len(s.Pieces))] {
		t.Rows = append(t.Rows, []Cell{text(p.Before), {Text: p.Text, Head: true}, text(p.After), whole(p.Sign), number(p.Rho, 2),
			number(p.Weight, 2), text(p.Document), text(p.Domain)})
	}
	c.Body = []Block{{Table: t}}
	return c
}

func signaturesCSV(s *perplexity.Report, files fileSet) string {
	rows := [][]string{{"benchmark", "selector", "rank", "before", "piece", "after", "sign", "gamma", "rho", "sign_cdf", "weight",
		"document", "domain", "position"}}
	for _, x := range s.Of {
		for i, p := range x.Pieces {
			rows = append(rows, []string{x.Benchmark, s.Selector, fmt.Sprint(i + 1), p.Before, p.Text, p.After,
				fmt.Sprint(p.Sign), full(p.Gamma), full(p.Rho), full(p.SignCDF), full(p.Weight), p.Document, p.Domain,
				fmt.Sprint(p.Piece)})
		}
	}
	return files.rawCSV("signatures", rows)
}

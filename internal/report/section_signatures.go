package report

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// How many pieces of a signature and of their domains the page shows; the file has all.
const (
	shownPieces  = 12
	shownDomains = 5
)

// signaturesSection is one card a benchmark: its salient pieces in their sentences.
type signaturesSection struct {
	of         *perplexity.Report
	study      *study.Study
	perplexity *axis.Result
	names      *axis.Labels
	files      fileSet
	values     valueSet
}

func (s signaturesSection) write() (*Section, error) {
	if s.of == nil {
		why := "This study has no perplexity axis, so there are no signatures."
		switch {
		case s.study.Corpus == nil && (s.study.Axes.Perplexity == nil || s.study.Axes.Perplexity.Import == ""):
			why = "A signature is chosen from a corpus, and this study names none."
		case s.perplexity != nil:
			why = "A signature is chosen with the scores of models that run, and no such choice could be made here."
		}
		return newSection("signatures", "Signatures", "", prose(why)), nil
	}
	unshown := s.study.Report.OnlyIDs && !s.of.Texts // texts of a table are known by their ids alone
	path := signaturesCSV(s.of, unshown, s.files)
	estimates := estimatesCSV(s.of, s.files)
	what, from := "corpus pieces", count(s.of.Pieces, "scored piece")+" in "+count(s.of.Documents, "document")
	if s.of.Texts {
		what, from = "texts", "the "+count(s.of.Pieces, "text")+" of a table of surprisals"
	}
	intro := fmt.Sprintf("A benchmark's signature is the set of %s whose surprisal, over %s, goes with its score "+
		"[@wu2025]; it was chosen from %s by the selector %s.", what, count(s.of.Models, "model"), from, code(s.of.Selector))
	prediction, variation := predictionTable(s.of, s.names, s.files, s.values), variationTable(s.of, s.files)
	contamination := contaminationTable(s.of.Cleaned, s.names, s.files, s.values)
	families := familiesTable(s.of, s.perplexity, s.study, s.files)
	var cards []Card
	for i := range s.of.Of {
		cards = append(cards, signatureCard(&s.of.Of[i], s.names, path, s.of.Texts, unshown, s.values))
	}
	where := "in their sentences"
	if unshown {
		where = "by document and position, since the study keeps their texts out of the report"
	}
	return newSection("signatures", "Signatures", "", prose(intro,
		"Below, each benchmark unfolds to its most salient pieces "+where+": sign −1 marks a piece that is easier for "+
			"models that do well, and ρ is its rank correlation with the score as screened.",
		"A signature was chosen to go with the scores and would be found in noise too: it describes this study's models, and "+
			"is no evidence by itself.",
		"What is compared are therefore not the signatures shown here, but disjoint ones: one benchmark's from a third of "+
			"the models and documents, the other's from another third, compared on the last third of the models.",
		repairedProse(s.perplexity), estimatesProse(s.of, estimates), fitProse(s.of, prediction, variation),
		cleanedProse(s.of.Cleaned, contamination), familiesProse(families)),
		Block{Table: prediction}, Block{Table: variation}, Block{Table: contamination}, Block{Table: families},
		Block{Cards: cards}), nil
}

// repairedProse sets what the overlaps owe to the choice beside what they are with models re-paired.
func repairedProse(perplexity *axis.Result) string {
	facts := factsByName(perplexity)
	said := func(name string) string {
		own, ok := facts[name]
		if !ok {
			return ""
		}
		out := two(own.Value)
		if null, ok := facts[name+".repaired"]; ok {
			out += fmt.Sprintf(" (re-paired %s, %s of re-pairings between %s and %s)", two(null.Value), percent(stats.NullLevel),
				two(*null.Lo), two(*null.Hi))
		}
		return out
	}
	if said("copy.disjoint") == "" || said("copy") == "" {
		return ""
	}
	out := fmt.Sprintf("Over %s, the overlap of disjoint signatures has the mean %s and correlates at %s with the overlap of "+
		"scores as screened; in sample it has the mean %s and correlates at %s.", count(facts["copy"].N, "pair"),
		said("level.disjoint"), said("copy.disjoint"), said("level"), said("copy"))
	if facts["copy.repaired"].N > 0 {
		out += fmt.Sprintf(" Re-paired means that the scores of whole models are handed to other models and everything is "+
			"chosen again (%s): what remains is what choosing with the scores makes by itself.",
			count(facts["copy.repaired"].N, "time"))
	}
	return out
}

func signatureCard(s *perplexity.Signature, names *axis.Labels, path string, texts, unshown bool, values valueSet) Card {
	title := names.Benchmark(s.Benchmark)
	c := Card{ID: anchor(s.Benchmark), Title: title}
	if s.Missing != "" {
		c.Lines = []string{"No signature: " + sentence(s.Missing)}
		return c
	}
	var domains []string
	for _, d := range s.Domains[:min(shownDomains, len(s.Domains))] {
		if d.Name == "" { // texts of a table have none
			continue
		}
		domains = append(domains, fmt.Sprintf("%s %s (%s of the corpus)", d.Name, percent(d.Share), percent(d.Expected)))
	}
	c.Lines = []string{count(len(s.Pieces), "piece") + "."}
	if domains != nil {
		c.Lines[0] += " Domains: " + strings.Join(domains, ", ") + "."
	}
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
	c.Body = []Block{{Table: piecesTable(s, c.ID, path, texts, unshown)}}
	return c
}

// piecesTable shows the most salient pieces in their sentences. Texts of a table of surprisals are named and not known: nothing
// stands around them, and they have no domain. Pieces of which no text is to be shown are named by document and position.
func piecesTable(s *perplexity.Signature, id, path string, texts, unshown bool) *Table {
	shown := s.Pieces[:min(shownPieces, len(s.Pieces))]
	what := "pieces"
	if texts {
		what = "texts"
	}
	t := &Table{ID: "signature-" + id, Title: fmt.Sprintf("The %d most salient %s.", min(shownPieces, len(s.Pieces)), what),
		CSV: path, Partial: true}
	switch {
	case texts:
		t.Columns = append(words("text"), numbers("sign", "ρ", "weight")...)
	case unshown:
		t.Columns = slices.Concat(words("document"), numbers("position", "sign", "ρ", "weight"), words("domain"))
	default:
		t.Columns = slices.Concat(words("before", "piece", "after"), numbers("sign", "ρ", "weight"), words("document", "domain"))
	}
	for _, p := range shown {
		row := []Cell{{Text: p.Text, Head: true}, whole(p.Sign), number(p.Rho, 2), number(p.Weight, 2)}
		switch {
		case unshown:
			row = append(append([]Cell{head(p.Document), whole(p.Piece)}, row[1:]...), text(p.Domain))
		case !texts:
			row = append(append([]Cell{text(p.Before), row[0], text(p.After)}, row[1:]...), text(p.Document), text(p.Domain))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// signaturesCSV writes all pieces of all signatures; the columns of their texts are left out where none is to be shown.
func signaturesCSV(s *perplexity.Report, unshown bool, files fileSet) string {
	rows := [][]string{{"benchmark", "selector", "rank", "before", "piece", "after", "sign", "gamma", "rho", "sign_cdf", "weight",
		"document", "domain", "position"}}
	for _, x := range s.Of {
		for i, p := range x.Pieces {
			rows = append(rows, []string{x.Benchmark, s.Selector, fmt.Sprint(i + 1), p.Before, p.Text, p.After,
				fmt.Sprint(p.Sign), full(p.Gamma), full(p.Rho), full(p.SignCDF), full(p.Weight), p.Document, p.Domain,
				fmt.Sprint(p.Piece)})
		}
	}
	if unshown {
		for i, row := range rows {
			rows[i] = slices.Delete(row, 3, 6)
		}
	}
	return files.rawCSV("signatures", rows)
}

// estimatesCSV writes the estimators of perplexity correlations, one row a text and benchmark.
func estimatesCSV(s *perplexity.Report, files fileSet) string {
	rows := [][]string{{"benchmark", "document", "position", "product", "sign", "sign_cdf", "sign_sign", "spearman", "preselect"}}
	for _, e := range s.Estimates {
		spearman := ""
		if e.Spearman != nil {
			spearman = full(*e.Spearman)
		}
		rows = append(rows, []string{e.Benchmark, e.Document, fmt.Sprint(e.Piece), full(e.Product), full(e.Sign), full(e.SignCDF),
			full(e.SignSign), spearman, full(e.PreSelect)})
	}
	if len(rows) == 1 {
		return ""
	}
	return files.rawCSV("estimates", rows)
}

// estimatesProse says where the estimates are.
func estimatesProse(s *perplexity.Report, path string) string {
	if path == "" {
		return ""
	}
	return fmt.Sprintf("The estimators of perplexity correlations [@thrush2024] are in %s, %s.", code(path),
		count(len(s.Estimates), "row"))
}

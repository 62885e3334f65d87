package report

import (
	"fmt"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// exposureSection is "Does overlap follow exposure?": how far the axes agree.
type exposureSection struct {
	a          *analysis.Analysis
	perplexity *axis.Result
	names      *axis.Labels
	files      fileSet
	values     valueSet
}

func (s exposureSection) write() (*Section, error) {
	const title, short = "Does overlap follow exposure?", "Overlap and exposure"
	if len(s.a.Agreement) == 0 {
		blocks := []Block{prose("Agreement is between axes, and this study has fewer than two.", why(s.a)),
			absentList(s.a.Absent, s.names)}
		return newSection("exposure", title, short, append(blocks, s.familiarity()...)...), nil
	}
	computed, untested, again := 0, 0, 0
	for _, g := range s.a.Agreement {
		if g.RV.OK() {
			computed++
			if !g.Tested {
				untested++
			}
			again = max(again, g.Repaired)
		}
	}
	if computed == 0 {
		blocks := []Block{prose("No agreement of axes could be computed: " + esc(s.a.Agreement[0].RV.Missing) + "."),
			{Table: s.agreementTable()}}
		return newSection("exposure", title, short, append(blocks, s.familiarity()...)...), nil
	}
	what := "@tab-agreement compares the overlaps of every two axes over all pairs of benchmarks. RV [@robert1976] has a " +
		"positive expectation even for unrelated axes, the more so the more dimensions they have; its exact permutation mean " +
		"stands beside it, and the adjusted RV is 0 at that mean and 1 for equal axes. Mantel's r [@mantel1967] correlates the " +
		"pairs directly; its p is one-sided and comes from permuting the benchmarks' labels."
	if again > 0 {
		what += fmt.Sprintf(" Signatures are chosen with the models' scores, so that permuting labels would say nothing of "+
			"them: their p comes from %s of the models, with signatures chosen again each time, and beside each of "+
			"their numbers stands what it is then, the median and in brackets the range that holds %s.",
			count(again, "re-pairing"), percent(stats.NullLevel))
	}
	limits := "Agreement of two axes is no evidence that one causes the other: a third thing, such as shared wording or " +
		"length, may drive both."
	if untested > 0 {
		limits = fmt.Sprintf("For %s of the %s comparisons there is no null: signatures are chosen with the models' "+
			"scores, so that permuting labels is no valid one, and models were not re-paired. There, agreement is "+
			"shown, not tested. ",
			spelt(untested), spelt(computed)) + limits
	}
	regressed, err := explained{s.a.Explained, s.names, s.files, s.values}.blocks()
	if err != nil {
		return nil, err
	}
	blocks := append([]Block{prose(what), prose(limits, s.witnesses()), {Table: s.agreementTable()}}, s.familiarity()...)
	return newSection("exposure", title, short, append(blocks, regressed...)...), nil
}

// witnesses names axes that are one: measured by the states of the same models.
func (s exposureSection) witnesses() string {
	var parts []string
	for _, g := range s.a.Agreement {
		if len(g.Shared) > 0 {
			parts = append(parts, fmt.Sprintf("%s and %s are measured by the states of the same %s: their agreement "+
				"is that of one "+
				"witness with itself", axisTitle(s.a.Measured(g.A)), axisTitle(s.a.Measured(g.B)),
				map[bool]string{true: "model", false: "models"}[len(g.Shared) == 1]))
		}
	}
	return sentence(strings.Join(parts, "; "))
}

func (s exposureSection) agreementTable() *Table {
	t := &Table{ID: "agreement", Title: "Agreement of the axes.",
		Caption: "n counts benchmarks. RV with its mean over permutations of labels; adjusted (RV − mean) / (1 − mean); " +
			"Mantel's r, Pearson and Spearman; the null: labels of benchmarks permuted, or models re-paired. Where p is " +
			"missing, its cell says why.",
		Columns: append(words("axis", "axis"), numbers("n", "RV", "mean over permutations", "adjusted RV", repairedTitle, "p",
			"Mantel r", repairedTitle, "p", "Mantel ρ", repairedTitle, "p")...)}
	t.Columns = append(t.Columns, words("null")...)
	for _, g := range s.a.Agreement {
		at := func(what string) string { return anchor("agreement", g.A, g.B, what) }
		why := "null not computed: " + g.Why
		null := missing("not known")
		if g.RV.Null != nil {
			null = number(*g.RV.Null, 2)
		}
		p := func(v *float64) Cell {
			c := probability(v, why)
			if v == nil && g.RV.OK() {
				c.Text = "null not computed"
			}
			return c
		}
		t.Rows = append(t.Rows, []Cell{head(axisTitle(s.a.Measured(g.A))), text(axisTitle(s.a.Measured(g.B))), whole(g.RV.N),
			estimate(g.RV, 2).at(at("rv")),
			null,
			estimate(g.Adjusted, 2).at(at("adjusted")), repaired(g.Adjusted, 2), p(g.Adjusted.P),
			estimate(g.Pearson, 2).at(at("mantel")), repaired(g.Pearson, 2), p(g.Pearson.P),
			estimate(g.Spearman, 2).at(at("spearman")), repaired(g.Spearman, 2), p(g.Spearman.P), text(nullOf(g))})
		addAgreement(s.values, g, at)
	}
	return s.files.csv(t)
}

// nullOf says what the p-values of a comparison stand against.
func nullOf(g analysis.Agreement) string {
	switch {
	case g.Repaired > 0:
		return count(g.Repaired, "re-pairing")
	case g.Tested:
		return count(g.Perms, "permutation")
	}
	return "none"
}

// addAgreement names the numbers of one comparison, in either order of its axes; at gives their anchors.
func addAgreement(values valueSet, g analysis.Agreement, at func(what string) string) {
	of := " of " + axisTitle(g.A) + " and " + axisTitle(g.B)
	for _, k := range []string{g.A + "~" + g.B, g.B + "~" + g.A} {
		path := "/agreement/" + k + "/"
		values.add(Value{Path: path + "rv", Title: "RV" + of, Anchor: at("rv")}.of(g.RV))
		values.add(Value{Path: path + "adjusted", Title: "adjusted RV" + of, Anchor: at("adjusted")}.of(g.Adjusted))
		values.add(Value{Path: path + "mantel", Title: "Mantel r" + of, Anchor: at("mantel")}.of(g.Pearson))
		values.add(Value{Path: path + "spearman", Title: "Mantel ρ" + of, Anchor: at("spearman")}.of(g.Spearman))
	}
}

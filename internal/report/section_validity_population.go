package report

import (
	"fmt"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
)

// populationProse says how far the numbers are about these models and no others.
func (s validitySection) populationProse(r *axis.Result) Block {
	v := r.Primary()
	if v == nil {
		return Block{}
	}
	effective := ""
	if f, ok := factsByName(r)["models.effective"]; ok {
		effective = fmt.Sprintf("Where models err on the same items they are no independent witnesses: by their residuals "+
			"these %s count "+
			"as %s.", count(f.N, "model"), num(f.Value, 1))
	}
	return prose("Overlaps are about the models of this study: others may rank benchmarks otherwise.", effective,
		s.leftOutProse(v))
}

// leftOutProse says how far overlaps move when a lineage is left out, and which one the most.
func (s validitySection) leftOutProse(v *axis.Variant) string {
	if v.Least == nil {
		return "There is one lineage only, so nothing says how far overlaps depend on it."
	}
	widest, name, turned := -1.0, "", 0
	for b := range v.Overlap.Rows {
		for a := range b {
			least, ok := v.Least.At(a, b)
			if !ok {
				continue
			}
			most, _ := v.Most.At(a, b)
			now, _ := v.Overlap.At(a, b)
			if moved := max(most-now, now-least); moved > widest {
				widest = moved
				name = esc(s.names.Benchmark(v.Overlap.Rows[a])) + " and " + esc(s.names.Benchmark(v.Overlap.Rows[b]))
			}
			if least < 0 && most > 0 {
				turned++
			}
		}
	}
	if widest < 0 {
		return ""
	}
	sign := "none changes its sign"
	if turned > 0 {
		sign = count(turned, "pair") + " may change sign"
	}
	return fmt.Sprintf("When any one lineage is left out, an overlap of raw performance moves by at most %s (%s), and %s; every "+
		"pair's range stands in @tab-pairs.", two(widest), name, sign)
}

// cohortTable has the share of the first component in each half of the models by what is known of them.
func cohortTable(r *axis.Result, files fileSet) *Table {
	t := &Table{ID: "cohorts", Title: "The general factor by cohort.",
		Columns: append(words("cohort"), numbers("models", "share of the first component")...),
		Caption: "Models cut at the median of what is known of them. Where the shares differ, so does what an " +
			"overlap without the " +
			"general factor is."}
	for _, f := range factsOf(r) {
		if strings.HasPrefix(f.Name, performance.CohortPrefix) {
			_, cohort, _ := strings.Cut(f.Title, " where ")
			t.Rows = append(t.Rows, []Cell{head(cohort), whole(f.N), number(f.Value, 2)})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return files.csv(t)
}

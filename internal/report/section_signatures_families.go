package report

import (
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/study"
)

// familiesTable sets overlaps within families beside those between them, as recipes compare functions of benchmarks: in sample,
// as published, and by what enters the map. It is made for recipes alone.
func familiesTable(s *perplexity.Report, r *axis.Result, o *study.Study, files fileSet) *Table {
	if o.Axes.Perplexity == nil || o.Axes.Perplexity.Recipe == "" || r.Primary() == nil || r.Variant(s.Selector) == nil {
		return nil
	}
	family := map[string]string{}
	var names []string
	for _, b := range o.Benchmarks {
		family[b.ID] = b.Family
		names = append(names, b.Family)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	t := &Table{ID: "families", Title: "Overlap within and between families.", Folded: true,
		Caption: "Mean over pairs of benchmarks, in sample as the recipe has it and as it enters the map.",
		Columns: append(words("family", "family"), numbers("n pairs", "in sample", "in the map")...)}
	for i, a := range names {
		for _, b := range names[i:] {
			own, n := meanBetween(r.Variant(s.Selector).Overlap, family, a, b)
			enters, m := meanBetween(r.Primary().Overlap, family, a, b)
			if n+m > 0 {
				t.Rows = append(t.Rows, []Cell{head(a), text(b), whole(max(n, m)), own, enters})
			}
		}
	}
	return files.filled(t)
}

// meanBetween is the mean overlap of the pairs of two families, or of one with itself, and how many there are.
func meanBetween(m *matrix.Labelled, family map[string]string, a, b string) (Cell, int) {
	var sum float64
	n := 0
	for i, x := range m.Rows {
		for j := range i {
			f, g := family[x], family[m.Rows[j]]
			if f == a && g == b || f == b && g == a {
				if v, ok := m.At(i, j); ok {
					sum, n = sum+v, n+1
				}
			}
		}
	}
	if n == 0 {
		return missing("no pair has an overlap"), 0
	}
	return number(sum/float64(n), 2), n
}

// familiesProse leads to the table.
func familiesProse(t *Table) string {
	if t == nil {
		return ""
	}
	return fmt.Sprintf("@tab-%s compares families of benchmarks.", t.ID)
}

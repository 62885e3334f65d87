package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// flagTable lists the labelled pairs with the parts of their tests; nil where there are none.
func (s pairs) flagTable() *Table {
	t := &Table{ID: "flags", Title: "Labelled pairs.",
		Caption: fmt.Sprintf("p is the largest of the label's one-sided parts, an intersection-union test [@berger1982]. It is "+
			"adjusted over %s: by BY [@benjamini2001], which decides at q = %s, and by BH beside it.",
			analysis.Corrected(), wording.Level(s.a.Correction.Q)),
		Columns: append(words("label", "benchmark", "benchmark"), numbers("p", "BY", "BH")...)}
	t.Columns = append(t.Columns, s.overlapColumns()...)
	for _, l := range labels() {
		for _, p := range s.a.Pairs {
			at := slices.IndexFunc(p.Flags, func(f analysis.Flag) bool { return f.Label == l && f.Flagged })
			if at < 0 {
				continue
			}
			f := p.Flags[at]
			row := []Cell{head(labelTitles[l]), s.link(p), text(s.title(p.B)), probability(&f.P, ""),
				probability(&f.BY, ""), probability(&f.BH, "")}
			t.Rows = append(t.Rows, append(row, s.overlapCells(p)...))
		}
	}
	return s.files.filled(t)
}

// link names a pair's first benchmark and leads to the pair's row where the page has one.
func (s pairs) link(p analysis.Pair) Cell {
	c := text(s.title(p.A))
	if len(s.a.Benchmarks) <= pairRows {
		c = c.to("#" + pairAnchor(s.a.Benchmarks, s.a.Benchmarks[p.A], s.a.Benchmarks[p.B]))
	}
	return c
}

// overlapNames lists the overlaps that pairs carry, g-free performance behind raw performance.
func (s pairs) overlapNames() []string {
	var out []string
	for _, a := range s.a.Axes {
		out = append(out, a)
		if a == axis.Performance && s.axes[a].Variant(gfree) != nil {
			out = append(out, a+"."+gfree)
		}
	}
	return out
}

// chosen says whether an overlap was chosen with the models' scores and stands beside what it is with models re-paired.
func (s pairs) chosen(overlap string) bool {
	r := s.axes[overlap]
	return r.Primary() != nil && r.Primary().Null != nil && r.Primary().Null.N > 0
}

func (s pairs) overlapColumns() []Column {
	var out []Column
	for _, o := range s.overlapNames() {
		out = append(out, Column{Title: shortTitle(o), Note: "overlap of " + axisTitle(o), Numeric: true})
		if s.chosen(o) {
			out = append(out, Column{Title: repairedTitle, Note: repairedNote(), Numeric: true}, Column{Title: "p",
				Note: "one-sided, against models re-paired, for this pair alone", Numeric: true})
		}
	}
	return out
}

func (s pairs) overlapCells(p analysis.Pair) []Cell {
	var out []Cell
	for _, o := range s.overlapNames() {
		e, ok := p.Overlaps[o]
		if !ok {
			e = stats.MissingEstimate("not computed", 0, "")
		}
		out = append(out, estimate(e, 2))
		if s.chosen(o) {
			out = append(out, repaired(e, 2), repairedP(e))
		}
	}
	return out
}

// table lists every pair; for many benchmarks the page has only the file.
func (s pairs) table() *Table {
	if len(s.a.Pairs) == 0 {
		return nil
	}
	t := &Table{ID: "pairs", Title: "All pairs.", Folded: true, Sortable: true, Columns: words("benchmark", "benchmark")}
	t.Columns = append(t.Columns, s.overlapColumns()...)
	if s.counted() {
		t.Columns = append(t.Columns, Column{Title: "n models", Note: "models that have both scores", Numeric: true})
	}
	if s.ranged() {
		t.Columns = append(t.Columns, Column{Title: "without a lineage", Numeric: true,
			Note: "performance when any one lineage of models is left out, least to most; sorted by the width"})
	}
	t.Columns = append(t.Columns, words("label", "kept from labels by")...)
	for _, p := range s.a.Pairs {
		x, y := s.a.Benchmarks[p.A], s.a.Benchmarks[p.B]
		row := append([]Cell{head(s.title(p.A)).at(pairAnchor(s.a.Benchmarks, x, y)), text(s.title(p.B))}, s.overlapCells(p)...)
		if s.counted() {
			row = append(row, whole(p.Overlaps[axis.Performance].N))
		}
		if s.ranged() {
			row = append(row, withoutLineage(p.Overlaps[axis.Performance]))
		}
		label := ""
		for i, l := range flagged(p) {
			if i > 0 {
				label += ", "
			}
			label += labelTitles[l]
		}
		t.Rows = append(t.Rows, append(row, text(label), text(keptBy(p))))
	}
	t.Caption = "In brackets: " + s.levels() + "intervals, where the axis gives them" + s.ofItemsOnly() +
		". Every measure of every axis is in " +
		"[overlaps.csv](" + s.overlapsCSV() + ")."
	s.files.csv(t)
	if len(s.a.Benchmarks) > pairRows {
		t.Caption += fmt.Sprintf(" The page leaves out its %s; they are in the file.", count(len(t.Rows), "row"))
		t.Rows = nil
	}
	return t
}

// keptBy says what keeps a pair from every label: an alarm, a test that is missing, or, of the label that it comes nearest to,
// the
// part that was shown least.
func keptBy(p analysis.Pair) string {
	if why := cmp.Or(p.Blocked, p.Untested); why != "" || len(flagged(p)) > 0 || len(p.Flags) == 0 {
		return why
	}
	nearest := slices.MinFunc(p.Flags, func(x, y analysis.Flag) int { return cmp.Compare(x.P, y.P) })
	part := slices.MaxFunc(nearest.Components, func(x, y string) int { return cmp.Compare(p.Tests[x], p.Tests[y]) })
	return fmt.Sprintf("Nearest to %s: %s has p = %s, adjusted %s.", labelTitles[nearest.Label],
		strings.ReplaceAll(part, ".", " "), pValue(p.Tests[part]), pValue(nearest.BY))
}

// ofItemsOnly counts the pairs whose semantic interval says nothing of other wordings.
func (s pairs) ofItemsOnly() string {
	n := 0
	for _, p := range s.a.Pairs {
		if p.Overlaps[axis.Semantic].Of != "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (semantic ones of %s are of items only: these benchmarks have too few wordings to say what "+
		"others would "+
		"give)", count(n, "pair"))
}

// counted says whether pairs rest on different models.
func (s pairs) counted() bool {
	v := s.axes[axis.Performance].Primary()
	return v != nil && v.Ns != nil
}

// ranged says whether it is known how overlaps depend on single lineages.
func (s pairs) ranged() bool {
	v := s.axes[axis.Performance].Primary()
	return v != nil && v.Least != nil
}

// withoutLineage shows where an overlap lies when any one lineage is left out.
func withoutLineage(e stats.Estimate) Cell {
	if e.Without == nil {
		return missing("no overlap is left without a lineage")
	}
	c := number(e.Without.Most-e.Without.Least, 2)
	c.Text = two(e.Without.Least) + " to " + two(e.Without.Most)
	return c
}

// levels are the levels of the intervals of pairs: "95 % "; empty where there are none.
func (s pairs) levels() string {
	var levels []string
	for _, p := range s.a.Pairs {
		for _, o := range s.overlapNames() {
			if e := p.Overlaps[o]; e.Level > 0 && !slices.Contains(levels, wording.Percent(e.Level)) {
				levels = append(levels, wording.Percent(e.Level))
			}
		}
	}
	if len(levels) == 0 {
		return ""
	}
	return and(levels) + " "
}

// overlapsCSV writes every measure of every pair, and names each for prose.
func (s pairs) overlapsCSV() string {
	rows := [][]string{{"axis", "measure", "a", "b", "value", "lower", "upper", "level", "n", "unit", "missing", "repaired",
		"repaired lower", "repaired upper", "repaired p", "interval of", "least without a lineage", "most without a lineage"}}
	for _, name := range s.a.Axes {
		r := s.axes[name]
		for i := range r.Variants {
			v := &r.Variants[i]
			for x := range s.a.Benchmarks {
				for y := x + 1; y < len(s.a.Benchmarks); y++ {
					rows = append(rows, s.overlapRow(name, v, x, y))
				}
			}
		}
	}
	return s.files.rawCSV("overlaps", rows)
}

func (s pairs) overlapRow(name string, v *axis.Variant, x, y int) []string {
	bx, by := s.a.Benchmarks[x], s.a.Benchmarks[y]
	row := append([]string{name, v.Name, s.title(x), s.title(y), "", "", "", "", fmt.Sprint(v.NOf(x, y)), v.Unit, ""},
		make([]string, 7)...)
	value, ok := v.Overlap.At(x, y)
	if !ok {
		row[10] = v.Overlap.Reason(x, y)
		return row
	}
	row[4] = full(value)
	out := Value{Path: "/overlap/" + name + "/" + v.Name + "/" + bx + "~" + by, Number: value, N: v.NOf(x, y),
		Anchor: "tab-pairs"}
	if len(s.a.Benchmarks) <= pairRows {
		out.Anchor = pairAnchor(s.a.Benchmarks, bx, by)
	}
	if v.Lo != nil && v.Hi != nil {
		lo, okLo := v.Lo.At(x, y)
		hi, okHi := v.Hi.At(x, y)
		if okLo && okHi {
			row[5], row[6], row[7] = full(lo), full(hi), full(v.Level)
			out.Lo, out.Hi = &lo, &hi
			if v.OfItemsOnly(x, y) {
				row[15] = axis.ItemsOnly
			}
		}
	}
	if v.Least != nil {
		if least, ok := v.Least.At(x, y); ok {
			most, _ := v.Most.At(x, y)
			row[16], row[17] = full(least), full(most)
		}
	}
	s.values.add(out)
	if e := stats.NewEstimate(value, v.NOf(x, y), v.Method).Against(v.Null.Pair(x, y)); e.NullRange != nil {
		row[11], row[12], row[13], row[14] = full(*e.Null), full(e.NullRange[0]), full(e.NullRange[1]), full(*e.P)
	}
	return row
}

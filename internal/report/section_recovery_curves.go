package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/report/chart"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// curvesPart is how recovery depends on models, items and exposure.
type curvesPart struct {
	c      *analysis.Curves
	files  fileSet
	values valueSet
}

// blocks are those of the part; none where no smaller studies were drawn.
func (s curvesPart) blocks() ([]Block, error) {
	if s.c == nil || len(s.c.Measures) == 0 {
		return nil, nil
	}
	f, err := s.figure()
	if err != nil {
		return nil, err
	}
	out := []Block{heading("How many models and items it takes")}
	if f != nil {
		out = append(out, prose(s.answer()...), Block{Figure: f}, Block{Table: s.needed()})
	} else if s.c.Few != "" {
		out = append(out, prose(esc(sentence(s.c.Few))))
	}
	out = append(out, Block{Table: s.items()}, Block{Table: s.exposures()}, list(s.left()))
	for _, p := range analysis.CurvesMethods() {
		out = append(out, prose(p...))
	}
	return out, nil
}

func curveLabel(c analysis.Curve) string { return c.Axis + ", " + c.Variant }

// answer says what the curves say.
func (s curvesPart) answer() []string {
	out := []string{analysis.CurveGoal(), s.from("clear of its null", func(c analysis.Curve) int { return c.Above })}
	if slices.ContainsFunc(s.c.Measures, func(c analysis.Curve) bool { return c.Above != c.Clear }) {
		out = append(out, s.from("reliable", func(c analysis.Curve) int { return c.Clear }))
	} else {
		out = append(out, "The same numbers of models make it reliable.")
	}
	return append(out, "@fig-curves shows the curves, @tab-needed the numbers.", s.doubtful(),
		fmt.Sprintf("That holds for what was planted here, in %s benchmarks: overlaps that are "+
			"weaker, or of fewer benchmarks, take more models.", group(s.c.Benchmarks)))
}

// doubtful names what stands clear of its null on subsets, and not in the whole study where benchmarks are drawn anew.
func (s curvesPart) doubtful() string {
	var of []string
	for _, c := range s.c.Measures {
		last := c.ByModels[len(c.ByModels)-1]
		if c.Above > 0 && last.Missing == "" && last.Range[0] <= last.NullTo[1] {
			of = append(of, esc(curveTitle(c)))
		}
	}
	if len(of) == 0 {
		return ""
	}
	return fmt.Sprintf("With other benchmarks it might be otherwise: of the whole study, the bootstrap over "+
		"benchmarks reaches the "+
		"null for %s.", and(of))
}

// from lists the overlaps by the fewest models with which something holds: "An overlap is reliable with 8 models for a and b."
func (s curvesPart) from(what string, least func(analysis.Curve) int) string {
	by := map[int][]string{}
	for _, c := range s.c.Measures {
		if c.Fixed == "" {
			by[least(c)] = append(by[least(c)], esc(curveTitle(c)))
		}
	}
	var parts []string
	for _, n := range s.sizes() {
		if by[n] != nil {
			parts = append(parts, fmt.Sprintf("from %s on for %s", count(n, "model"), and(by[n])))
		}
	}
	if by[0] != nil {
		parts = append(parts, fmt.Sprintf("at no size up to %d for %s", s.c.Models, and(by[0])))
	}
	if len(parts) == 0 {
		return ""
	}
	return "An overlap is " + what + " " + strings.Join(parts, ", ") + "."
}

// curveTitle names an overlap in a sentence.
func curveTitle(c analysis.Curve) string {
	title, _, _ := strings.Cut(c.Title, ":")
	return c.Axis + " (" + title + ")"
}

// sizes are the numbers of models at which some curve has a point.
func (s curvesPart) sizes() (out []int) {
	for _, c := range s.c.Measures {
		for _, p := range c.ByModels {
			out = append(out, int(p.At))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// figure draws a panel for every overlap; none where there is one size alone.
func (s curvesPart) figure() (*Figure, error) {
	sizes := s.sizes()
	if len(sizes) < 2 {
		return nil, nil
	}
	d := chart.CurvesData{Reference: stats.ChanceAUC, Min: 0, Max: 1}
	for _, n := range sizes {
		d.Ticks = append(d.Ticks, strconv.Itoa(n))
	}
	for _, c := range s.c.Measures {
		p := chart.CurvesPanel{Title: curveLabel(c), Axis: c.Axis}
		for _, n := range sizes {
			own, null := bands(c, n)
			p.Curve, p.Null = append(p.Curve, own), append(p.Null, null)
		}
		d.Panels = append(d.Panels, p)
	}
	f := &Figure{ID: "curves", Title: "Recovery by number of models.", Wide: true, Height: heightFor(d.Rows(), 190, 30),
		Caption: fmt.Sprintf("AUC against the number of models, the last that of the whole study (n = %s): median and the range "+
			"of subsets, in grey the same of the null; the dashed line is chance. What does not depend on models is drawn flat.",
			count(s.c.Models, "model")),
		Alt:   "Curves of the AUC of each overlap over numbers of models, with the band of its null.",
		Table: s.points("curves-data", "models", false, func(c analysis.Curve) []analysis.Point { return c.ByModels })}
	drawn, err := chart.Curves(d)
	if err != nil {
		return nil, err
	}
	s.files.draw(f, drawn)
	return f, nil
}

// bands are an overlap and its null at a number of models; of what is fixed, those of the whole study.
func bands(c analysis.Curve, models int) (own, null chart.Band) {
	at := slices.IndexFunc(c.ByModels, func(p analysis.Point) bool { return int(p.At) == models })
	if c.Fixed != "" {
		at = len(c.ByModels) - 1
	}
	if at < 0 || c.ByModels[at].Missing != "" {
		return chart.Band{None: true}, chart.Band{None: true}
	}
	p := c.ByModels[at]
	tip := func(what string, v float64, to [2]float64) string {
		return fmt.Sprintf("%s, %s: %s %s [%s, %s]", curveLabel(c), count(models, "model"), what, two(v), two(to[0]), two(to[1]))
	}
	return chart.Band{Middle: p.AUC, Lo: p.Range[0], Hi: p.Range[1], Tip: tip("AUC", p.AUC, p.Range)},
		chart.Band{Middle: p.Null, Lo: p.NullTo[0], Hi: p.NullTo[1], Tip: tip("null", p.Null, p.NullTo)}
}

// points lists those of one kind.
func (s curvesPart) points(id, at string, shares bool, of func(analysis.Curve) []analysis.Point) *Table {
	t := &Table{ID: id, Columns: append(words("axis", "measure"),
		numbers(at, "AUC", "lower", "upper", "null", "null lower", "null upper", "draws")...)}
	for _, c := range s.c.Measures {
		for _, p := range of(c) {
			place := number(p.At, 0)
			if shares {
				place = Cell{Text: wording.RoundedPercent(p.At), Value: &p.At}
			}
			t.Rows = append(t.Rows, append([]Cell{head(c.Axis), text(c.Variant), place}, pointCells(p)...))
		}
	}
	return s.files.filled(t)
}

// pointCells are a point's AUC and null with their ranges, and how many subsets they are of.
func pointCells(p analysis.Point) []Cell {
	if p.Missing != "" {
		return []Cell{missing(p.Missing), text(""), text(""), text(""), text(""), text(""), whole(p.Draws)}
	}
	draws := whole(p.Draws)
	if p.Whole {
		draws = text("whole study")
	}
	return []Cell{number(p.AUC, 3), number(p.Range[0], 3), number(p.Range[1], 3), number(p.Null, 3), number(p.NullTo[0], 3),
		number(p.NullTo[1], 3), draws}
}

// needed says how many models each overlap takes.
func (s curvesPart) needed() *Table {
	t := &Table{ID: "needed", Title: "Models that recovery takes.",
		Caption: "Fewest models, of the sizes drawn, at which the range lies above that of the null, and above the " +
			"AUC that the " +
			"text names.",
		Columns: append(words("axis", "measure", "what it is", "null"), numbers("clear of the null", "reliable")...)}
	for _, c := range s.c.Measures {
		null := "skills shuffled"
		if c.Repaired {
			null = "models re-paired"
		}
		at := anchor("needed", c.Axis, c.Variant)
		row := []Cell{head(c.Axis), text(c.Variant), text(c.Title), text(null)}
		for _, n := range []struct {
			name, title string
			models      int
		}{{"above", "clear of its null", c.Above}, {"clear", "reliable", c.Clear}} {
			switch {
			case c.Fixed != "":
				row = append(row, missing(c.Fixed))
			case n.models == 0:
				row = append(row, missing(fmt.Sprintf("at none of the sizes, up to %d models", s.c.Models)))
			default:
				row = append(row, whole(n.models).at(at))
				at = ""
				s.values.add(Value{Path: "/recovery/models/" + n.name + "/" + c.Axis + "/" + c.Variant,
					Title: "models with which " +
						c.Axis + " (" + c.Title + ") is " + n.title, Number: float64(n.models), N: s.c.Models,
					Anchor: anchor("needed", c.Axis, c.Variant)})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return s.files.filled(t)
}

// items is recovery from parts of the items.
func (s curvesPart) items() *Table {
	t := s.points("curves-items", "items", true, func(c analysis.Curve) []analysis.Point { return c.ByItems })
	if t != nil {
		t.Title, t.Caption = "Recovery by items.", "AUC from shares of each benchmark's items, with all models."
	}
	return t
}

// exposures is recovery by how much exposure differed.
func (s curvesPart) exposures() *Table {
	t := &Table{ID: "curves-exposure", Title: "Recovery by exposure.",
		Caption: "Pairs of one skill by how many times more its text was met by models who met it much than by " +
			"those who met it " +
			"little, against all pairs of different skills.",
		Columns: append(words("axis", "measure", "exposure"),
			numbers("pairs", "AUC", "lower", "upper", "null", "null lower", "null upper")...)}
	for _, c := range s.c.Measures {
		for k, p := range c.ByExposure {
			g := s.c.Groups[k]
			cells := pointCells(p)
			t.Rows = append(t.Rows, append([]Cell{head(c.Axis), text(c.Variant), text(ratio(g)), whole(g.Pairs)},
				cells[:len(cells)-1]...))
		}
	}
	return s.files.filled(t)
}

// ratio prints a group's strength: "4 times", "4 to 8 times".
func ratio(g analysis.ExposureGroup) string {
	least, most := num(g.Least, 1), num(g.Most, 1)
	if least == most {
		return least + " times"
	}
	return least + " to " + most + " times"
}

// left says what the curves leave out, and why.
func (s curvesPart) left() (out []string) {
	for _, c := range s.c.Measures {
		if c.Fixed != "" {
			out = append(out, esc(sentence(capital(curveTitle(c))+" is the same at every size: "+c.Fixed)))
		}
		if c.NoItems != "" {
			out = append(out, esc(sentence(capital(curveTitle(c))+" over items: "+c.NoItems)))
		}
	}
	if s.c.NoGroups != "" {
		out = append(out, esc(sentence("Nothing is said by exposure: "+s.c.NoGroups)))
	}
	return out
}

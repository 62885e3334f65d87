package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/report/chart"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// recoverySection is what the axes found of what was planted; only studies with a truth have it.
type recoverySection struct {
	r          *analysis.Recovery
	curves     *analysis.Curves
	benchmarks int
	a          *analysis.Analysis
	names      *axis.Labels
	files      fileSet
	values     valueSet
}

func (s recoverySection) write() (*Section, error) {
	if s.r == nil {
		return nil, nil
	}
	f, err := s.aucFigure()
	if err != nil {
		return nil, err
	}
	blocks := []Block{s.prose()}
	if f != nil {
		blocks = append(blocks, Block{Figure: f})
	}
	curves, err := curvesPart{s.curves, s.files, s.values}.blocks()
	if err != nil {
		return nil, err
	}
	blocks = append(blocks, Block{Table: s.aucTable()}, s.kindsProse(), Block{Table: s.kindTable()},
		Block{Table: s.plantedTable()}, Block{Table: s.wrongTable()}, list(escaped(s.r.Notes)))
	blocks = append(blocks, curves...)
	return newSection("recovery", "Recovery of what was planted", "Recovery", blocks...), nil
}

func (s recoverySection) prose() Block {
	s.values.add(Value{Path: "/recovery/shuffle", Title: "AUC of raw performance under shuffled skills",
		Anchor: "recovery"}.of(s.r.Shuffle))
	shuffle := ""
	if s.r.Shuffle.OK() {
		shuffle = fmt.Sprintf("With the planted skills shuffled among the benchmarks, raw performance reaches %s, as a blind "+
			"comparison must.", withInterval(s.r.Shuffle))
		if s.r.Shuffle.Level > 0 && (s.r.Shuffle.Lo > stats.ChanceAUC || s.r.Shuffle.Hi < stats.ChanceAUC) {
			shuffle = fmt.Sprintf("With the planted skills shuffled among the benchmarks, raw performance reaches %s; a blind "+
				"comparison would include %s, so these figures must not be trusted.", withInterval(s.r.Shuffle),
				wording.Number(stats.ChanceAUC))
		}
	}
	return prose(fmt.Sprintf("What was planted in this study is known (from %s), and nothing before this section has read it.",
		esc(s.r.Source)),
		analysis.RecoveryMethods().String(),
		"Read embeddings against the bag of words, and signatures against what they reach with models re-paired, when "+
			"nothing ties the text to the scores (@tab-auc).", s.signatures(), shuffle)
}

// signatures sets the AUC of every overlap that was chosen with the scores beside its null.
func (s recoverySection) signatures() string {
	var parts []string
	for _, u := range s.r.AUC {
		if e := u.Value; u.Target == "skill" && e.NullRange != nil {
			parts = append(parts, fmt.Sprintf("%s: %s as paired, re-paired %s (%s of %s between %s and %s; p = %s)",
				esc(u.Title), two(e.Value), two(*e.Null), percent(stats.NullLevel), count(u.Repaired, "re-pairing"),
				two(e.NullRange[0]), two(e.NullRange[1]),
				pValue(*e.P)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "AUCs of signatures: " + strings.Join(parts, "; ") + "."
}

// aucFigure draws the AUCs for planted skills, controls and baselines among them.
func (s recoverySection) aucFigure() (*Figure, error) {
	d := chart.IntervalData{Title: "AUC: same planted skill against different", Reference: stats.ChanceAUC, Min: 0, Max: 1}
	with := ""
	for _, u := range s.r.AUC {
		if u.Target != "skill" || !u.Value.OK() {
			continue
		}
		row := chart.Interval{Label: aucLabel(u), Axis: u.Axis, Value: u.Value.Value, Lo: u.Value.Value, Hi: u.Value.Value}
		if u.Value.Level > 0 {
			row.Lo, row.Hi = u.Value.Lo, u.Value.Hi
			with = " with " + wording.Percent(u.Value.Level) + " intervals"
		}
		row.Tip = fmt.Sprintf("%s: %s [%s, %s]", row.Label, two(row.Value), two(row.Lo), two(row.Hi))
		d.Rows = append(d.Rows, row)
	}
	if len(d.Rows) == 0 {
		return nil, nil
	}
	f := &Figure{ID: "recovery", Title: "Recovery by overlap.", Height: heightFor(len(d.Rows), 24, 70),
		Caption: fmt.Sprintf("AUC%s, n = %s; the dashed line is chance. Controls are marked: what stands no higher than its "+
			"control, or than the same with models re-paired, has shown nothing. The numbers are in @tab-auc.", with,
			count(s.benchmarks, "benchmark")),
		Alt: "Intervals of the AUC of every overlap, with a line at " + wording.Number(stats.ChanceAUC) + "."}
	drawn, err := chart.Intervals(d)
	if err != nil {
		return nil, err
	}
	s.files.draw(f, drawn)
	return f, nil
}

func aucLabel(u analysis.AUC) string {
	label := u.Axis + ", " + u.Variant
	if u.Baseline {
		label += " (control)"
	}
	return label
}

func (s recoverySection) aucTable() *Table {
	t := &Table{ID: "auc", Title: "Recovery of skills and surfaces.",
		Caption: "Same against different, by planted skill or by surface (wording). Distances enter with their sign turned. " +
			"Pairs: same and different. " + repairedNote(),
		Columns: append(words("axis", "measure", "what it is", "target"),
			append(numbers("AUC", "lower", "upper", repairedTitle, "re-pairings", "p", "same", "different"),
				words("control")...)...)}
	for _, u := range s.r.AUC {
		at := anchor("auc", u.Axis, u.Variant, u.Target)
		control := ""
		if u.Baseline {
			control = "control"
		}
		value, lo, hi := missing(u.Value.Missing), missing("no interval"), missing("no interval")
		if u.Value.OK() {
			value = number(u.Value.Value, 3)
		}
		if u.Value.OK() && u.Value.Level > 0 {
			lo, hi = number(u.Value.Lo, 3), number(u.Value.Hi, 3)
		}
		times := text("")
		if u.Repaired > 0 {
			times = whole(u.Repaired)
		}
		t.Rows = append(t.Rows, []Cell{head(u.Axis), text(u.Variant), text(u.Title), text(u.Target), value.at(at), lo, hi,
			repaired(u.Value, 3), times, repairedP(u.Value), whole(u.Positive), whole(u.Negative), text(control)})
		s.values.add(Value{Path: "/recovery/auc/" + u.Axis + "/" + u.Variant + "/" + u.Target, Title: "AUC of " + u.Axis + " (" +
			u.Title + "), " + u.Target, Anchor: at}.of(u.Value))
		s.values.addRepaired("/recovery/auc/"+u.Axis+"/"+u.Variant+"/"+u.Target, "AUC of "+u.Axis+" ("+u.Title+"), "+u.Target, at,
			u.Value)
	}
	return s.files.csv(t)
}

func (s recoverySection) kindsProse() Block {
	labels, none := s.expected(func(e string) bool { return e != "none" }), s.expected(func(e string) bool { return e == "none" })
	if labels.expected+none.expected == 0 {
		return prose("The truth names no pairs with an expected label.", s.against())
	}
	s.values.add(Value{Path: "/recovery/pairs/planted", Title: "labels that are expected of planted pairs, or none of one",
		Number: float64(labels.expected + none.expected), Anchor: "tab-kinds"})
	s.values.add(Value{Path: "/recovery/pairs/given",
		Title:  "labels that were expected of planted pairs, or none of one, and given",
		Number: float64(labels.given + none.given), N: labels.expected + none.expected, Anchor: "tab-kinds"})
	var parts []string
	if labels.expected > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s that are expected of %s", group(labels.given),
			count(labels.expected, "label"),
			count(labels.pairs, "pair")))
	}
	if none.expected > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s that are expected to stay without a label", group(none.given),
			count(none.expected, "pair")))
	}
	missed := cmp.Or(strings.TrimSpace(s.reach()+" "+s.absorbed()),
		"A label that was missed may have been out of reach: the validity section says what this study could see.")
	return prose("Judged as planted: "+and(parts)+" (@tab-kinds).", s.against(), missed)
}

// tally counts expectations of planted pairs.
type tally struct{ expected, given, pairs int }

// expected counts those that are asked for, of which the truth says anything.
func (s recoverySection) expected(asked func(string) bool) (t tally) {
	pairs := map[[2]string]bool{}
	for _, k := range s.r.Kinds {
		if k.Expected == "unknown" || !asked(k.Expected) {
			continue
		}
		t.expected, t.given = t.expected+k.Pairs, t.given+k.Given
		for _, p := range k.Details {
			pairs[[2]string{p.A, p.B}] = true
		}
	}
	t.pairs = len(pairs)
	return t
}

// against counts the labels that the truth contradicts, and the pairs of which it can be told.
func (s recoverySection) against() string {
	s.values.add(Value{Path: "/recovery/pairs/wrong", Title: "labels against the truth", Number: float64(len(s.r.Wrong)),
		N: s.r.Listed + s.r.Implied, Anchor: "recovery"})
	if s.r.Listed+s.r.Implied == 0 {
		return ""
	}
	of := fmt.Sprintf("Of %s that the truth names", count(s.r.Listed, "pair"))
	if s.r.Implied > 0 {
		of += fmt.Sprintf(", and of %s more of which its skills, exposures and surfaces say what would be wrong",
			group(s.r.Implied))
	}
	switch n := len(s.r.Wrong); n {
	case 0:
		return of + ", none carries a label against it."
	case 1:
		return of + ", one carries a label against it (@tab-wrong)."
	default:
		return fmt.Sprintf("%s, some carry labels against it, %s in all (@tab-wrong).", of, group(n))
	}
}

// absorbed says of the pairs that were planted as overlap without kinship and got no such label what is left of their overlap
// without the general factor; empty where nothing was missed, or the general factor is not why.
func (s recoverySection) absorbed() string {
	missed, raw, free := 0, 0.0, 0.0 // of the pairs whose part in performance was shown least
	for _, k := range s.r.Kinds {
		for _, p := range k.Details {
			if p.Expected != analysis.OverlapWithoutKinship || slices.Contains(p.Got, p.Expected) {
				continue
			}
			all, without, scores := s.overlaps(p.A, p.B)
			if all.OK() && without.OK() && scores {
				missed, raw, free = missed+1, raw+all.Value, free+without.Value
			}
		}
	}
	if missed == 0 || raw-free < absorbedFrom*float64(missed) {
		return ""
	}
	n := float64(missed)
	return fmt.Sprintf("Of the pairs that were planted to overlap without kinship, %s got no such label: they rank models "+
		"alike at %s "+
		"on average, and at %s without the general factor. That is what the label asks: the general factor is made of the "+
		"other benchmarks and takes out part of what many of them share, the planted exposure included. What it leaves takes "+
		"more models to be told from what one common factor gives; `sdmap power` says how many. @tab-held has it with "+
		"something else held constant.", spelt(missed), two(raw/n), two(free/n))
}

// absorbedFrom is how much smaller an overlap must be without the general factor, on average, for that to be named as the reason.
const absorbedFrom = 0.2

// overlaps are those of a pair in performance, with and without the general factor, and whether of overlap without kinship that
// is what was shown least.
func (s recoverySection) overlaps(x, y string) (raw, free stats.Estimate, scores bool) {
	for _, p := range s.a.Pairs {
		a, b := s.a.Benchmarks[p.A], s.a.Benchmarks[p.B]
		if a == x && b == y || a == y && b == x {
			high := p.Tests["performance.high"]
			for _, f := range p.Flags {
				scores = scores || f.Label == analysis.OverlapWithoutKinship && f.P <= high
			}
			return p.Overlaps[axis.Performance], p.Overlaps[axis.Performance+"."+performance.GFree], scores
		}
	}
	return raw, free, false
}

func (s recoverySection) kindTable() *Table {
	if len(s.r.Kinds) == 0 {
		return nil
	}
	t := &Table{ID: "kinds", Title: "Planted pairs by kind.",
		Columns: append(words("kind", "expected label"), numbers("pairs", "as planted")...)}
	for _, k := range s.r.Kinds {
		given := whole(k.Given)
		if k.Expected == "unknown" {
			given = text("not judged")
		}
		t.Rows = append(t.Rows, []Cell{head(k.Kind), text(labelTitle(k.Expected)), whole(k.Pairs), given})
	}
	return s.files.csv(t)
}

func labelTitle(l string) string {
	if s, ok := labelTitles[l]; ok {
		return s
	}
	return l
}

func (s recoverySection) plantedTable() *Table {
	t := &Table{ID: "planted", Title: "Every planted pair.", Folded: true,
		Columns: words("kind", "benchmark", "benchmark", "name", "expected", "given", "kept from labels by")}
	for _, k := range s.r.Kinds {
		for _, p := range k.Details {
			var got []string
			for _, g := range p.Got {
				got = append(got, labelTitle(g))
			}
			if len(got) == 0 {
				got = []string{"none"}
			}
			t.Rows = append(t.Rows, []Cell{head(k.Kind), text(s.names.Benchmark(p.A)), text(s.names.Benchmark(p.B)), text(p.Name),
				text(labelTitle(p.Expected)),
				text(strings.Join(got, ", ")), text(p.Blocked)})
		}
	}
	return s.files.filled(t)
}

func (s recoverySection) wrongTable() *Table {
	if len(s.r.Wrong) == 0 {
		return nil
	}
	t := &Table{ID: "wrong", Title: "Labels against the truth.", Columns: words("benchmark", "benchmark", "given", "truth")}
	for _, w := range s.r.Wrong {
		t.Rows = append(t.Rows, []Cell{head(s.names.Benchmark(w.A)), text(s.names.Benchmark(w.B)), text(labelTitle(w.Label)),
			text(labelTitle(w.Truth))})
	}
	return s.files.csv(t)
}

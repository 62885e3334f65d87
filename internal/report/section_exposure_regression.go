package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/report/chart"
	"sdmap/internal/stats"
)

// explained is the part of the section on exposure that regresses overlap on all that may explain it.
type explained struct {
	e      *analysis.Explained
	names  *axis.Labels
	files  fileSet
	values valueSet
}

// blocks are empty where nothing was regressed.
func (s explained) blocks() ([]Block, error) {
	if s.e == nil {
		return nil, nil
	}
	if why := s.e.Regression.Missing; why != "" {
		return []Block{prose("The overlap of scores could not be regressed on the other measures: " + esc(why) + ".")}, nil
	}
	f, err := s.figure()
	if err != nil {
		return nil, err
	}
	out := []Block{s.prose(f != nil)}
	if f != nil {
		out = append(out, Block{Figure: f})
	}
	return append(out, Block{Table: s.table()}, absentList(s.e.Absent, s.names)), nil
}

// prose answers the section's title in sentences that can be cited.
func (s explained) prose(drawn bool) Block {
	r := s.e.Regression
	lead := fmt.Sprintf("@tab-mrqap regresses %s on everything else that is known of two benchmarks, all at once, over %s of %s "+
		"[@dekker2007].", s.response(), count(r.Pairs, "pair"), count(r.Benchmarks, "benchmark"))
	if drawn {
		lead += " @fig-mrqap sets each t beside the t of permuted labels."
	}
	whole := fmt.Sprintf("Together they explain %s of its variance over pairs; %s is shared between them.", share(s.e.R2),
		percent(r.Shared))
	if r.Shared < 0 {
		whole = fmt.Sprintf("Together they explain %s of its variance over pairs, more than their own parts sum to: "+
			"some are hidden "+
			"behind others.", share(s.e.R2))
	}
	out := prose(lead, s.answer(), whole, s.beside())
	out.Prose = heading("What overlap goes with").Prose + "\n\n" + out.Prose
	return out
}

func (s explained) response() string {
	if s.e.Response == axis.Performance {
		return "the overlap of scores"
	}
	return "the overlap of scores without the general factor"
}

// share prints a part of R^2 in percent with its interval.
func share(e stats.Estimate) string {
	if e.Level == 0 {
		return percent(e.Value)
	}
	return fmt.Sprintf("%s (%s interval %s to %s)", percent(e.Value), percent(e.Level), percent(e.Lo), percent(e.Hi))
}

// answer says which predictors overlap goes with or against, given the others, and which it is not shown to go with.
func (s explained) answer() string {
	var with, against, not []string
	for k, c := range s.e.Regression.Coefficients {
		p := s.e.Holm[k]
		if p == nil || c.Replaced > 0 {
			continue
		}
		said := fmt.Sprintf("%s (β = %s, p = %s)", esc(c.Title), two(c.Beta.Value), pValue(*p))
		switch {
		case *p > analysis.AgreementLevel:
			not = append(not, esc(c.Title))
		case c.Beta.Value > 0:
			with = append(with, "with "+said)
		default:
			against = append(against, "against "+said)
		}
	}
	what := capital(s.response())
	if len(with)+len(against) == 0 {
		if len(not) == 0 {
			return ""
		}
		return fmt.Sprintf("%s is not shown to go with any of them, the others held: %s.", what, and(not))
	}
	text := fmt.Sprintf("%s goes %s, the others held; p is two-sided, from permuted labels, after Holm's correction.", what,
		and(append(with, against...)))
	if len(not) > 0 {
		text += fmt.Sprintf(" It is not shown to go with %s.", and(not))
	}
	return text
}

// beside says what the predictors that were chosen with the scores would add, and what the choice makes of them by itself.
func (s explained) beside() string {
	var parts []string
	for k, c := range s.e.Regression.Coefficients {
		if !c.Beta.OK() || c.Untested == "" && c.Replaced == 0 {
			continue
		}
		what, of := "Not among them, and without a p", "; "+esc(c.Untested)+"."
		if c.Replaced > 0 {
			what, of = "Not among them, since it was chosen with the scores", ". "+s.repaired(c, s.e.Holm[k])
		}
		parts = append(parts, fmt.Sprintf("%s: %s (β = %s beside them, %s more)%s", what, esc(c.Title), two(c.Beta.Value),
			percent(s.e.Unique[k].Value), of))
	}
	return strings.Join(parts, " ")
}

// repaired sets a predictor's t beside what it is with models re-paired. That it is larger says that the text is tied to the
// scores, and not that no other predictor explains the tie.
func (s explained) repaired(c stats.Coefficient, holm *float64) string {
	text := fmt.Sprintf("Its t is %s, and with models re-paired %s (central part %s to %s over %s): p = %s, one-sided, and %s "+
		"after Holm's correction.", two(c.T), two(c.NullMid), two(c.NullLo), two(c.NullHi), count(c.Replaced, "re-pairing"),
		pValue(*c.Beta.P), pValue(*holm))
	if *holm > analysis.AgreementLevel {
		return text + " That it goes with the overlap by more than the choice makes is not shown."
	}
	return text + " It goes with the overlap by more than the choice makes, for a tie of its own or for one that " +
		"it shares with the others."
}

// ifRepaired is a text where a predictor stands against re-paired models, and empty where none does.
func (s explained) ifRepaired(text string) string {
	if slices.ContainsFunc(s.e.Regression.Coefficients, func(c stats.Coefficient) bool { return c.Replaced > 0 }) {
		return text
	}
	return ""
}

func (s explained) table() *Table {
	r := s.e.Regression
	t := &Table{ID: "mrqap", Title: "What the overlap of scores goes with.",
		Caption: fmt.Sprintf("Response: %s. β is standardised. p by double semi-partialing over %s: one-sided (greater), "+
			"two-sided, and after Holm's correction of the two-sided. Null: the central part of t under permutation. Own "+
			"part: of R², beyond all others. What was chosen with the scores stands last, beside the others%s.", s.response(),
			permutations(r), s.ifRepaired("; its p, one-sided, and its null are of re-paired models")),
		Columns: append(words("predictor"), numbers("β", "t", "null, lower", "null, upper", "p, greater", "p, two-sided",
			"p, Holm",
			"p within families", "own part of R²")...)}
	if s.e.Within != nil {
		t.Caption += fmt.Sprintf(" Within families: two-sided, over %s within families alone.", permutations(*s.e.Within))
	}
	for k, c := range r.Coefficients {
		t.Rows = append(t.Rows, s.row(k, c))
	}
	return s.files.csv(t)
}

// countable is the number of permutations up to which they are counted out.
const countable = 1_000_000

// permutations says how often labels were permuted, and of how many ways to do so.
func permutations(r stats.Regression) string {
	if r.Exact {
		return fmt.Sprintf("all %s of labels", count(r.Permutations, "permutation"))
	}
	of := "more than a million"
	if r.Distinct <= countable {
		of = group(int(r.Distinct))
	}
	return fmt.Sprintf("%s of labels, drawn from %s", count(r.Permutations, "permutation"), of)
}

func (s explained) row(k int, c stats.Coefficient) []Cell {
	at := anchor("mrqap", c.Name)
	row := []Cell{head(c.Title), estimate(c.Beta, 2).at(at)}
	if !c.Beta.OK() {
		for range 8 {
			row = append(row, missing(c.Beta.Missing))
		}
		return row
	}
	lo, hi := missing(c.Untested), missing(c.Untested)
	if c.Beta.P != nil {
		lo, hi = number(c.NullLo, 2), number(c.NullHi, 2)
	}
	twoSided := c.Untested
	if c.Replaced > 0 {
		twoSided = "re-paired models make overlaps alike, so their null does not lie about zero"
	}
	within := missing(cmp.Or(twoSided, "families leave too few permutations"))
	if w := s.e.Within; w != nil && k < len(w.Coefficients) {
		within = probability(w.Coefficients[k].TwoSided, w.Coefficients[k].Untested)
	}
	s.values.add(Value{Path: "/mrqap/" + c.Name + "/beta", Title: "standardised coefficient of " + c.Title,
		Anchor: at}.of(c.Beta))
	s.values.add(Value{Path: "/mrqap/" + c.Name + "/own", Title: "part of R² of " + c.Title + " alone",
		Anchor: at}.of(s.e.Unique[k]))
	if p := s.e.Holm[k]; p != nil {
		s.values.add(Value{Path: "/mrqap/" + c.Name + "/p", Title: "p of " + c.Title + " after Holm's correction",
			Number: *p,
			N:      c.Beta.N, Anchor: at})
	}
	return append(row, number(c.T, 2), lo, hi, probability(c.Beta.P, c.Untested), probability(c.TwoSided, twoSided),
		probability(s.e.Holm[k], c.Untested), within, estimate(s.e.Unique[k], 3))
}

// figure draws each t as a point on the interval of its null; nil where no predictor has one.
func (s explained) figure() (*Figure, error) {
	d := chart.IntervalData{Title: "t, and its central part under permuted labels"}
	for _, c := range s.e.Regression.Coefficients {
		if c.Beta.P == nil {
			continue
		}
		d.Rows = append(d.Rows, chart.Interval{Label: c.Name, Axis: axisOfPredictor(c.Name), Value: c.T, Lo: c.NullLo,
			Hi:  c.NullHi,
			Tip: fmt.Sprintf("%s: t = %s, null %s to %s", c.Title, two(c.T), two(c.NullLo), two(c.NullHi))})
		d.Min, d.Max = min(d.Min, c.T, c.NullLo), max(d.Max, c.T, c.NullHi)
	}
	if len(d.Rows) == 0 {
		return nil, nil
	}
	d.Min, d.Max = math.Floor(d.Min), math.Ceil(d.Max)
	f := &Figure{ID: "mrqap", Title: "What overlap goes with, beside its null.", Height: heightFor(len(d.Rows), 24, 70),
		Caption: fmt.Sprintf("Points are t of the regression in @tab-mrqap, n = %s; bars hold the central part of t "+
			"when the labels "+
			"of a predictor's residuals are permuted%s. A point on its bar shows nothing.",
			count(s.e.Regression.Pairs, "pair"), s.ifRepaired(", or models are re-paired where it was chosen with the scores")),
		Alt: "Points of t by predictor, each with the interval of its permutation null."}
	drawn, err := chart.Intervals(d)
	if err != nil {
		return nil, err
	}
	s.files.draw(f, drawn)
	return f, nil
}

// axisOfPredictor is the axis whose colour a predictor has; others have none.
func axisOfPredictor(name string) string {
	switch name {
	case "familiarity", "signature":
		return axis.Perplexity
	case "semantic", "vocabulary":
		return axis.Semantic
	case "neural":
		return axis.Neural
	}
	return ""
}

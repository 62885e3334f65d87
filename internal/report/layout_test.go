package report

import (
	"strings"
	"testing"

	"sdmap/internal/bibtex"
	"sdmap/internal/narrative"
)

// page is a report of two sections: a figure and a row of two in the first, a table in the second.
func page() *layout {
	figure := func(id string) *Figure { return &Figure{ID: id, Table: &Table{ID: id + "-data"}} }
	return newLayout([]*Section{
		newSection("map", "The map", "", Block{Figure: figure("map")},
			Block{Figures: &FigureRow{ID: "row", Figures: []*Figure{figure("left"), figure("right")}}}),
		newSection("methods", "Methods", "", prose("See @tab-tests."), Block{Table: &Table{ID: "tests", Caption: "@fig-left"}}),
	})
}

// shape is the anchors and the prose of a page in reading order.
func shape(l *layout) string {
	var out []string
	for _, s := range l.sections() {
		out = append(out, s.ID+":")
		for _, b := range s.Blocks {
			switch {
			case b.Figure != nil:
				out = append(out, "fig-"+b.Figure.ID)
			case b.Table != nil:
				out = append(out, "tab-"+b.Table.ID)
			case b.Figures != nil:
				out = append(out, "row")
				for _, f := range b.Figures.Figures {
					out = append(out, "row-"+f.ID)
				}
			default:
				out = append(out, "'"+b.Prose+"'")
			}
		}
	}
	return strings.Join(out, " ")
}

func TestWhatTheAuthorAsksForMoves(t *testing.T) {
	for name, c := range map[string]struct {
		authored narrative.Authored
		want     string
	}{
		"nothing": {narrative.Authored{}, "map: fig-map row row-left row-right methods: 'See @tab-tests.' tab-tests"},
		"a table, before another section": {narrative.Authored{Before: map[string][]narrative.Part{
			"map": {{Prose: "Mine."}, {Table: "tests"}}}},
			"map: 'Mine.' tab-tests fig-map row row-left row-right methods: 'See @tab-tests.'"},
		"one of a row, twice": {narrative.Authored{Free: []narrative.Chapter{{ID: "text-a", Parts: []narrative.Part{
			{Figure: "left"}, {Prose: "Again."}, {Figure: "left"}}}}},
			"map: fig-map row row-right text-a: fig-left 'Again.' 'See [Figure 3](#fig-left).' methods: 'See " +
				"@tab-tests.' tab-tests"},
		"a whole row, and what is not there": {narrative.Authored{Before: map[string][]narrative.Part{
			"methods": {{Figure: "right"}, {Figure: "left"}, {Figure: "none"}}}},
			"map: fig-map methods: fig-right fig-left 'See @tab-tests.' tab-tests"},
	} {
		l := page()
		l.place(c.authored)
		l.number()
		if got := shape(l); got != c.want {
			t.Errorf("%s: the page is\n%s, want\n%s", name, got, c.want)
		}
	}
}

func TestReferencesFollowWhatMoved(t *testing.T) {
	l := page()
	l.place(narrative.Authored{Before: map[string][]narrative.Part{"map": {{Table: "tests"}, {Figure: "right"}}}})
	cited := &citations{sources: map[string]bibtex.Entry{"wu2025": {}}, seen: map[string]bool{}}
	refs := &references{cited: cited}
	refs.figures, refs.tables = l.number()
	l.eachText(refs.fill)
	if got := l.drafts[1].Blocks[0].Prose; got != "See [Table 1](#tab-tests)." {
		t.Errorf("prose became %q", got)
	}
	if got := l.tables["tests"].Caption; got != "[Figure 3](#fig-left)" {
		t.Errorf("the caption of a table that moved became %q", got)
	}
	text := `@fig-none, a@fig-map, \@fig-map [@wu2025; @wu2025]`
	refs.fill(&text)
	if strings.Join(refs.dangling, " ") != "fig-none" || strings.Join(cited.keys, " ") != "wu2025" {
		t.Errorf("dangling %v, cited %v", refs.dangling, cited.keys)
	}
	if !strings.Contains(text, `a@fig-map, \@fig-map (`) {
		t.Errorf("what is no reference became %q", text)
	}
}

func TestFaultyReportsAreRefused(t *testing.T) {
	cell := func(anchor string) *Table { return &Table{ID: "t-" + anchor, Rows: [][]Cell{{{Anchor: anchor}}}} }
	sound := func() *Report {
		return &Report{Sections: []Section{{ID: "map", Blocks: []Block{{Figure: &Figure{ID: "map"}}, {Table: cell("a")}}}}}
	}
	if err := check(sound(), nil); err != nil {
		t.Errorf("a sound report: %v", err)
	}
	for name, b := range map[string]Block{"figure": {Figure: &Figure{ID: "map"}}, "table": {Table: &Table{ID: "t-a"}},
		"cell": {Table: &Table{ID: "other", Rows: [][]Cell{{{Anchor: "a"}}}}},
		"card": {Cards: []Card{{Body: []Block{{Table: cell("map")}}}}}} {
		r := sound()
		r.Sections[0].Blocks = append(r.Sections[0].Blocks, b)
		if err := check(r, nil); err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("the anchor of a %s that is there already: %v", name, err)
		}
	}
	if err := check(sound(), []string{"tab-none"}); err == nil || !strings.Contains(err.Error(), "tab-none") {
		t.Errorf("a reference that leads nowhere: %v", err)
	}
}

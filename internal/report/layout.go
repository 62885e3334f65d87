package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sdmap/internal/narrative"
)

// draft is a section before figures and tables have their numbers: what the author put in front, then what was generated.
type draft struct {
	*Section
	front []narrative.Part
}

// layout is the order of the page while the author's text is put into it.
type layout struct {
	generated []*draft
	drafts    []*draft           // those and the chapters of the author's own, in reading order
	figures   map[string]*Figure // that the author placed, by id
	tables    map[string]*Table
}

func newLayout(generated []*Section) *layout {
	l := &layout{figures: map[string]*Figure{}, tables: map[string]*Table{}}
	for _, s := range generated {
		l.generated = append(l.generated, &draft{Section: s})
	}
	l.drafts = l.generated
	return l
}

// place sorts the author's parts into the drafts; chapters of the author's own stand before Methods.
func (l *layout) place(authored narrative.Authored) {
	for _, d := range l.generated {
		d.front = authored.Before[d.ID]
	}
	var free []*draft
	for _, c := range authored.Free {
		free = append(free, &draft{&Section{ID: c.ID, Title: c.Title, Short: c.Title}, c.Parts})
	}
	at := slices.IndexFunc(l.generated, func(d *draft) bool { return d.ID == "methods" })
	l.drafts = slices.Concat(l.generated[:at], free, l.generated[at:])
	l.move()
}

// refresh puts the second reading's words, which have the right numbers, in place of the first's.
func (l *layout) refresh(authored narrative.Authored) {
	kept := map[*draft]bool{}
	for _, d := range l.generated {
		d.front, kept[d] = authored.Before[d.ID], true
	}
	i := 0
	for _, d := range l.drafts {
		if !kept[d] {
			d.front = authored.Free[i].Parts
			i++
		}
	}
}

// asked lists the figures and tables that the author placed, as "figure map".
func (l *layout) asked() map[string]bool {
	out := map[string]bool{}
	for _, d := range l.drafts {
		for _, p := range d.front {
			if p.Figure != "" {
				out["figure "+p.Figure] = true
			}
			if p.Table != "" {
				out["table "+p.Table] = true
			}
		}
	}
	return out
}

// move takes what the author asked for out of its generated place, and keeps it for sections.
func (l *layout) move() {
	asked := l.asked()
	for _, d := range l.drafts {
		d.Blocks = slices.DeleteFunc(d.Blocks, func(x Block) bool {
			if f := x.Figure; f != nil && asked["figure "+f.ID] {
				l.figures[f.ID] = f
				return true
			}
			if t := x.Table; t != nil && asked["table "+t.ID] {
				l.tables[t.ID] = t
				return true
			}
			return x.Figures != nil && l.moveOf(x.Figures, asked)
		})
	}
}

// moveOf does so with the figures of a row, and says whether none is left.
func (l *layout) moveOf(row *FigureRow, asked map[string]bool) bool {
	row.Figures = slices.DeleteFunc(row.Figures, func(f *Figure) bool {
		if asked["figure "+f.ID] {
			l.figures[f.ID] = f
		}
		return asked["figure "+f.ID]
	})
	return len(row.Figures) == 0
}

// number numbers figures and tables in reading order; a figure's own data table has no number.
func (l *layout) number() (figures, tables map[string]int) {
	figures, tables = map[string]int{}, map[string]int{}
	figure := func(f *Figure) {
		if f != nil && figures[f.ID] == 0 {
			figures[f.ID] = len(figures) + 1
			f.Number = figures[f.ID]
		}
	}
	table := func(t *Table) {
		if t != nil && tables[t.ID] == 0 {
			tables[t.ID] = len(tables) + 1
			t.Number = tables[t.ID]
		}
	}
	for _, d := range l.drafts {
		for _, p := range d.front {
			figure(l.figures[p.Figure])
			table(l.tables[p.Table])
		}
		for i := range d.Blocks {
			figure(d.Blocks[i].Figure)
			if d.Blocks[i].Figures != nil {
				for _, f := range d.Blocks[i].Figures.Figures {
					figure(f)
				}
			}
			table(d.Blocks[i].Table)
		}
	}
	return figures, tables
}

// eachText visits every generated text that may hold references, wherever it stands; code holds none.
func (l *layout) eachText(visit func(*string)) {
	for _, d := range l.drafts {
		for i := range d.Blocks {
			x := &d.Blocks[i]
			if !strings.HasPrefix(x.Prose, "```") {
				visit(&x.Prose)
			}
			figureTexts(x.Figure, visit)
			tableText(x.Table, visit)
			if x.Figures != nil {
				visit(&x.Figures.Legend)
				for _, f := range x.Figures.Figures {
					figureTexts(f, visit)
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.figures)) {
		figureTexts(l.figures[id], visit)
	}
	for _, id := range slices.Sorted(maps.Keys(l.tables)) {
		tableText(l.tables[id], visit)
	}
}

func figureTexts(f *Figure, visit func(*string)) {
	if f == nil {
		return
	}
	visit(&f.Caption)
	tableText(f.Table, visit)
	for _, v := range f.Views {
		tableText(v.Table, visit)
	}
}

func tableText(t *Table, visit func(*string)) {
	if t != nil {
		visit(&t.Caption)
	}
}

// sections turns drafts into sections. What the author asks for a second time is referred to.
func (l *layout) sections() []Section {
	var out []Section
	shown := map[string]bool{}
	for _, d := range l.drafts {
		var front []Block
		for _, p := range d.front {
			if x, ok := l.block(p, shown); ok {
				front = append(front, x)
			}
		}
		d.Blocks = append(front, d.Blocks...)
		out = append(out, *d.Section)
	}
	return out
}

// block is what stands for one of the author's parts; shown are the anchors of those that stand in front of it.
func (l *layout) block(p narrative.Part, shown map[string]bool) (x Block, ok bool) {
	once := func(id string, x Block, word string, number int) (Block, bool) {
		if shown[id] {
			return Block{Prose: fmt.Sprintf("See [%s %d](#%s).", word, number, id)}, true
		}
		shown[id] = true
		return x, true
	}
	switch f, t := l.figures[p.Figure], l.tables[p.Table]; {
	case p.Prose != "":
		return Block{Prose: p.Prose}, true
	case f != nil:
		return once("fig-"+f.ID, Block{Figure: f}, "Figure", f.Number)
	case t != nil:
		return once("tab-"+t.ID, Block{Table: t}, "Table", t.Number)
	}
	return Block{}, false
}

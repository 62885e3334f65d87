package report

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/narrative"
)

// compose puts the author's text in its place, numbers figures and tables in reading order, and fills in the references of
// generated prose. The author's text is read twice: figures that it asks for move, and so the numbers that it cites are
// known only after the first reading.
func (b *builder) compose() diag.List {
	names := b.names(b.count())
	generated := b.drafts
	authored, found := narrative.Read(b.authorFile(), b.in.Narrative, names)
	b.place(generated, authored)
	names = b.names(b.count())
	b.resolve(names)
	if len(b.in.Narrative) > 0 {
		authored, found = narrative.Read(b.authorFile(), b.in.Narrative, names)
		b.refresh(generated, authored)
	}
	for _, key := range authored.Cited {
		b.mark(key)
	}
	if authored.Abstract != "" {
		b.r.Abstract = authored.Abstract
	}
	b.finish()
	return found
}

func (b *builder) authorFile() string { return cmp.Or(b.in.Study.Report.Narrative, "narrative.md") }

// names lists what text may refer to.
func (b *builder) names(figures, tables map[string]int) narrative.Names {
	n := narrative.Names{Figures: figures, Tables: tables, Sources: b.sources, Paths: slices.Sorted(maps.Keys(b.values)),
		Value: func(path string) (float64, string, bool) {
			v, ok := b.values[path]
			return v.Number, v.Anchor, ok
		}}
	for _, d := range b.drafts {
		if !strings.HasPrefix(d.ID, "text-") {
			n.Sections = append(n.Sections, d.ID)
		}
	}
	return n
}

// place sorts the author's parts into the drafts; chapters of the author's own stand before Methods.
func (b *builder) place(generated []*draft, authored narrative.Authored) {
	for _, d := range generated {
		d.front = authored.Before[d.ID]
	}
	var free []*draft
	for _, c := range authored.Free {
		free = append(free, &draft{Section: Section{ID: c.ID, Title: c.Title, Short: c.Title}, front: c.Parts})
	}
	at := slices.IndexFunc(generated, func(d *draft) bool { return d.ID == "methods" })
	b.drafts = slices.Concat(generated[:at], free, generated[at:])
	b.move()
}

// refresh puts the second reading's words, which have the right numbers, in place of the first's.
func (b *builder) refresh(generated []*draft, authored narrative.Authored) {
	kept := map[*draft]bool{}
	for _, d := range generated {
		d.front, kept[d] = authored.Before[d.ID], true
	}
	i := 0
	for _, d := range b.drafts {
		if !kept[d] {
			d.front = authored.Free[i].Parts
			i++
		}
	}
}

// asked lists the figures and tables that the author placed, as "figure map".
func (b *builder) asked() map[string]bool {
	out := map[string]bool{}
	for _, d := range b.drafts {
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

// move takes what the author asked for out of its generated place, and keeps it for finish.
func (b *builder) move() {
	asked := b.asked()
	b.movedFigures, b.movedTables = map[string]*Figure{}, map[string]*Table{}
	for _, d := range b.drafts {
		d.Blocks = slices.DeleteFunc(d.Blocks, func(x Block) bool {
			if f := x.Figure; f != nil && asked["figure "+f.ID] {
				b.movedFigures[f.ID] = f
				return true
			}
			if t := x.Table; t != nil && asked["table "+t.ID] {
				b.movedTables[t.ID] = t
				return true
			}
			if x.Figures == nil {
				return false
			}
			x.Figures.Figures = slices.DeleteFunc(x.Figures.Figures, func(f *Figure) bool {
				if asked["figure "+f.ID] {
					b.movedFigures[f.ID] = f
				}
				return asked["figure "+f.ID]
			})
			return len(x.Figures.Figures) == 0
		})
	}
}

// count numbers figures and tables in reading order; a figure's own data table has no number.
func (b *builder) count() (figures, tables map[string]int) {
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
	for _, d := range b.drafts {
		for _, p := range d.front {
			figure(b.movedFigures[p.Figure])
			table(b.movedTables[p.Table])
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

var (
	crossPattern = regexp.MustCompile(`(^|[^\\\w])@(fig|tab)-([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)`)
	citePattern  = regexp.MustCompile(`\[(@[\w:.-]+(?:; @[\w:.-]+)*)\]`)
)

// resolve fills in figure numbers and citations of generated text. Text from outside cannot be taken for either, because
// its "@" and "[" are escaped.
func (b *builder) resolve(names narrative.Names) {
	fill := func(s *string) { *s = b.filled(*s, names) }
	table := func(t *Table) {
		if t != nil {
			fill(&t.Caption)
		}
	}
	figure := func(f *Figure) {
		if f == nil {
			return
		}
		fill(&f.Caption)
		table(f.Table)
		for _, v := range f.Views {
			table(v.Table)
		}
	}
	for _, d := range b.drafts {
		for i := range d.Blocks {
			x := &d.Blocks[i]
			if !strings.HasPrefix(x.Prose, "```") {
				fill(&x.Prose)
			}
			figure(x.Figure)
			table(x.Table)
			if x.Figures != nil {
				fill(&x.Figures.Legend)
				for _, f := range x.Figures.Figures {
					figure(f)
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.movedFigures)) {
		figure(b.movedFigures[id])
	}
	for _, id := range slices.Sorted(maps.Keys(b.movedTables)) {
		table(b.movedTables[id])
	}
}

func (b *builder) filled(s string, names narrative.Names) string {
	s = crossPattern.ReplaceAllStringFunc(s, func(m string) string {
		p := crossPattern.FindStringSubmatch(m)
		word, number := "Figure", names.Figures[p[3]]
		if p[2] == "tab" {
			word, number = "Table", names.Tables[p[3]]
		}
		if number == 0 {
			b.dangling = append(b.dangling, p[2]+"-"+p[3])
		}
		return fmt.Sprintf("%s[%s %d](#%s-%s)", p[1], word, number, p[2], p[3])
	})
	return citePattern.ReplaceAllStringFunc(s, func(m string) string {
		var out []string
		for _, k := range strings.Split(strings.Trim(m, "[]"), "; ") {
			key := strings.TrimPrefix(k, "@")
			b.mark(key)
			out = append(out, "["+esc(b.sources[key].Short())+"](#"+"ref-"+key+")")
		}
		return "(" + strings.Join(out, "; ") + ")"
	})
}

func (b *builder) mark(key string) {
	if !b.marked[key] {
		b.marked[key] = true
		b.cited = append(b.cited, key)
	}
}

// finish turns drafts into sections. What the author asks for a second time is referred to.
func (b *builder) finish() {
	shown := map[string]bool{}
	once := func(id string, x Block, again string) Block {
		if shown[id] {
			return Block{Prose: again}
		}
		shown[id] = true
		return x
	}
	for _, d := range b.drafts {
		var front []Block
		for _, p := range d.front {
			switch {
			case p.Prose != "":
				front = append(front, Block{Prose: p.Prose})
			case b.movedFigures[p.Figure] != nil:
				f := b.movedFigures[p.Figure]
				front = append(front, once("fig-"+f.ID, Block{Figure: f}, fmt.Sprintf("See [Figure %d](#fig-%s).", f.Number,
					f.ID)))
			case b.movedTables[p.Table] != nil:
				t := b.movedTables[p.Table]
				front = append(front, once("tab-"+t.ID, Block{Table: t}, fmt.Sprintf("See [Table %d](#tab-%s).", t.Number, t.ID)))
			}
		}
		d.Blocks = append(front, d.Blocks...)
		b.r.Sections = append(b.r.Sections, d.Section)
	}
}

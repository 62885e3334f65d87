package report

// AllFigures lists every figure in reading order, those inside rows and cards too.
func (r *Report) AllFigures() []*Figure {
	var out []*Figure
	r.walk(func(b *Block) {
		if b.Figure != nil {
			out = append(out, b.Figure)
		}
		if b.Figures != nil {
			out = append(out, b.Figures.Figures...)
		}
	})
	return out
}

// AllTables lists every table in reading order, figures' data tables too.
func (r *Report) AllTables() []*Table {
	var out []*Table
	add := func(t *Table) {
		if t != nil {
			out = append(out, t)
		}
	}
	figure := func(f *Figure) {
		add(f.Table)
		for _, v := range f.Views {
			add(v.Table)
		}
	}
	r.walk(func(b *Block) {
		add(b.Table)
		if b.Figure != nil {
			figure(b.Figure)
		}
		if b.Figures != nil {
			for _, f := range b.Figures.Figures {
				figure(f)
			}
		}
	})
	return out
}

func (r *Report) walk(visit func(*Block)) {
	var blocks func([]Block)
	blocks = func(bs []Block) {
		for i := range bs {
			visit(&bs[i])
			for _, c := range bs[i].Cards {
				blocks(c.Body)
			}
		}
	}
	for i := range r.Sections {
		blocks(r.Sections[i].Blocks)
	}
}

// FirstView is the title of what a figure shows before a reader switches it.
func (f *Figure) FirstView() string {
	if f.First != "" {
		return f.First
	}
	return f.Title
}

package report

import (
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/report/chart"
)

// draw puts a drawing into a figure and its SVG among the files.
func (b *builder) draw(f *Figure, d chart.Drawing) {
	f.Options, f.Data, f.SVG = d.Options, d.Data, f.ID+".svg"
	b.files["figures/"+f.SVG] = d.SVG
}

// addView gives a figure another view that readers may switch to.
func (b *builder) addView(f *Figure, id, title string, drawing func() (chart.Drawing, error), t *Table) error {
	d, err := drawing()
	if err != nil {
		return fmt.Errorf("figure %s, view %s: %w", f.ID, id, err)
	}
	v := View{ID: id, Title: title, Options: d.Options, Data: d.Data, SVG: f.ID + "-" + id + ".svg"}
	if t != nil {
		v.Table = b.csv(t)
	}
	b.files["figures/"+v.SVG] = d.SVG
	f.Views = append(f.Views, v)
	return nil
}

// pageOnly takes the drawings of a figure's views away: on paper its first view stands for all.
func (b *builder) pageOnly(f *Figure) {
	for i := range f.Views {
		delete(b.files, "figures/"+f.Views[i].SVG)
		f.Views[i].SVG = ""
	}
}

// heightFor picks one of the heights that the style sheet knows.
func heightFor(rows, each, around int) int {
	want := rows*each + around
	for _, h := range []int{160, 220, 280, 320, 420, 480, 520, 600, 640, 800, 1000, 1400, 2000} {
		if h >= want {
			return h
		}
	}
	return 2000
}

// byBenchmark finds an axis' named numbers by benchmark: none or one.
func (b *builder) byBenchmark(name, of string) []axis.BenchmarkValue {
	if r := b.in.Axes[name]; r != nil {
		for _, v := range r.ByBenchmark {
			if v.Name == of {
				return []axis.BenchmarkValue{v}
			}
		}
	}
	return nil
}

// factsOf is an axis' named numbers; none where the axis is absent.
func factsOf(r *axis.Result) []axis.Value {
	if r == nil {
		return nil
	}
	return r.Facts
}

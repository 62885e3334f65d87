package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"sdmap/internal/diag"
	"sdmap/internal/report/chart"
)

// fileSet collects the drawings and tables that are written beside the page, by path.
type fileSet map[string][]byte

// list is the files sorted by path.
func (s fileSet) list() []File {
	var out []File
	for _, path := range slices.Sorted(maps.Keys(s)) {
		out = append(out, File{path, s[path]})
	}
	return out
}

// draw puts a drawing into a figure and its SVG among the files.
func (s fileSet) draw(f *Figure, d chart.Drawing) {
	f.Options, f.Data, f.SVG = d.Options, d.Data, f.ID+".svg"
	s["figures/"+f.SVG] = d.SVG
}

// addView gives a figure another view that readers may switch to.
func (s fileSet) addView(f *Figure, id, title string, drawing func() (chart.Drawing, error), t *Table) error {
	d, err := drawing()
	if err != nil {
		return fmt.Errorf("figure %s, view %s: %w", f.ID, id, err)
	}
	v := View{ID: id, Title: title, Options: d.Options, Data: d.Data, SVG: f.ID + "-" + id + ".svg"}
	if t != nil {
		v.Table = s.csv(t)
	}
	s["figures/"+v.SVG] = d.SVG
	f.Views = append(f.Views, v)
	return nil
}

// pageOnly takes the drawings of a figure's views away: on paper its first view stands for all.
func (s fileSet) pageOnly(f *Figure) {
	for i := range f.Views {
		delete(s, "figures/"+f.Views[i].SVG)
		f.Views[i].SVG = ""
	}
}

// csv writes a table's numbers in full precision to tables/ID.csv.
func (s fileSet) csv(t *Table) *Table {
	rows := [][]string{t.headings()}
	for i, h := range rows[0] {
		if h != t.Columns[i].Title {
			t.Columns[i].File = h
		}
	}
	for _, r := range t.Rows {
		var row []string
		for _, c := range r {
			row = append(row, c.plain())
		}
		rows = append(rows, row)
	}
	t.CSV = s.rawCSV(t.ID, rows)
	return t
}

// headings are the titles of columns as files have them, each once, since programs find columns by them. A title that was there
// before becomes "p of Mantel r" behind the nearest title before it that is there once; directly behind its like, or where that
// is taken as well, it is numbered, as in "benchmark 2".
func (t *Table) headings() []string {
	var out []string
	times := map[string]int{}
	for _, c := range t.Columns {
		times[c.Title]++
	}
	of := ""
	for i, c := range t.Columns {
		name := c.Title
		if times[name] == 1 {
			of = " of " + name
		} else if slices.Contains(out, name) {
			if i > 0 && t.Columns[i-1].Title != name {
				name += of
			}
			for n := 2; times[name] > 0 || slices.Contains(out, name); n++ {
				name = fmt.Sprintf("%s %d", c.Title, n)
			}
		}
		out = append(out, name)
	}
	return out
}

// filled is csv for tables that are left out where they have no row.
func (s fileSet) filled(t *Table) *Table {
	if len(t.Rows) == 0 {
		return nil
	}
	return s.csv(t)
}

// rawCSV writes rows, the first of which holds the headings, to tables/NAME.csv. A cell is one line of what can be shown, and
// none is a formula to a spreadsheet.
func (s fileSet) rawCSV(name string, rows [][]string) string {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for _, r := range rows {
		safe := make([]string, len(r))
		for i, cell := range r {
			safe[i] = harmless(diag.Shown(cell))
		}
		_ = w.Write(safe) // a buffer takes everything
	}
	w.Flush()
	path := "tables/" + name + ".csv"
	s[path] = out.Bytes()
	return path
}

// formula is what spreadsheets begin to compute at: a sign in front, also in the width of East Asian letters. Where numbers have
// a decimal comma they end cells at semicolons too, inside of quotes or not.
var formula = regexp.MustCompile(`(^|;)(\s*[=+\-@＝＋－＠])`)

// harmless puts an apostrophe in front of what a spreadsheet would take for a formula; numbers are left alone.
func harmless(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return formula.ReplaceAllString(s, "$1'$2")
}

package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	htmltext "html"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/golden"
	"sdmap/internal/report"
	"sdmap/internal/report/html"
	"sdmap/internal/report/markdown"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

func build(t *testing.T, in report.Input) *report.Report {
	t.Helper()
	r, found, err := report.Build(in)
	if err != nil || len(found) > 0 {
		t.Fatalf("Build: %v, %v", found, err)
	}
	return r
}

// What a report can consist of is known beforehand.
func TestPathsAreKnown(t *testing.T) {
	known := report.Paths()
	for name, in := range inputs() {
		for _, f := range build(t, in).Files {
			if !slices.Contains(known, f.Path) {
				t.Errorf("%s: Paths lacks %s", name, f.Path)
			}
		}
	}
	for _, pattern := range []string{"figures/*", "tables/*"} {
		for _, found := range committed(t, pattern) {
			if !slices.Contains(known, found) {
				t.Errorf("Paths lacks %s", found)
			}
		}
	}
}

// committed lists files of the planted study's report.
func committed(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := fs.Glob(os.DirFS("../../reports/planted"), pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found
}

func page(t *testing.T, r *report.Report) string {
	t.Helper()
	b, err := html.Render(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// inputs are reports of every shape that the tests of structure go through.
func inputs() map[string]report.Input {
	big := full()
	bare := sample(4)
	bare.Scores, bare.Analysis, bare.Axes, bare.Models, bare.Actions, bare.Data = nil, nil, nil, nil, nil, nil
	return map[string]report.Input{
		"full": big, "curves": withCurves(), "three benchmarks": sample(3, axis.Names()...), "two benchmarks": sample(2, axis.Performance, axis.Semantic),
		"one axis": sample(5, axis.Performance), "no performance": sample(5, axis.Semantic, axis.Neural), "nothing": bare,
	}
}

var (
	idPattern   = regexp.MustCompile(`<[a-z][^<>]*\sid="([^"]*)"`)
	hrefPattern = regexp.MustCompile(`<[a-z][^<>]*\shref="#([^"]*)"`)
	scripts     = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`)
)

func TestEveryAnchorIsThereOnce(t *testing.T) {
	for name, in := range inputs() {
		r := build(t, in)
		body := scripts.ReplaceAllString(page(t, r), "")
		if strings.Contains(body, "&lt;t") {
			t.Errorf("%s: a tag of the template came out as text", name)
		}
		ids := map[string]int{}
		for _, m := range idPattern.FindAllStringSubmatch(body, -1) {
			ids[htmltext.UnescapeString(m[1])]++
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: the page has %d elements with id %q", name, n, id)
			}
		}
		links := hrefPattern.FindAllStringSubmatch(body, -1)
		if len(links) < 10 {
			t.Errorf("%s: only %d internal links", name, len(links))
		}
		for _, m := range links {
			if ids[htmltext.UnescapeString(m[1])] == 0 {
				t.Errorf("%s: a link leads to %q, which is not there", name, m[1])
			}
		}
		for _, v := range r.Values {
			if ids[v.Anchor] == 0 {
				t.Errorf("%s: value %s leads to %q, which is not there", name, v.Path, v.Anchor)
			}
		}
	}
}

func TestMarkdownLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(#([^)]*)\)`)
	anchor := regexp.MustCompile(`<a id="([^"]*)"></a>`)
	for name, in := range inputs() {
		r := build(t, in)
		b, err := markdown.Render(r)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, m := range anchor.FindAllStringSubmatch(string(b), -1) {
			ids[m[1]] = true
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if !ids[m[1]] {
				t.Errorf("%s: a link of report.md leads to %q, which is not there", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\]\(((?:figures|tables)/[^)]*)\)`).FindAllStringSubmatch(string(b), -1) {
			if !slices.ContainsFunc(r.Files, func(f report.File) bool { return f.Path == m[1] }) {
				t.Errorf("%s: report.md links %s, which is not written", name, m[1])
			}
		}
	}
}

func TestFiguresAndTablesAreNumberedInReadingOrder(t *testing.T) {
	r := build(t, full())
	for i, f := range r.AllFigures() {
		if f.Number != i+1 {
			t.Errorf("figure %s is the %d. and has number %d", f.ID, i+1, f.Number)
		}
		if f.Alt == "" || f.Caption == "" || f.SVG == "" {
			t.Errorf("figure %s lacks alt text, caption or drawing", f.ID)
		}
	}
	var tables []int
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			if b.Table != nil && s.ID != "references" {
				tables = append(tables, b.Table.Number)
			}
		}
	}
	for i, n := range tables {
		if n != i+1 {
			t.Fatalf("tables are numbered %v", tables)
		}
	}
}

func TestSectionsStandInTheOrderOfThePage(t *testing.T) {
	var ids []string
	for _, s := range build(t, full()).Sections {
		ids = append(ids, s.ID)
	}
	want := "findings map disagreement landscapes signatures exposure recovery validity scores methods provenance cite references"
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("sections %s, want %s", got, want)
	}
	for _, s := range build(t, sample(4, axis.Performance, axis.Semantic)).Sections {
		if s.ID == "recovery" {
			t.Error("a study without a truth has a section on recovery")
		}
	}
}

func TestAtMostSevenFindingsComeFirst(t *testing.T) {
	s := build(t, full()).Sections[0]
	var lists []int
	for _, b := range s.Blocks {
		if b.Findings != nil {
			lists = append(lists, len(b.Findings))
		}
	}
	if fmt.Sprint(lists) != "[7 1]" {
		t.Errorf("findings are shown in groups of %v, want [7 1]", lists)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	in := full()
	in.Study.Title = hostile
	in.Study.Authors = []string{hostile}
	in.Analysis.Families[1], in.Analysis.Formats[1] = hostile, hostile
	in.Signatures = signatures(names, hostile)
	in.Scores.Items[0][1] = hostile
	in.Models[0].Path = hostile
	in.Skipped[0].Reason = hostile
	in.Analysis.Alarms[0].Text = hostile
	in.Analysis.Findings[5].Alarm.Text = hostile
	in.Analysis.Pairs[3].Blocked = hostile
	in.Analysis.Warnings = []string{hostile}
	in.Analysis.Recovery.Source = hostile
	r := build(t, in)
	body := page(t, r)
	if strings.Contains(body, "<script>alert") || strings.Contains(body, `href="javascript`) {
		t.Error("text from outside acts in the page")
	}
	md, err := markdown.Render(r)
	if err != nil {
		t.Fatal(err)
	}
	md = regexp.MustCompile("(?s)```bibtex.*?```").ReplaceAll(md, nil) // code shows what it holds
	for _, bad := range []string{"<script>alert", "](javascript:", "\n# h"} {
		if bytes.Contains(md, []byte(bad)) {
			i := bytes.Index(md, []byte(bad))
			t.Errorf("text from outside acts in report.md: %q", md[max(0, i-300):i+60])
		}
	}
	for _, f := range r.Files {
		if !strings.HasPrefix(f.Path, "tables/") {
			continue
		}
		rows, err := csv.NewReader(bytes.NewReader(f.Bytes)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
		for _, row := range rows {
			for _, c := range row {
				if strings.HasPrefix(c, "=") || strings.HasPrefix(c, "@") {
					t.Errorf("%s: a spreadsheet would take %q for a formula", f.Path, c)
				}
			}
		}
	}
}

// No file of a table has two columns of one name.
func TestFilesNameColumnsOnce(t *testing.T) {
	tables := 0
	for _, f := range build(t, full()).Files {
		if !strings.HasSuffix(f.Path, ".csv") {
			continue
		}
		tables++
		names, err := csv.NewReader(bytes.NewReader(f.Bytes)).Read()
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		if once := slices.Compact(slices.Clone(names)); len(once) != len(names) {
			t.Errorf("%s: %q", f.Path, names)
		}
	}
	if tables == 0 {
		t.Error("there is no table")
	}
}

func TestEqualInputsGiveEqualBytes(t *testing.T) {
	render := func() []byte {
		r := build(t, full())
		md, err := markdown.Render(r)
		if err != nil {
			t.Fatal(err)
		}
		j, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		out := slices.Concat([]byte(page(t, r)), md, j)
		for _, f := range r.Files {
			out = append(out, f.Bytes...)
		}
		return out
	}
	first := render()
	for range 3 {
		if !bytes.Equal(first, render()) {
			t.Fatal("two reports of equal inputs differ")
		}
	}
}

func TestItemsHaveOneRowEach(t *testing.T) {
	r := build(t, full())
	i := slices.IndexFunc(r.Files, func(f report.File) bool { return f.Path == "tables/items.csv" })
	rows, err := csv.NewReader(bytes.NewReader(r.Files[i].Bytes)).ReadAll()
	if err != nil || len(rows) != 1+8*4 || len(rows[0]) != 3+12 {
		t.Fatalf("items.csv has %d rows of %d columns (%v), want 33 of 15", len(rows), len(rows[0]), err)
	}
	// Model m02 has (1 + 0) % 5 = 1 right item of sum.eq: the first.
	if got := strings.Join(rows[1][:5], ","); got != "sum.eq,row-1,0.25,0,1" {
		t.Errorf("first row of items.csv: %s", got)
	}
}

func TestAuthorsTextTakesItsPlace(t *testing.T) {
	in := full()
	in.Narrative = []byte("# T {#abstract}\n\nWe use {{ /n/models | %.0f }} models.\n\n## More {#map}\n\nSee @fig-recovery and " +
		"{{ /overlap/performance/gfree/max.of~sum.eq }} [@abdi2005; @mine].\n\n::: figure recovery\n\n## Thoughts\n\nFree; " +
		"@tab-scores.\n")
	in.Bibliography = []byte("@misc{mine, author = {Ada Lovelace}, year = 1843, title = {Notes}}")
	r := build(t, in)
	if r.Abstract != "We use [12](#provenance) models." {
		t.Errorf("abstract: %q", r.Abstract)
	}
	m := r.Sections[1]
	if !strings.Contains(m.Blocks[0].Prose, "[Figure 1](#fig-recovery)") || m.Blocks[1].Figure == nil ||
		m.Blocks[1].Figure.Number != 1 {
		t.Errorf("the author's figure is not the first: %q", m.Blocks[0].Prose)
	}
	var ids []string
	for _, s := range r.Sections {
		ids = append(ids, s.ID)
	}
	if i := slices.Index(ids, "text-thoughts"); i < 0 || ids[i+1] != "methods" {
		t.Errorf("the author's own section does not stand before Methods: %v", ids)
	}
	page := page(t, r)
	if strings.Count(page, `id="fig-recovery"`) != 1 || !strings.Contains(page, `id="ref-mine"`) {
		t.Error("the figure stands twice, or the author's source is not listed")
	}
	in.Narrative = []byte("A {{ /n/model }}.\n")
	if r, found, err := report.Build(in); r != nil || err != nil || !found.HasErrors() {
		t.Errorf("an unknown value: report %v, diagnostics %v, error %v", r != nil, found, err)
	}
}

// TestTexts compares the generated prose of whole reports with what was once read aloud.
func TestTexts(t *testing.T) {
	none := sample(8, axis.Names()...)
	one := sample(8, axis.Names()...)
	flag(one.Analysis, 2, analysis.OverlapWithoutKinship)
	one.Analysis.Findings = findings(one.Analysis)[1:2]
	zero := sample(8, axis.Names()...)
	zero.Analysis.Findings = findings(zero.Analysis)[3:4]
	zero.Analysis.Findings[0].Numbers[0].Estimate = interval(0.02, -0.03, 0.09, 4)
	for i := range zero.Analysis.Disagreement {
		zero.Analysis.Disagreement[i].Value = stats.NewEstimate(0.01, 4, "delta").WithInterval(-0.02, 0.05, 0.9)
	}
	for name, in := range map[string]report.Input{"none": none, "one": one, "many": full(), "zero": zero,
		"missing-axis": sample(6, axis.Performance, axis.Semantic), "three": sample(3, axis.Names()...)} {
		golden.Compare(t, "testdata/"+name+".golden", texts(build(t, in)))
	}
}

// texts is what a reader reads aloud: prose, findings, captions.
func texts(r *report.Report) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n%s\n\n%s\n", r.Title, strings.Join(r.Facts, " · "), r.Abstract)
	for _, s := range r.Sections {
		fmt.Fprintf(&out, "\n== %s ==\n", s.Title)
		for _, b := range s.Blocks {
			if b.Prose != "" {
				fmt.Fprintf(&out, "\n%s\n", b.Prose)
			}
			for _, f := range b.Findings {
				fmt.Fprintf(&out, "\n[%s] %s %s\n", f.Tag, f.Sentence, f.Advice)
			}
			if b.Table != nil && b.Table.Number > 0 {
				fmt.Fprintf(&out, "\n(Table %d. %s) %s\n", b.Table.Number, b.Table.Title, b.Table.Caption)
			}
			if b.Figure != nil {
				fmt.Fprintf(&out, "\n(Figure %d. %s) %s\n", b.Figure.Number, b.Figure.Title, b.Figure.Caption)
			}
			if b.Figures != nil {
				for _, f := range b.Figures.Figures {
					fmt.Fprintf(&out, "\n(Figure %d. %s) %s\n", f.Number, f.Title, f.Caption)
				}
				fmt.Fprintf(&out, "\n%s\n", b.Figures.Legend)
			}
		}
	}
	return out.Bytes()
}

// Two axes weigh the same whatever models are re-paired, so nothing is said of it; of three it is.
func TestWeightsOfTwoAxesAreNotJudged(t *testing.T) {
	for _, c := range []struct {
		axes   []string
		judged bool
	}{
		{[]string{axis.Performance, axis.Perplexity}, false},
		{[]string{axis.Performance, axis.Perplexity, axis.Semantic}, true},
	} {
		for _, table := range build(t, sample(6, c.axes...)).AllTables() {
			if table.ID == "axes" && strings.Contains(table.Caption, "Re-paired") != c.judged {
				t.Errorf("%v: %s", c.axes, table.Caption)
			}
		}
	}
}

// A table of scores holds no means over items of this study, and the report says of whom chance was not judged.
func TestTablesOfScoresAreToldAsSuch(t *testing.T) {
	in := sample(6, axis.Performance)
	in.Scores.Imported = true
	in.Study.Scores = &study.Scores{Values: [][]float64{{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}}}
	page := string(texts(build(t, in)))
	if strings.Contains(page, "Mean over items") || !strings.Contains(page, "Scores of the table") ||
		!strings.Contains(page, "above chance was not judged of") {
		t.Error("a table of scores is told as means over items, or chance as judged")
	}
}

// Where llama-imatrix measured, methods say so and speak of folds; else nothing does.
func TestFoldMethods(t *testing.T) {
	text := func(change func(n *study.Neural)) string {
		t.Helper()
		in := sample(5, axis.Performance, axis.Neural)
		change(in.Study.Axes.Neural)
		data, err := json.Marshal(build(t, in))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	traced := text(func(*study.Neural) {})
	run := text(func(n *study.Neural) { n.Measures, n.Imatrix = []string{"energy"}, &study.Imatrix{Folds: 6} })
	given := text(func(n *study.Neural) {
		n.Measures, n.Imatrix = []string{"energy"},
			&study.Imatrix{Files: map[study.Cell][]string{{Model: "m01", Benchmark: "b"}: {"f"}}}
	})
	for part, in := range map[string]string{"item i into fold i modulo 6": run, "the log of `in_sum2` over `counts`": run,
		"what text it read is not known": given, "half-samples of models and folds": given} {
		if !strings.Contains(in, part) || strings.Contains(traced, part) {
			t.Errorf("%q: said where it should be: %v", part, strings.Contains(in, part))
		}
	}
}

// Texts of a table are known by their names alone: no column of their cards is empty, and none says again what another says.
func TestImportedTextsHaveNoEmptyColumns(t *testing.T) {
	in := full()
	in.Signatures.Texts = true
	for i, s := range in.Signatures.Of {
		for k := range s.Pieces {
			p := &in.Signatures.Of[i].Pieces[k]
			p.Document, p.Before, p.After, p.Domain = p.Text, "", "", ""
		}
	}
	tables := 0
	for _, s := range build(t, in).Sections {
		for _, b := range s.Blocks {
			for _, c := range b.Cards {
				if s.ID != "signatures" || len(c.Body) == 0 {
					continue
				}
				tables++
				table := c.Body[0].Table
				if len(table.Columns) != 4 || table.Columns[0].Title != "text" {
					t.Errorf("columns %v", table.Columns)
				}
				for _, row := range table.Rows {
					if len(row) != 4 || row[0].Text == "" || !row[0].Head {
						t.Errorf("row %v", row)
					}
				}
			}
		}
	}
	if tables == 0 {
		t.Error("no card of a signature has a table")
	}
}

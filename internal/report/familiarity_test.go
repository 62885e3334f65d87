package report_test

import (
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/report"
)

// familiarity is what the axis has where it read questions: variants in front of signatures, and numbers by benchmark.
func familiarity(in report.Input, labels []string) {
	r := in.Axes[axis.Perplexity]
	r.Variants = append([]axis.Variant{variant(perplexity.FamiliarityName, "familiarity of the questions", labels, 3),
		variant(perplexity.FamiliarityGFree, "familiarity of the questions, without the general factor", labels, 4)}, r.Variants...)
	in.Analysis.Exposure = perplexity.FamiliarityName
	for k, name := range []string{".bits", ".reliability", ".reliability.gfree", ".own", ".own.lo", ".own.hi", ".own.p",
		".own.gfree", ".own.gfree.lo", ".own.gfree.hi", ".own.gfree.p"} {
		m := matrix.New(name, "1", labels, []string{"x"})
		for b := range labels {
			m.Set(b, 0, 0.25+0.05*float64(k)+0.01*float64(b))
		}
		m.SetMissing(len(labels)-1, 0, "the benchmark has scores alone, and no questions")
		r.ByBenchmark = append(r.ByBenchmark, axis.BenchmarkValue{Name: perplexity.FamiliarityName + name, Title: "title of " + name,
			Method: "a formula", Values: m})
	}
	for k, name := range []string{"", ".lo", ".hi", ".p", ".others"} {
		for _, own := range []string{".own", ".own.gfree"} {
			r.Facts = append(r.Facts, axis.Value{Name: perplexity.FamiliarityName + own + name, Title: "t", Value: 0.7 - 0.1*float64(k),
				N: 8})
		}
	}
}

// Familiarity has a row a benchmark beside its null, views of its own, and no columns in the table of what is known of each
// benchmark.
func TestFamiliarityIsShown(t *testing.T) {
	in := sample(8, axis.Names()...)
	familiarity(in, names[:8])
	r, list, err := report.Build(in)
	if err != nil || list.HasErrors() {
		t.Fatal(err, list)
	}
	var table, known *report.Table
	var figure *report.Figure
	prose := ""
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			prose += b.Prose + "\n"
			if b.Table != nil && b.Table.ID == "familiarity" {
				table = b.Table
			}
			if b.Table != nil && b.Table.ID == "benchmarks" {
				known = b.Table
			}
			if b.Figures == nil {
				continue
			}
			for _, f := range b.Figures.Figures {
				if f.ID == "landscape-perplexity" {
					figure = f
				}
			}
		}
	}
	if table == nil || figure == nil || known == nil {
		t.Fatal("a table or the figure is not there")
	}
	if len(table.Rows) != 8 || table.Rows[0][4].Text != "0.40" || table.Rows[0][5].Text != "0.45" ||
		table.Rows[0][6].Text != "0.50" || table.Columns[10].File != "re-paired to of the same without the general factors" ||
		table.Rows[7][4].Note != "the benchmark has scores alone, and no questions" {
		t.Errorf("first row %+v\nlast row %+v", table.Rows[0], table.Rows[7])
	}
	if figure.First != "familiarity" || len(figure.Views) != 2 || figure.Views[0].ID != "gfree" || figure.Views[1].ID != "signature" {
		t.Errorf("views of the perplexity landscape: first %q, then %d", figure.First, len(figure.Views))
	}
	for _, c := range known.Columns {
		if strings.HasPrefix(c.Title, "title of .") {
			t.Errorf("the table of what is known has the column %q", c.Title)
		}
	}
	for _, want := range []string{"at 0.70 on average (8 benchmarks; 95 % of re-pairings", "no score enters it",
		"how familiar models are with their questions"} {
		if !strings.Contains(strings.ReplaceAll(prose+r.Abstract, "\u00a0", " "), want) {
			t.Errorf("not said: %q", want)
		}
	}
	if v := valueAt(r, "/benchmark/sum.eq/perplexity/familiarity.own"); v == nil || v.Number != 0.4 {
		t.Errorf("prose cannot name a benchmark's own correlation: %+v", v)
	}
}

func valueAt(r *report.Report, path string) *report.Value {
	for i := range r.Values {
		if r.Values[i].Path == path {
			return &r.Values[i]
		}
	}
	return nil
}

// Package markdown renders a report as GitHub-flavoured Markdown: the same words as the page, tables as tables, figures as
// links to the drawings in figures/.
//
// The pipeline: report.Report -> one walk over sections and blocks -> bytes. It is a pure function: equal reports give equal
// bytes. In prose, text from outside comes escaped, and what the author wrote loses here what the page does not let through;
// everything else is escaped here, so that text from outside stays text. Anchors are the page's own, so a link into one document
// works in the other.
package markdown

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/report"
)

// writer collects the document.
type writer struct{ bytes.Buffer }

// Render makes report.md.
func Render(r *report.Report) ([]byte, error) {
	var w writer
	w.head(r)
	for i := range r.Sections {
		s := &r.Sections[i]
		w.para("%s\n## %s", id(s.ID), line(s.Title))
		for k := range s.Blocks {
			if err := w.block(&s.Blocks[k]); err != nil {
				return nil, fmt.Errorf("section %s: %w", s.ID, err)
			}
		}
	}
	w.para("---")
	w.para("Made by sdmap %s.", line(r.Version))
	return append(bytes.TrimSpace(diag.ShownLines(w.Bytes())), '\n'), nil
}

// para writes one block of Markdown with an empty line behind it.
func (w *writer) para(format string, args ...any) {
	fmt.Fprintf(w, format+"\n\n", args...)
}

func (w *writer) head(r *report.Report) {
	w.para("# %s", line(r.Title))
	w.para("%s", by(r))
	if r.Abstract != "" {
		w.para("%s", prose(r.Abstract))
	}
	w.para("%s", line(strings.Join(r.Facts, " · ")))
	if r.Command != "" {
		w.para("Reproduce with %s", code(r.Command))
	}
	var contents []string
	for _, s := range r.Sections {
		contents = append(contents, fmt.Sprintf("[%s](%s)", line(s.Title), target("#"+s.ID)))
	}
	w.para("%s", strings.Join(contents, " · "))
}

// by is the line under the title: who, and of which date the data are, as far as that is known.
func by(r *report.Report) string {
	authors := opening(strings.Join(r.Authors, ", "))
	switch {
	case r.Date == "":
		return cmp.Or(authors, "sdmap study")
	case len(r.Authors) == 0:
		return "Data of " + line(r.Date)
	}
	return authors + " · data of " + line(r.Date)
}

func (w *writer) block(b *report.Block) error {
	switch {
	case b.Prose != "":
		w.para("%s", prose(b.Prose))
	case b.Findings != nil:
		w.findings(b.Findings)
	case b.Figure != nil:
		return w.figure(b.Figure)
	case b.Figures != nil:
		for _, f := range b.Figures.Figures {
			if err := w.figure(f); err != nil {
				return err
			}
		}
		w.para("%s", prose(b.Figures.Legend))
	case b.Table != nil:
		w.table(b.Table)
	case b.Cards != nil:
		return w.cards(b.Cards)
	}
	return nil
}

func (w *writer) findings(all []report.Finding) {
	for i, f := range all {
		fmt.Fprintf(w, "%d. %s**%s.** %s", i+1, id(f.ID), line(f.Tag), prose(f.Sentence))
		if f.Advice != "" {
			fmt.Fprintf(w, " What to do: %s", prose(f.Advice))
		}
		for _, l := range f.Evidence {
			fmt.Fprintf(w, " [%s](%s)", line(l.Text), target(l.Href))
		}
		w.WriteByte('\n')
	}
	w.WriteByte('\n')
}

// figure links the drawings, one a view, and folds the numbers.
func (w *writer) figure(f *report.Figure) error {
	if f.SVG == "" {
		return fmt.Errorf("figure %s has no drawing", f.ID)
	}
	w.para("%s\n![%s](%s)", id("fig-"+f.ID), line(f.Alt), target("figures/"+f.SVG))
	for _, v := range f.Views {
		if v.SVG == "" {
			continue
		}
		w.para("![%s](%s)", line(f.Alt+" ("+v.Title+")"), target("figures/"+v.SVG))
	}
	views := ""
	if len(f.Views) > 0 && f.Views[0].SVG != "" {
		titles := []string{f.FirstView()}
		for _, v := range f.Views {
			if v.SVG != "" {
				titles = append(titles, v.Title)
			}
		}
		views = " Views, in order: " + line(strings.Join(titles, "; ")) + "."
	}
	w.para("**Figure %d. %s** %s%s", f.Number, line(f.Title), prose(f.Caption), views)
	w.data(f.Table, "The numbers of this figure")
	for _, v := range f.Views {
		w.data(v.Table, "The numbers of this figure: "+v.Title)
	}
	return nil
}

// data folds a figure's table.
func (w *writer) data(t *report.Table, summary string) {
	if t == nil {
		return
	}
	w.para("<details><summary>%s</summary>", html.EscapeString(diag.Shown(summary)))
	w.rows(t)
	w.para("</details>")
}

func (w *writer) cards(all []report.Card) error {
	for i := range all {
		c := &all[i]
		w.para("%s\n<details><summary>%s</summary>", id("card-"+c.ID), html.EscapeString(diag.Shown(c.Title)))
		for _, l := range c.Lines {
			w.para("%s", opening(l))
		}
		for k := range c.Body {
			if err := w.block(&c.Body[k]); err != nil {
				return err
			}
		}
		w.para("</details>")
	}
	return nil
}

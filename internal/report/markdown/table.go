package markdown

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/narrative"
	"sdmap/internal/report"
)

// table writes a table with its caption, folded where the page folds it.
func (w *writer) table(t *report.Table) {
	if !t.Folded {
		w.rows(t)
		return
	}
	w.para("<details><summary>%s</summary>", html.EscapeString(diag.Shown(name(t))))
	w.rows(t)
	w.para("</details>")
}

func name(t *report.Table) string {
	if t.Number > 0 {
		return fmt.Sprintf("Table %d. %s", t.Number, t.Title)
	}
	return t.Title
}

// rows writes caption and cells; the reasons of missing cells, which the page shows on hover, stand below.
func (w *writer) rows(t *report.Table) {
	caption := ""
	if t.Title != "" {
		caption = "**" + line(name(t)) + "** "
	}
	caption += prose(t.Caption)
	if t.CSV != "" {
		caption += fmt.Sprintf(" [CSV](%s)", target(t.CSV))
	}
	w.para("%s\n%s", id("tab-"+t.ID), strings.TrimSpace(caption))
	if len(t.Rows) == 0 {
		return
	}
	var rule []string
	for _, c := range t.Columns {
		fmt.Fprintf(w, "| %s ", line(c.Title))
		if c.Numeric {
			rule = append(rule, "--:")
		} else {
			rule = append(rule, "---")
		}
	}
	fmt.Fprintf(w, "|\n| %s |\n", strings.Join(rule, " | "))
	var reasons []string
	for _, row := range t.Rows {
		for _, c := range row {
			fmt.Fprintf(w, "| %s ", cell(c))
			if c.Value == nil && c.Note != "" && !slices.Contains(reasons, c.Note) {
				reasons = append(reasons, c.Note)
			}
		}
		w.WriteString("|\n")
	}
	w.WriteByte('\n')
	w.reasons(reasons)
}

// shownReasons is how many reasons of missing cells stand below a table.
const shownReasons = 6

func (w *writer) reasons(all []string) {
	if len(all) == 0 {
		return
	}
	rest := ""
	if n := len(all) - shownReasons; n > 0 {
		rest = fmt.Sprintf("; and %d more reasons", n)
		all = all[:shownReasons]
	}
	w.para("Missing cells: %s%s.", line(strings.TrimRight(strings.Join(all, "; "), ".")), rest)
}

func cell(c report.Cell) string {
	s := line(c.Text)
	if c.Href != "" && s != "" {
		s = fmt.Sprintf("[%s](%s)", s, target(c.Href))
	}
	if c.Anchor != "" {
		s = id(c.Anchor) + s
	}
	return s
}

// id is an anchor; anchors of reports hold no characters that HTML knows, but a reader of the code need not trust that.
func id(anchor string) string {
	return `<a id="` + html.EscapeString(anchor) + `"></a>`
}

// line makes text safe within a line. Ordinary names and numbers keep their looks; what could become a link, or carries other
// markup, is escaped wholly.
func line(text string) string {
	if strings.ContainsAny(text, "@\r\n\t") || strings.Contains(text, "://") || strings.Contains(strings.ToLower(text), "www.") {
		return narrative.Escape(text)
	}
	var b strings.Builder
	for _, r := range diag.Shown(text) {
		if strings.ContainsRune("\\`*_{}[]<>#|~&$^", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// opening is a line that a block begins with: there a sign or a number could make a list, and spaces make code.
func opening(text string) string {
	if blockMark.MatchString(text) {
		return narrative.Escape(text)
	}
	return strings.TrimSpace(line(text))
}

var blockMark = regexp.MustCompile(`^\s*([-+=]|\d+[.)])`)

// target makes a link's destination safe: what would end it, or is no ASCII, is percent-encoded.
func target(href string) string {
	if dangerous([]byte(href)) {
		return "#"
	}
	var b strings.Builder
	for _, c := range []byte(href) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>\\\"|`", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// code is a code span whose fence is longer than any run of backticks inside.
func code(text string) string {
	text = strings.Join(strings.Fields(diag.Shown(text)), " ")
	run := longestRun(text, '`')
	fence := strings.Repeat("`", run+1)
	if run == 0 {
		return fence + text + fence
	}
	return fence + " " + text + " " + fence
}

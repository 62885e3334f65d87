package report

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"sdmap/internal/diag"
)

// builtinSources is the bibliography of the methods.
//
//go:embed sources.bib
var builtinSources []byte

// cite writes how to cite the report and the program.
func (b *builder) cite() error {
	b.section("cite", "How to cite", "Cite", prose("Cite the report for its numbers, sdmap for their making, and for a method "+
		"the source that the section on methods names.", "The digests under Provenance pin what was measured; the date is that "+
		"of the data."),
		Block{Prose: "```bibtex\n" + b.entries() + "```"})
	return nil
}

func (b *builder) entries() string {
	year, _, _ := strings.Cut(b.r.Date, "-")
	var authors []string
	for _, a := range b.r.Authors {
		authors = append(authors, texAuthor(a))
	}
	note := fmt.Sprintf("Report made with sdmap %s; data of %s; seed %d", tex(b.r.Version), tex(b.r.Date), b.in.Study.Seed)
	var out strings.Builder
	fmt.Fprintf(&out, "@misc{sdmap-%s,\n  title = {%s},\n", key(b.r.Name), tex(b.r.Title))
	if len(authors) > 0 {
		fmt.Fprintf(&out, "  author = {%s},\n", strings.Join(authors, " and "))
	}
	if year != "" {
		fmt.Fprintf(&out, "  year = {%s},\n", tex(year))
	}
	fmt.Fprintf(&out, "  note = {%s}\n}\n\n", note)
	fmt.Fprintf(&out, "@misc{sdmap,\n  title = {sdmap: Semantic Disentanglement Maps of language-model benchmarks},\n  author "+
		"= {{sdmap authors}},\n  note = {Version %s}\n}\n", tex(b.r.Version))
	return out.String()
}

// special are characters that mean something to TeX. BibTeX counts braces even behind a backslash, so none stands alone.
var special = strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\textbraceleft{}`, "}", `\textbraceright{}`, "~",
	`\textasciitilde{}`,
	"^", `\textasciicircum{}`, "%", `\%`, "&", `\&`, "#", `\#`, "$", `\$`, "_", `\_`, "`", "'")

// tex makes text safe inside the braces of a BibTeX field, on one line.
func tex(s string) string { return special.Replace(strings.Join(strings.Fields(diag.Shown(s)), " ")) }

// texAuthor is one name; braces keep together what BibTeX would take for several names, or for one with too many parts.
func texAuthor(s string) string {
	s = tex(s)
	if severalNames.MatchString(s) || strings.Count(s, ",") > 2 {
		return "{" + s + "}"
	}
	return s
}

var severalNames = regexp.MustCompile(`(?i)(^| )and( |$)`)

func key(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, s)
}

// references adds the last section: what was cited, by the author or by the generated text, in alphabetical order.
func (b *builder) references() {
	t := &Table{ID: "references", Columns: words("cited as", "source")}
	for _, k := range sortedBy(b.cited, func(k string) string { return b.sources[k].Short() + " " + k }) {
		s := b.sources[k]
		c := text(s.Long())
		c.Href = s.Address()
		t.Rows = append(t.Rows, []Cell{head(s.Short()).at("ref-" + k), c})
	}
	if len(t.Rows) > 0 {
		b.r.Sections = append(b.r.Sections, Section{ID: "references", Title: "References", Blocks: []Block{{Table: t}}})
	}
}

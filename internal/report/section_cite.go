package report

import (
	"fmt"
	"regexp"
	"strings"

	"sdmap/internal/diag"
)

// citeSection is how to cite the report and the program.
type citeSection struct {
	r    *Report // its header
	seed uint64
}

func (s citeSection) write() (*Section, error) {
	pinned := "The digests under Provenance pin what was measured"
	if s.r.Date != "" {
		pinned += "; the date is that of the data"
	}
	return newSection("cite", "How to cite", "Cite", prose("Cite the report for its numbers, sdmap for their making, and "+
		"for a method the source that the section on methods names.", pinned+"."),
		Block{Prose: "```bibtex\n" + s.entries() + "```"}), nil
}

func (s citeSection) entries() string {
	year, _, _ := strings.Cut(s.r.Date, "-")
	var authors []string
	for _, a := range s.r.Authors {
		authors = append(authors, texAuthor(a))
	}
	date := ""
	if s.r.Date != "" {
		date = "data of " + tex(s.r.Date) + "; "
	}
	note := fmt.Sprintf("Report made with sdmap %s; %sseed %d", tex(s.r.Version), date, s.seed)
	var out strings.Builder
	fmt.Fprintf(&out, "@misc{sdmap-%s,\n  title = {%s},\n", key(s.r.Name), tex(s.r.Title))
	if len(authors) > 0 {
		fmt.Fprintf(&out, "  author = {%s},\n", strings.Join(authors, " and "))
	}
	if year != "" {
		fmt.Fprintf(&out, "  year = {%s},\n", tex(year))
	}
	fmt.Fprintf(&out, "  note = {%s}\n}\n\n", note)
	fmt.Fprintf(&out, "@misc{sdmap,\n  title = {sdmap: Semantic Disentanglement Maps of language-model benchmarks},\n  author "+
		"= {{sdmap authors}},\n  note = {Version %s}\n}\n", tex(s.r.Version))
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

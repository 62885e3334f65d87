package report

import (
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/narrative"
)

// authorText is what the author wrote for the report, and the file that it stands in.
type authorText struct {
	file string
	text []byte
}

// compose puts the author's text in its place, numbers figures and tables in reading order, and fills in the references of
// generated prose; dangling are those that lead nowhere. The author's text is read twice: figures that it asks for move, and
// so the numbers that it cites are known only after the first reading.
func compose(page *layout, author authorText, values valueSet, cited *citations) (authored narrative.Authored,
	dangling []string, found diag.List) {
	authored, found = narrative.Read(author.file, author.text, namesOf(page, values, cited))
	page.place(authored)
	names := namesOf(page, values, cited)
	refs := &references{figures: names.Figures, tables: names.Tables, cited: cited}
	page.eachText(refs.fill)
	if len(author.text) > 0 {
		authored, found = narrative.Read(author.file, author.text, names)
		page.refresh(authored)
	}
	for _, key := range authored.Cited {
		cited.add(key)
	}
	return authored, refs.dangling, found
}

// namesOf lists what text may refer to, as the page stands.
func namesOf(page *layout, values valueSet, cited *citations) narrative.Names {
	figures, tables := page.number()
	n := narrative.Names{Figures: figures, Tables: tables, Sources: cited.sources, Paths: values.paths(),
		Value: func(path string) (float64, string, bool) {
			v, ok := values[path]
			return v.Number, v.Anchor, ok
		}}
	for _, d := range page.drafts {
		if !strings.HasPrefix(d.ID, "text-") {
			n.Sections = append(n.Sections, d.ID)
		}
	}
	return n
}

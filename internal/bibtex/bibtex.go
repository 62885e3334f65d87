// Package bibtex reads bibliographies as people have them: exported by reference managers, copied from publishers, written by
// hand.
//
// The pipeline: text -> entries with raw fields, macros filled in and pieces joined -> fields as plain text (accents and commands
// of LaTeX become the characters that they stand for) and names taken apart -> entries that print as a short form ("Wu et al.
// 2025") and as a line of a list of references.
//
// The opinion: nothing is dropped silently. A command that is not known stays visible in the text and is a warning with its
// place;
// so is a macro that nobody defined. What cannot be read is an error, and the entries around it are read all the same. Reading
// takes time in proportion to the text.
package bibtex

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sdmap/internal/diag"
)

// Entry is one entry of a bibliography. All texts are plain: no braces, no commands.
type Entry struct {
	Type    string // lower-case: "article"
	Key     string
	Fields  map[string]string // by lower-case name
	Authors []Name
	Editors []Name
}

// verbatim are fields that hold addresses and numbers: dashes, tildes and quotes stand for themselves there.
var verbatim = map[string]bool{"url": true, "doi": true, "eprint": true, "file": true, "isbn": true, "issn": true,
	"archiveprefix": true}

// reader is one reading of a bibliography.
type reader struct {
	*scanner
	macros map[string]string
	lent   int // bytes that stand where they were not written: of macros, and of entries that others refer to
	open   int // entries so far that never closed
	places *diag.Places
	found  diag.Collector
}

// mostLent bounds what macros and cross-references add to a text: a macro of two macros of two macros and so on would stand
// for more than any memory holds.
const mostLent = 16 << 20

// lend counts text that is used once more, and says whether that is still in bounds.
func (r *reader) lend(text string) bool {
	if r.lent <= mostLent {
		r.lent += len(text)
	}
	return r.lent <= mostLent
}

// Read reads src, the text of file. Entries with errors are left out; the list says which and why.
func Read(file string, src []byte) (map[string]Entry, diag.List) {
	r := &reader{scanner: &scanner{src: string(src)}, macros: maps.Clone(months), places: diag.Index(file, src)}
	if at, ok := diag.NotUTF8(src); ok {
		r.tell(diag.Error, at, at, "the file is not UTF-8", "Save it as UTF-8.")
		return map[string]Entry{}, r.found.List()
	}
	raw, order := r.entries()
	out := map[string]Entry{}
	for _, key := range order {
		out[key] = r.plain(r.inherit(raw[key], raw))
	}
	return out, r.found.List()
}

// entries reads all entries as they are written, and their keys in order.
func (r *reader) entries() (raw map[string]rawEntry, order []string) {
	raw = map[string]rawEntry{}
	for r.next() {
		start := r.at - 1
		e, err := r.entry()
		first, twice := raw[e.key]
		switch {
		case err != nil:
			r.tell(diag.Error, start, r.at, err.Error(),
				"An entry looks like @article{key, author = {…}, year = {…}, title = {…}}.")
			r.resume(start)
		case twice:
			r.tell(diag.Error, start, r.at, fmt.Sprintf("two entries have the key %q", e.key),
				fmt.Sprintf("The first is at line %d.", r.places.At(first.start).Line))
		case e.key != "":
			raw[e.key] = e
			order = append(order, e.key)
		}
	}
	return raw, order
}

// mostOpen is how many entries without an end are searched for the next one. Each search may go through all of the text.
const mostOpen = 20

// resume goes on with the next line that begins an entry, behind one that began at start and had no end: it took up all that
// follows.
func (r *reader) resume(start int) {
	if r.at < len(r.src) || r.open == mostOpen {
		return
	}
	r.open++
	if i := strings.Index(r.src[start:], "\n@"); i >= 0 {
		r.at = start + i + 1
	}
}

func (r *reader) tell(severity diag.Severity, start, stop int, summary, detail string) {
	r.found.Add(diag.Diagnostic{Severity: severity, Summary: summary, Detail: detail,
		Range: r.places.Span(start, min(stop, len(r.src)))})
}

// inherit fills in what an entry takes from the one that it names as crossref: the fields that it lacks, and the other's title as
// its booktitle.
func (r *reader) inherit(e rawEntry, all map[string]rawEntry) rawEntry {
	ref, has := e.fields["crossref"]
	if !has {
		return e
	}
	from, ok := all[strings.TrimSpace(ref.text)]
	if !ok {
		r.tell(diag.Warning, e.start, e.stop, fmt.Sprintf("entry %q refers to %q, which is not there", e.key, ref.text),
			"What it would take from there is missing.")
		return e
	}
	if _, further := from.fields["crossref"]; further {
		r.tell(diag.Warning, e.start, e.stop, fmt.Sprintf("entry %q refers to %q, which refers to another", e.key, from.key),
			"Only the first is looked at. Name the entry that holds the fields.")
	}
	fields := maps.Clone(e.fields)
	for name, v := range from.fields {
		if name == "title" {
			name = "booktitle"
		}
		if _, own := fields[name]; own || name == "crossref" {
			continue
		}
		if !r.lend(v.text) {
			r.tell(diag.Error, e.start, e.stop, tooMuchLent, "Repeat less, or write it where it is needed.")
			return e
		}
		fields[name] = v
	}
	e.fields = fields
	return e
}

var tooMuchLent = fmt.Sprintf("macros and cross-references add more than %d MiB to the text", mostLent>>20)

// plain turns an entry's raw fields into texts and names.
func (r *reader) plain(e rawEntry) Entry {
	out := Entry{Type: e.kind, Key: e.key, Fields: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(e.fields)) {
		v := e.fields[name]
		d := &decoder{verbatim: verbatim[name]}
		switch name {
		case "author":
			out.Authors = d.names(v.text)
		case "editor":
			out.Editors = d.names(v.text)
		}
		if name == "author" || name == "editor" {
			out.Fields[name] = joinNames(map[string][]Name{"author": out.Authors, "editor": out.Editors}[name])
		} else {
			out.Fields[name] = d.text(v.text)
		}
		for _, command := range d.unknown {
			r.tell(diag.Warning, v.start, v.stop, fmt.Sprintf("the command %q is not known here", command),
				fmt.Sprintf("It stays as it is in %q of entry %q. Write the characters that it stands for.", name, e.key))
		}
		for _, name := range d.commas {
			r.tell(diag.Warning, v.start, v.stop, fmt.Sprintf("the name %q has too many commas", name),
				`A name is "von Last, Jr, First"; "and" stands between names, and braces around that of an organisation.`)
		}
	}
	if v, has := e.fields["xdata"]; has {
		r.tell(diag.Warning, v.start, v.stop, fmt.Sprintf("the field %q of entry %q is not followed", "xdata", e.key),
			"Write the fields into the entry, or use crossref.")
	}
	return out
}

// Short is how text cites it: "Wu et al. 2025".
func (e Entry) Short() string {
	who := e.Authors
	if len(who) == 0 {
		who = e.Editors
	}
	var text string
	switch {
	case len(who) == 0:
		text = brief(e.Fields["title"])
	case len(who) == 2 && !who[1].Others:
		text = brief(who[0].Family()) + " and " + brief(who[1].Family())
	case len(who) > 1:
		text = brief(who[0].Family()) + " et al."
	default:
		text = brief(who[0].Family())
	}
	return strings.TrimSpace(text + " " + brief(e.year()))
}

// longestBrief is how many characters of a name or a title stand in running text.
const longestBrief = 80

func brief(text string) string {
	n := 0
	for i := range text {
		if n++; n > longestBrief {
			return text[:i] + "…"
		}
	}
	return text
}

// year is the field, or the beginning of a date.
func (e Entry) year() string {
	if y := e.Fields["year"]; y != "" {
		return y
	}
	year, _, _ := strings.Cut(e.Fields["date"], "-")
	return year
}

// Long is how a list of references shows it: parts that end with one full stop each.
func (e Entry) Long() string {
	var b strings.Builder
	part := func(text string) {
		if text == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text)
		if !strings.ContainsAny(text[len(text)-1:], ".?!") {
			b.WriteByte('.')
		}
	}
	if len(e.Authors) > 0 {
		part(joinNames(e.Authors))
	} else if len(e.Editors) > 0 {
		part(joinNames(e.Editors) + map[bool]string{true: " (editor)", false: " (editors)"}[len(e.Editors) == 1])
	}
	part(e.year())
	for _, f := range []string{"title", "journal", "booktitle", "volume", "pages", "publisher", "school", "institution",
		"howpublished"} {
		part(e.Fields[f])
	}
	if id := e.ArXiv(); id != "" {
		part("arXiv " + id)
	}
	if doi := e.DOI(); doi != "" {
		part("doi:" + doi)
	}
	part(e.Fields["url"])
	return b.String()
}

// DOI is the bare identifier, whatever address it was written as.
func (e Entry) DOI() string {
	doi := e.Fields["doi"]
	for _, prefix := range []string{"https://", "http://", "dx.", "doi.org/", "doi:"} {
		doi = strings.TrimPrefix(doi, prefix)
	}
	return strings.TrimSpace(doi)
}

// ArXiv is the entry's identifier on arXiv, if its eprint is one.
func (e Entry) ArXiv() string {
	if kind := e.Fields["archiveprefix"]; kind != "" && !strings.EqualFold(kind, "arxiv") {
		return ""
	}
	return strings.TrimPrefix(e.Fields["eprint"], "arXiv:")
}

// Address is where a reader finds it; empty where the entry does not say.
func (e Entry) Address() string {
	switch {
	case e.DOI() != "":
		return "https://doi.org/" + e.DOI()
	case e.ArXiv() != "":
		return "https://arxiv.org/abs/" + e.ArXiv()
	case strings.HasPrefix(e.Fields["url"], "https://"):
		return e.Fields["url"]
	}
	return ""
}

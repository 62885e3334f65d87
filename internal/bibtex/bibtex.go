// Package bibtex reads bibliographies as people have them: exported by reference managers, copied from publishers, written by hand.
//
// The pipeline: text -> entries with raw fields, macros filled in and pieces joined -> fields as plain text (accents and commands
// of LaTeX become the characters that they stand for) and names taken apart -> entries that print as a short form ("Wu et al.
// 2025") and as a line of a list of references.
//
// The opinion: nothing is dropped silently. A command that is not known stays visible in the text and is a warning with its place;
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
var verbatim = map[string]bool{"url": true, "doi": true, "eprint": true, "file": true, "isbn": true, "issn": true, "archiveprefix": true}

// reader is one reading of a bibliography.
type reader struct {
	*scanner
	macros map[string]string
	places *diag.Places
	found  diag.Collector
}

// Read reads src, the text of file. Entries with errors are left out; the list says which and why.
func Read(file string, src []byte) (map[string]Entry, diag.List) {
	r := &reader{scanner: &scanner{src: string(src)}, macros: maps.Clone(months), places: diag.Index(file, src)}
	raw := map[string]rawEntry{}
	var order []string
	for r.next() {
		start := r.at - 1
		e, err := r.entry()
		if err == nil && e.key != "" && raw[e.key].key != "" {
			err = fmt.Errorf("two entries have the key %q", e.key)
		}
		if err != nil {
			r.tell(diag.Error, start, r.at, err.Error(), "An entry looks like @article{key, author = {…}, year = {…}, title = {…}}.")
			continue
		}
		if e.key != "" {
			raw[e.key] = e
			order = append(order, e.key)
		}
	}
	out := map[string]Entry{}
	for _, key := range order {
		out[key] = r.plain(r.inherit(raw[key], raw))
	}
	return out, r.found.List()
}

func (r *reader) tell(severity diag.Severity, start, stop int, summary, detail string) {
	r.found.Add(diag.Diagnostic{Severity: severity, Summary: summary, Detail: detail, Range: r.places.Span(start, min(stop, len(r.src)))})
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
		r.tell(diag.Warning, e.start, e.stop, fmt.Sprintf("entry %q refers to %q, which is not there", e.key, ref.text), "What it would take from there is missing.")
		return e
	}
	fields := maps.Clone(e.fields)
	for name, v := range from.fields {
		if name == "title" {
			name = "booktitle"
		}
		if _, own := fields[name]; !own && name != "crossref" {
			fields[name] = v
		}
	}
	e.fields = fields
	return e
}

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
		text = e.Fields["title"]
	case len(who) == 2 && !who[1].Others:
		text = who[0].Family() + " and " + who[1].Family()
	case len(who) > 1:
		text = who[0].Family() + " et al."
	default:
		text = who[0].Family()
	}
	return strings.TrimSpace(text + " " + e.year())
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
		part(joinNames(e.Editors) + " (editors)")
	}
	part(e.year())
	for _, f := range []string{"title", "journal", "booktitle", "volume", "pages", "publisher", "school", "institution", "howpublished"} {
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

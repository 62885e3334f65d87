package narrative

import (
	"bytes"
	"fmt"
	"strings"

	"sdmap/internal/diag"
)

// Source is one entry of a bibliography.
type Source struct {
	Key    string
	Fields map[string]string // lower-case names; braces of BibTeX are removed
}

// Short is how text cites it: "Wu et al. 2025".
func (s Source) Short() string {
	names := s.authors()
	year := s.Fields["year"]
	var who string
	switch len(names) {
	case 0:
		who = s.Fields["title"]
	case 1:
		who = names[0]
	case 2:
		who = names[0] + " and " + names[1]
	default:
		who = names[0] + " et al."
	}
	return strings.TrimSpace(who + " " + year)
}

// Long is how the list of references shows it.
func (s Source) Long() string {
	var parts []string
	for _, f := range []string{"author", "year", "title", "journal", "booktitle", "volume", "pages", "publisher", "eprint", "doi", "url"} {
		v := s.Fields[f]
		switch {
		case v == "":
		case f == "author":
			parts = append(parts, strings.ReplaceAll(v, " and ", "; "))
		case f == "eprint":
			parts = append(parts, "arXiv "+v)
		case f == "doi":
			parts = append(parts, "doi:"+v)
		default:
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, ". ") + "."
}

// authors lists family names.
func (s Source) authors() []string {
	var out []string
	for _, a := range strings.Split(s.Fields["author"], " and ") {
		a = strings.TrimSpace(a)
		if a == "" || a == "others" {
			continue
		}
		if family, _, ok := strings.Cut(a, ","); ok {
			out = append(out, strings.TrimSpace(family))
		} else {
			words := strings.Fields(a)
			out = append(out, words[len(words)-1])
		}
	}
	return out
}

// bib reads BibTeX: entries with braced or quoted fields and numbers. Macros (@string) and concatenation are not needed
// for a list of references and are refused by name.
type bib struct {
	file   string
	source []byte
	at     int
}

// ReadBibliography parses references.bib.
func ReadBibliography(file string, source []byte) (map[string]Source, diag.List) {
	b := &bib{file: file, source: source}
	out := map[string]Source{}
	places := diag.Index(file, source)
	var found diag.Collector
	for {
		i := bytes.IndexByte(source[b.at:], '@')
		if i < 0 {
			return out, found.List()
		}
		start := b.at + i
		b.at = start + 1
		entry, err := b.entry()
		if err == nil && entry.Key != "" {
			if _, dup := out[entry.Key]; dup {
				err = fmt.Errorf("two entries have the key %q", entry.Key)
			}
			out[entry.Key] = entry
		}
		if err != nil {
			found.Add(diag.Diagnostic{Severity: diag.Error, Summary: err.Error(),
				Detail: "An entry looks like @article{key, author = {…}, year = {…}, title = {…}}.", Range: places.Span(start, min(b.at, len(source)))})
		}
	}
}

// entry reads what follows an "@".
func (b *bib) entry() (Source, error) {
	kind := strings.ToLower(b.until("{"))
	if b.at >= len(b.source) {
		return Source{}, fmt.Errorf("the entry has no opening brace")
	}
	b.at++
	if kind == "comment" || kind == "preamble" {
		b.at--
		_, err := b.value()
		return Source{}, err
	}
	if kind == "string" {
		return Source{}, fmt.Errorf("@string macros are not supported; write the text out")
	}
	s := Source{Key: strings.TrimSpace(b.until(",}")), Fields: map[string]string{}}
	if s.Key == "" {
		return s, fmt.Errorf("the entry has no key")
	}
	for b.at < len(b.source) && b.source[b.at] == ',' {
		b.at++
		name := strings.ToLower(strings.TrimSpace(b.until("=}")))
		if b.at >= len(b.source) || b.source[b.at] == '}' {
			break
		}
		b.at++
		v, err := b.value()
		if err != nil {
			return s, fmt.Errorf("entry %q, field %q: %w", s.Key, name, err)
		}
		s.Fields[name] = v
		b.until(",}")
	}
	if b.at >= len(b.source) {
		return s, fmt.Errorf("entry %q is not closed", s.Key)
	}
	b.at++
	return s, nil
}

// until reads up to one of the stop characters, which it leaves.
func (b *bib) until(stops string) string {
	start := b.at
	for b.at < len(b.source) && !strings.ContainsRune(stops, rune(b.source[b.at])) {
		b.at++
	}
	return string(b.source[start:min(b.at, len(b.source))])
}

// value reads a braced, quoted or bare value.
func (b *bib) value() (string, error) {
	for b.at < len(b.source) && strings.ContainsRune(" \t\r\n", rune(b.source[b.at])) {
		b.at++
	}
	if b.at >= len(b.source) {
		return "", fmt.Errorf("the value is missing")
	}
	if c := b.source[b.at]; c != '{' && c != '"' {
		return strings.TrimSpace(b.until(",}")), nil
	}
	quoted := b.source[b.at] == '"'
	depth, start := 0, b.at+1
	for ; b.at < len(b.source); b.at++ {
		switch c := b.source[b.at]; {
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
		if (!quoted && depth == 0) || (quoted && depth == 0 && b.at >= start && b.source[b.at] == '"') {
			v := string(b.source[start:b.at])
			b.at++
			v = strings.NewReplacer("{", "", "}", "", "\\&", "&", "--", "–").Replace(v)
			return strings.Join(strings.Fields(v), " "), nil
		}
	}
	return "", fmt.Errorf("the value is not closed")
}

package study

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/diag"
)

// pattern stands for names: "*" for any characters, all others for themselves.
type pattern struct {
	text string
	out  bool // written with "!" in front: it takes out what it fits
	re   *regexp.Regexp
	at   diag.Range
	hits int
}

func newPattern(text string, at diag.Range) *pattern {
	rest, out := strings.CutPrefix(text, "!")
	parts := strings.Split(rest, "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return &pattern{text: rest, out: out, re: regexp.MustCompile(`(?s)^` + strings.Join(parts, "(.*)") + `$`), at: at}
}

// fits says what the stars of the pattern stand for in a name; nil where it does not fit.
func (p *pattern) fits(name string) []string {
	if !strings.Contains(p.text, "*") && p.text != name {
		return nil
	}
	return p.re.FindStringSubmatch(name)
}

// choice is a list of patterns that chooses names; the last that fits a name decides.
type choice []*pattern

// choice reads a key's list of patterns.
func (t table) choice(key string) choice {
	var out choice
	for i, text := range t.texts(key) {
		out = append(out, newPattern(text, t.at(t.pos.Children[key].Elems[i].Value)))
	}
	return out
}

// takes says whether a name is chosen, and whether it is by its very name. Without a list everything is, and with a list that
// only takes out all the rest.
func (c choice) takes(name string) (in, named bool) {
	in = len(c) == 0 || c[0].out
	for _, p := range c {
		if p.fits(name) != nil {
			p.hits++
			in, named = !p.out, !p.out && p.text == name
		}
	}
	return in, named
}

// unmet reports the patterns that fitted none of the names.
func (c *scoreSheet) unmet(patterns choice, names []string) { c.tellUnmet(patterns, "table's", names) }

// tellUnmet is the same of names that stand in a table or in logs.
func (t table) tellUnmet(patterns choice, whose string, names []string) {
	for _, p := range patterns {
		if p.hits == 0 && t.found.Tells("a pattern fits nothing", p.at) {
			t.report(p.at, fmt.Sprintf("%q fits none of the %s names", p.text, whose), "Names: "+some(names)+
				`. A * stands for any `+
				`characters, and "!" in front leaves out what fits.`, didYouMean(p.text, append(owners(names), names...)))
		}
	}
}

// owners are patterns for all names with one beginning: a mistyped "meta-lama/*" means one of them.
func owners(names []string) (all []string) {
	for _, name := range names {
		if owner, _, there := strings.Cut(name, "/"); there && !slices.Contains(all, owner+"/*") {
			all = append(all, owner+"/*")
		}
	}
	return all
}

// renaming is one entry of rename.
type renaming struct {
	*pattern
	to string
}

// renamings reads what shall be called otherwise, in the order of the study.
func (t table) renamings() []renaming { return t.renamingsOf("rename") }

// renamingsOf reads a key whose names are patterns.
func (t table) renamingsOf(key string) []renaming {
	names, _ := t.values[key].(map[string]string)
	var out []renaming
	for _, from := range t.table(key).pos.Names {
		to, there := names[from]
		at := t.table(key).place(from)
		if !there {
			continue
		}
		if strings.Count(to, "*") > strings.Count(from, "*") {
			t.report(at, fmt.Sprintf("%q has more * than %q", to, from), "Each * of the new name stands for what a * of the old "+
				"one fits.", "")
			continue
		}
		p := newPattern(from, at)
		p.out = false
		out = append(out, renaming{p, to})
	}
	return out
}

// renamed is what a name of the table is called: the first entry that fits it gives the new name.
func (c *scoreSheet) renamed(name string) string { return renamed(c.renamings, name) }

func renamed(renamings []renaming, name string) string {
	for _, r := range renamings {
		found := r.fits(name)
		if found == nil {
			continue
		}
		r.hits++
		to := r.to
		for _, text := range found[1:] {
			to = strings.Replace(to, "*", text, 1)
		}
		return to
	}
	return name
}

// unmetRenamings reports what was to be renamed and is not there.
func (c *scoreSheet) unmetRenamings() {
	c.unmet(patternsOf(c.renamings), append(c.scoredNames(), c.seen...))
}

func patternsOf(renamings []renaming) (all choice) {
	for _, r := range renamings {
		all = append(all, r.pattern)
	}
	return all
}

package study

import (
	"fmt"
	"slices"
	"strings"
)

// buildAxes turns on every axis that the inputs allow and that is not turned off.
func buildAxes(s *Study, t table) {
	running := len(runnable(s)) > 0
	texts := slices.ContainsFunc(s.Benchmarks, func(b Benchmark) bool { return b.Source != "" })
	if a, on := t.axis(s, "performance", len(s.Scored()) > 0, "models, or a table of scores"); on {
		s.Axes.Performance = a.performance()
	}
	given := t.table("perplexity").has("import") && len(s.Scored()) > 0
	if a, on := t.axis(s, "perplexity", given || running && (s.Corpus != nil || texts),
		"models that run, and benchmarks with a source or a [corpus], or import"); on {
		s.Axes.Perplexity = a.perplexity(s, texts && running)
	}
	if a, on := t.axis(s, "semantic", texts, "benchmarks with a source"); on {
		s.Axes.Semantic = a.semantic(s)
	}
	if a, on := t.axis(s, "neural", running && texts, "models that run and benchmarks with a source"); on {
		s.Axes.Neural = a.neural(s)
	}
}

// axis is an axis' table, and whether the axis is on; where it is off, the study notes why. A table for an axis without
// its inputs is a fault, unless the table turns it off or other faults may be the cause.
func (t table) axis(s *Study, name string, possible bool, needs string) (table, bool) {
	inner := t.table(name)
	if t.has(name) {
		s.Axes.Asked = append(s.Axes.Asked, name)
	}
	wanted := get[bool](inner, "on")
	switch {
	case wanted && possible:
		return inner, true
	case !wanted:
		s.Axes.Off = append(s.Axes.Off, AxisOff{name, turnedOff})
	default:
		s.Axes.Off = append(s.Axes.Off, AxisOff{name, "it needs " + needs})
		if t.has(name) && t.found.Empty() {
			t.report(t.at(inner.pos.Key), fmt.Sprintf("the axis %q needs %s", name, needs), "The study does not have them.", "")
		}
	}
	return inner, false
}

func (t table) performance() *Performance {
	return &Performance{Splits: t.integer("splits"), Bootstrap: t.integer("bootstrap"), Permutations: t.integer("permutations"),
		MinModels: t.integer("min_models"), At: t.at(t.pos.Key)}
}

func (t table) perplexity(s *Study, texts bool) *Perplexity {
	imported := t.imported(s)
	t = t.withRecipe()
	p := &Perplexity{
		Import: imported, Recipe: t.text("recipe"), Ties: t.text("ties"),
		Unit: t.text("unit"), Context: t.text("context"), Before: t.integer("before"), Standardise: t.text("standardise"),
		ResidualG: get[bool](t, "residual_g"), Ratio: get[float64](t, "ratio"), K: t.integer("k"),
		Selectors: t.texts("selectors"), Splits: t.integer("splits"), Repairings: t.integer("repairings"),
		Primary: t.text("primary"), At: t.at(t.pos.Key),
		Asked: slices.Contains(s.Axes.Asked, "perplexity") || s.Corpus != nil,
	}
	if texts {
		p.Familiarity = t.familiarity()
	}
	t.primary(s, p)
	return p
}

// familiarity lists what is read of items.
func (t table) familiarity() []string {
	list := t.texts("familiarity")
	if t.has("familiarity") {
		t.eachKnown("familiarity", list, []string{"question", "answer", "none"}, "text to read", "")
	}
	if !slices.Contains(list, "none") {
		return list
	}
	if len(list) > 1 {
		t.report(t.place("familiarity"), `"none" stands beside others in "familiarity"`, `Write ["none"], or leave it out.`, "")
	}
	return nil
}

// primary is the measure that enters the map: what the author names, else familiarity, which no score has chosen.
func (t table) primary(s *Study, p *Perplexity) {
	has := map[string]bool{Familiarity: len(p.Familiarity) > 0, Signature: s.Corpus != nil || p.Import != ""}
	switch {
	case !has[Familiarity] && !has[Signature]:
		t.report(t.at(t.pos.Key), "the perplexity axis has nothing to measure",
			"Familiarity is turned off, and signatures need a [corpus], or import.", "")
	case p.Primary == "" && has[Familiarity]:
		p.Primary = Familiarity
	case p.Primary == "":
		p.Primary = Signature
	case !has[p.Primary]:
		t.report(t.place("primary"), fmt.Sprintf("%s is primary and is not measured", p.Primary),
			"Familiarity needs models that run and benchmarks with a source, signatures a [corpus], or import.", "")
	}
}

func (t table) semantic(s *Study) *Semantic {
	return &Semantic{
		Embeddings: t.embeddings(s), Chosen: t.has("embeddings"), Text: t.text("text"), Dimensions: t.integer("dimensions"),
		Items: t.integer("items"),
		Wu:    get[bool](t, "wu"), WuDraws: t.integer("wu_draws"), Permutations: t.integer("permutations"), At: t.at(t.pos.Key),
	}
}

func (t table) neural(s *Study) *Neural {
	n := &Neural{Items: t.integer("items"), Models: t.tracedModels(s), Chosen: t.has("models"), Measures: t.texts("measures"),
		Permutations: t.integer("permutations"), At: t.at(t.pos.Key)}
	t.imatrix(s, n)
	return n
}

func (t table) tracedModels(s *Study) []string {
	models := runnable(s)
	if !t.has("models") {
		return models
	}
	list := t.texts("models")
	if len(list) == 0 {
		t.report(t.place("models"), `"models" is empty`, "Leave it out for all models, or turn the axis off with on = false.", "")
	}
	t.eachKnown("models", list, models, "model", "The study's models: "+some(models)+".")
	return list
}

func (t table) embeddings(s *Study) []string {
	ids := runnable(s)
	if !t.has("embeddings") {
		var list []string
		for _, e := range s.Embedders {
			list = append(list, "embed:"+e.ID)
		}
		if len(list) == 0 && len(ids) > 0 {
			list = []string{"hidden:" + ids[len(ids)-1]}
		}
		return append(list, "tfidf")
	}
	for _, e := range s.Embedders {
		ids = append(ids, e.ID)
	}
	list := t.texts("embeddings")
	if len(list) == 0 {
		t.report(t.place("embeddings"), `"embeddings" is empty`,
			`Leave it out for the default, or turn the axis off with on = false.`, "")
	}
	t.eachKnown("embeddings", list, embeddingsOf(ids), "embedding provider", embeddingForms())
	return list
}

// eachKnown reports entries of a list that are unknown or come twice.
func (t table) eachKnown(key string, list, known []string, what, detail string) {
	seen := map[string]bool{} // of those that are known
	for _, name := range known {
		seen[name] = false
	}
	for i, name := range list {
		at := t.at(t.pos.Children[key].Elems[i].Value)
		switch twice, there := seen[name]; {
		case twice:
			t.report(at, fmt.Sprintf("%q names %q twice", key, name), "", "")
		case there:
			seen[name] = true
		case t.found.Tells("there is no such "+what, at):
			t.report(at, fmt.Sprintf("there is no %s %q", what, name), detail, didYouMean(name, known))
		}
	}
}

// What the perplexity axis measures.
const (
	Familiarity = "familiarity"
	Signature   = "signature"
)

// runnable lists the ids of models that answer requests.
func runnable(s *Study) []string {
	var ids []string
	for _, m := range s.Models {
		if m.Path != "" || m.Remote() {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// some shows the first names of a list that may be long.
func some(names []string) string {
	if len(names) <= 8 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:8], ", "), len(names)-8)
}

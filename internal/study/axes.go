package study

import (
	"fmt"
	"slices"
	"strings"
)

// buildAxes turns on every axis that the inputs allow and that is not turned off.
func buildAxes(s *Study, t table) {
	running := len(s.Models) > 0 && s.Scores == nil
	texts := slices.ContainsFunc(s.Benchmarks, func(b Benchmark) bool { return b.Source != "" })
	s.Axes = Axes{
		Performance: t.performance(len(s.Models) > 0, "models, or a table of scores"),
		Perplexity:  t.perplexity(running && s.Corpus != nil, "models and a [corpus]"),
		Semantic:    t.semantic(s, texts, "benchmarks with a source"),
		Neural:      t.neural(s, running && texts, "models that can be traced"),
	}
}

// axis is an axis' table if the axis is on. A table for an axis without its inputs is a fault, unless it turns it off;
// when the models are known to be broken the fault is already told.
func (t table) axis(name string, possible bool, needs string) (table, bool) {
	inner := t.table(name)
	if !get[bool](inner, "on") {
		return inner, false
	}
	if !possible && t.has(name) && len(t.list) == 0 {
		t.report(inner.at(inner.pos.key), fmt.Sprintf("the axis %q needs %s", name, needs), "This study has none.", "")
	}
	return inner, possible
}

func (t table) performance(possible bool, needs string) *Performance {
	a, on := t.axis("performance", possible, needs)
	if !on {
		return nil
	}
	return &Performance{Splits: a.integer("splits"), Bootstrap: a.integer("bootstrap"), Permutations: a.integer("permutations"), At: a.at(a.pos.key)}
}

func (t table) perplexity(possible bool, needs string) *Perplexity {
	a, on := t.axis("perplexity", possible, needs)
	if !on {
		return nil
	}
	return &Perplexity{
		Unit: a.text("unit"), Context: a.text("context"), Before: a.integer("before"), Standardise: a.text("standardise"),
		ResidualG: get[bool](a, "residual_g"), Ratio: get[float64](a, "ratio"), K: a.integer("k"),
		Selectors: a.texts("selectors"), Splits: a.integer("splits"), At: a.at(a.pos.key),
	}
}

func (t table) semantic(s *Study, possible bool, needs string) *Semantic {
	a, on := t.axis("semantic", possible, needs)
	if !on {
		return nil
	}
	return &Semantic{
		Embeddings: a.embeddings(s), Text: a.text("text"), Dimensions: a.integer("dimensions"), Items: a.integer("items"),
		Wu: get[bool](a, "wu"), WuDraws: a.integer("wu_draws"), Permutations: a.integer("permutations"), At: a.at(a.pos.key),
	}
}

func (t table) embeddings(s *Study) []string {
	ids := runnable(s)
	if !t.has("embeddings") {
		if len(ids) == 0 {
			return []string{"tfidf"}
		}
		return []string{"hidden:" + ids[len(ids)-1], "tfidf"}
	}
	list := t.texts("embeddings")
	if len(list) == 0 {
		t.report(t.place("embeddings"), `"embeddings" is empty`, `Leave it out for the default, or turn the axis off with on = false.`, "")
	}
	known := []string{"tfidf"}
	for _, id := range ids {
		known = append(known, "hidden:"+id)
	}
	t.eachKnown("embeddings", list, known, "embedding provider", `"tfidf", or "hidden:" and a model's id.`)
	return list
}

func (t table) neural(s *Study, possible bool, needs string) *Neural {
	a, on := t.axis("neural", possible, needs)
	if !on {
		return nil
	}
	models := runnable(s)
	if a.has("models") {
		list := a.texts("models")
		if len(list) == 0 {
			a.report(a.place("models"), `"models" is empty`, "Leave it out for all models, or turn the axis off with on = false.", "")
		}
		a.eachKnown("models", list, models, "model", "The study's models: "+some(models)+".")
		models = list
	}
	return &Neural{Items: a.integer("items"), Models: models, Measures: a.texts("measures"), Permutations: a.integer("permutations"), At: a.at(a.pos.key)}
}

// eachKnown reports entries of a list that are unknown or come twice.
func (t table) eachKnown(key string, list, known []string, what, detail string) {
	for i, name := range list {
		at := t.at(t.pos.children[key].elems[i].value)
		switch {
		case !slices.Contains(known, name):
			t.report(at, fmt.Sprintf("there is no %s %q", what, name), detail, didYouMean(name, known))
		case slices.Contains(list[:i], name):
			t.report(at, fmt.Sprintf("%q names %q twice", key, name), "", "")
		}
	}
}

// runnable lists the ids of models that answer requests.
func runnable(s *Study) []string {
	var ids []string
	for _, m := range s.Models {
		if m.Path != "" {
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

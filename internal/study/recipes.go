package study

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Recipes of [axes.perplexity]: signatures as they were published.
const (
	RecipePaper = "paper" // as the text of Wu et al. describes them
	RecipeCode  = "code"  // as the script that they released makes them
)

// recipes are the options that each recipe sets. The two differ, and neither is what sdmap does by itself.
var recipes = map[string]map[string]any{
	RecipePaper: {"unit": LastToken, "context": "window", "before": 30, "standardise": "none", "residual_g": false,
		"ratio": 0.01, "selectors": []string{"aic"}, "ties": "average"},
	RecipeCode: {"unit": LastToken, "context": "window", "before": 30, "standardise": "none", "residual_g": false,
		"ratio": 1e-6, "selectors": []string{"lasso"}, "ties": TiesFirst},
}

// measuring are the options that say how surprisals are measured, which a table of them settles.
var measuring = []string{"unit", "context", "before"}

// RecipeSets lists what a recipe sets, as a study would write it.
func RecipeSets(name string, imported bool) string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(recipes[name])) {
		if imported && slices.Contains(measuring, key) {
			continue
		}
		out = append(out, written(key, recipes[name][key]))
	}
	return strings.Join(out, ", ")
}

func written(key string, value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%s = %q", key, v)
	case []string:
		return fmt.Sprintf("%s = %q", key, v)
	}
	return fmt.Sprintf("%s = %v", key, value)
}

// withRecipe is the table with what its recipe sets. What the study writes must agree with it.
func (t table) withRecipe() table {
	sets := recipes[t.text("recipe")]
	if sets == nil {
		return t
	}
	values := maps.Clone(t.values)
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		if t.has(key) && !reflect.DeepEqual(t.values[key], sets[key]) {
			t.report(t.place(key), fmt.Sprintf("recipe %q sets %s", t.text("recipe"), written(key, sets[key])),
				"A recipe is a procedure as it was published, and this option is part of it.",
				"Take the line out, or the recipe.")
		}
		values[key] = sets[key]
	}
	t.values = values
	return t
}

// imported is the file of surprisals in place of a corpus; empty where there is none.
func (t table) imported(s *Study) string {
	if !t.has("import") {
		return ""
	}
	for _, key := range measuring {
		if t.has(key) {
			t.report(t.place(key), fmt.Sprintf("%q says how surprisals are measured, and \"import\" has them", key), "", "")
		}
	}
	if s.Corpus != nil {
		t.report(t.place("import"), `"import" stands in place of [corpus]`, "Surprisals are either measured or given.", "")
	}
	return t.file("import")
}

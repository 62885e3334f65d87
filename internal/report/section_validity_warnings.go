package report

import (
	"fmt"
	"slices"

	"sdmap/internal/axis"
)

// warnings lists what the axes say about themselves and their measures.
func (s validitySection) warnings() []string {
	out := modelWarnings(s.models, s.embedders)
	for _, name := range axis.Names() {
		r := s.axes[name]
		if r == nil {
			continue
		}
		for _, w := range r.Warnings {
			out = append(out, fmt.Sprintf("**%s.** %s", name, esc(sentence(w))))
		}
		for _, v := range r.Variants {
			for _, w := range v.Warnings {
				out = append(out, fmt.Sprintf("**%s, %s.** %s", name, esc(v.Title), esc(sentence(w))))
			}
		}
	}
	for _, w := range s.a.Warnings {
		out = append(out, esc(sentence(w)))
	}
	return out
}

// modelWarnings say what is uncertain about the models themselves.
func modelWarnings(models, embedders []Model) []string {
	var out []string
	for table, list := range map[string][]Model{"models": models, "embedders": embedders} {
		var unpinned []string
		for _, m := range list {
			if m.Unpinned {
				unpinned = append(unpinned, esc(m.ID))
			}
		}
		if len(unpinned) > 0 {
			out = append(out, fmt.Sprintf("**%s.** The backend of %s cannot say which weights it has (unpinned in @tab-%s): "+
				"whoever repeats this study may get others.", table, and(unpinned), table))
		}
	}
	slices.Sort(out)
	out = append(out, remarks("models", models)...)
	out = append(out, remarks("embedders", embedders)...)
	if manyRoutes(models) {
		out = append(out, "**models.** Numbers of different models come by different routes (@tab-models). Routes differ by "+
			"rounding, with quantised weights by up to tenths of a nat: compare close models within one route.")
	}
	return out
}

// remarks say what drivers know of models, each once for all that it is about.
func remarks(table string, models []Model) (out []string) {
	about := map[string][]string{}
	var order []string
	for _, m := range models {
		for _, r := range m.Remarks {
			if about[r] == nil {
				order = append(order, r)
			}
			about[r] = append(about[r], esc(m.ID))
		}
	}
	for _, r := range order {
		out = append(out, fmt.Sprintf("**%s.** Of %s: %s", table, and(about[r]), esc(sentence(r))))
	}
	return out
}

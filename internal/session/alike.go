package session

import (
	"fmt"
	"slices"

	"sdmap/internal/diag"
	"sdmap/internal/plan"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// alike reports models of a table that have the same weights, whatever their names, files and backends.
func (x *Session) alike(models []plan.Model) diag.List {
	return x.grouped(models, func(m plan.Model) []string { return []string{m.Identity.Weights} },
		func(digest string, ids []string) (d diag.Diagnostic) {
			if digest == "" || len(ids) < 2 {
				return d
			}
			return diag.Diagnostic{Summary: fmt.Sprintf("%s have the same weights: they are one model", wording.And(ids)),
				Detail: "One model under several names counts as several, and makes every number over models surer than it is (" +
					digest + ").",
				Suggestion: "Keep one of them" + x.through(ids) + "."}
		})
}

// through says which backends models are asked through, where they differ: whoever compares backends wants two studies.
func (x *Session) through(quoted []string) string {
	var backends, each []string
	for _, m := range EveryModel(x.Study) {
		if id := fmt.Sprintf("%q", m.ID); slices.Contains(quoted, id) {
			backends, each = append(backends, m.Backend), append(each, fmt.Sprintf("%s is asked through %s", id, m.Backend))
		}
	}
	if slices.Sort(backends); len(slices.Compact(backends)) < 2 {
		return ""
	}
	return fmt.Sprintf("; %s. To compare backends, run one study with each; to have one write and another measure, "+
		"say so in one table (measure and server, sdmap help backends)", wording.And(each))
}

// remarks tells what a user should know of models, each remark once for all that it is about.
func (x *Session) remarks(models []plan.Model) diag.List {
	return x.grouped(models, func(m plan.Model) []string { return m.Remarks }, func(remark string, ids []string) diag.Diagnostic {
		return diag.Diagnostic{Severity: diag.Warning, Summary: "what is to be known of " + wording.And(ids), Detail: remark +
			"."}
	})
}

// grouped tells of groups of models that have something in common, in the order of the first of each and at its line; nothing
// of those that tell makes no summary of.
func (x *Session) grouped(models []plan.Model, of func(plan.Model) []string,
	tell func(common string, ids []string) diag.Diagnostic) (
	list diag.List) {
	groups, order := map[string][]string{}, []string{}
	for _, m := range models {
		for _, common := range of(m) {
			if groups[common] == nil {
				order = append(order, common)
			}
			groups[common] = append(groups[common], m.ID)
		}
	}
	for _, common := range order {
		ids := groups[common]
		quoted := make([]string, len(ids))
		for i, id := range ids {
			quoted[i] = fmt.Sprintf("%q", id)
		}
		if d := tell(common, quoted); d.Summary != "" {
			d.Range = x.placeOfModel(ids[0])
			list = append(list, d)
		}
	}
	return list
}

// placeOfModel is where the study says which model an id stands for.
func (x *Session) placeOfModel(id string) (at diag.Range) {
	for _, m := range EveryModel(x.Study) {
		if m.ID == id {
			at = placeOf(m, study.KeyPath)
		}
	}
	return at
}

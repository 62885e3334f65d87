package perplexity

import (
	"maps"
	"slices"

	"sdmap/internal/stats"
)

// parts is into how many the models and the documents are cut: one chooses the one signature, one the other, and one compares.
const parts = 3

// cut is one split of the models by lineage and of the documents. Part i of the models is screened on part i of the documents.
type cut struct {
	models [][]int
	ranked []*ranked
}

// thirds are the parts of the models in a split; nil where one would be too small. A study's splits are the same however its
// models are paired with scores.
func (s *fit) thirds(r int) [][]int {
	models := stats.DealGroups(stats.Stream(s.o.Seed, "perplexity/thirds of models", r), s.t.Lineages, parts)
	for _, part := range models {
		if len(part) < fewestModels {
			return nil
		}
	}
	return models
}

// cut makes a split, with the ranks of its pieces; nil where the models are too few.
func (s *fit) cut(r int) *cut {
	models := s.thirds(r)
	if models == nil {
		return nil
	}
	c := &cut{models: models}
	for i, pieces := range s.f.deal(stats.Stream(s.o.Seed, "perplexity/thirds of documents", r).Perm(s.f.docs), parts) {
		c.ranked = append(c.ranked, s.f.ranked(models[i], pieces).keep())
	}
	return c
}

// compare adds to the tallies, one a selector, how disjoint signatures go together in a split. pairing says whose scores each
// model has.
func (s *fit) compare(c *cut, selectors []selector, pairing []int, scr *screener, to []tally) {
	u := make([][parts][parts][][]float64, len(selectors)) // by selector, part that chose, part that compares, benchmark
	for i, models := range c.models {
		targets, _ := targetsOf(s.scoresOf(models, pairing), s.o.ResidualG)
		found := scr.screen(c.ranked[i], targets, s.reach(selectors, len(c.ranked[i].pieces), len(models)))
		for k, sel := range selectors {
			for b := range targets {
				sig := sel.choose(s.f, found, models, b)
				for j := range c.models {
					if j != i {
						u[k][i][j] = append(u[k][i][j], s.f.standardRanks(sig, c.models[j]))
					}
				}
			}
		}
	}
	for k := range selectors {
		for last := range parts {
			to[k].add(u[k][(last+1)%parts][last], u[k][(last+2)%parts][last])
		}
	}
}

// scoresOf are the scores that some models have under a pairing, by benchmark.
func (s *fit) scoresOf(models, pairing []int) [][]float64 {
	out := make([][]float64, len(s.scores))
	for b, column := range s.scores {
		if column == nil {
			continue
		}
		out[b] = make([]float64, len(models))
		for k, i := range models {
			out[b][k] = column[pairing[i]]
		}
	}
	return out
}

// deal cuts documents in a given order into parts of equal number, and returns the pieces of each.
func (f *features) deal(docs []int, parts int) [][]int {
	part := make([]int, f.docs)
	for k, doc := range docs {
		part[doc] = k * parts / len(docs)
	}
	out := make([][]int, parts)
	for t, doc := range f.doc {
		out[part[doc]] = append(out[part[doc]], t)
	}
	return out
}

// lineages counts the different ones.
func lineages(of []string) int {
	seen := map[string]bool{}
	for _, l := range of {
		seen[l] = true
	}
	return len(slices.Collect(maps.Keys(seen)))
}

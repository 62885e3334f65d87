package neural

import (
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
)

// grid is what was traced, by model and benchmark, before it is known which of them take part.
type grid struct {
	p        Params
	models   []int         // that were traced, and are left
	columns  []int         // benchmarks that are left
	patterns [][]*Patterns // by models of the study, then its benchmarks; nil where there are none
	absent   map[int]string
	failed   []axis.Lost
	dropped  []string // what had to go with what failed, and what models could not take
	alarms   []axis.Alarm
}

// read reads all patterns that could be made.
func read(rt action.Runtime, p Params, patterns [][]*action.Action, traced []int) (*grid, error) {
	g := &grid{p: p, models: slices.Clone(traced), absent: map[int]string{}, patterns: make([][]*Patterns, len(p.Models))}
	for b, name := range p.Benchmarks {
		if len(traced) > 0 && !slices.ContainsFunc(traced, func(m int) bool { return patterns[m][b] != nil }) {
			g.absent[b] = name + " has scores alone, and no items"
			continue
		}
		g.columns = append(g.columns, b)
		for _, m := range traced {
			data, lost, err := axis.Optional(rt, inputName(p, m, b))
			if err != nil {
				return nil, err
			}
			if g.patterns[m] == nil {
				g.patterns[m] = make([]*Patterns, len(p.Benchmarks))
			}
			if lost != nil {
				g.failed = append(g.failed, *lost)
				continue
			}
			if g.patterns[m][b], err = DecodePatterns(data); err != nil {
				return nil, err
			}
		}
	}
	g.refuse()
	return g, nil
}

// drop leaves models or benchmarks out until all models that are left were traced on all benchmarks that are left: first, each
// time, what lacks the largest share of its patterns. So a benchmark that no model could be traced on goes, and a model that
// failed throughout; of many models one goes rather than a benchmark.
func (g *grid) drop() {
	for {
		model, byModel := g.worst(g.models, g.columns, func(m, b int) bool { return g.patterns[m][b] == nil })
		benchmark, byBenchmark := g.worst(g.columns, g.models, func(b, m int) bool { return g.patterns[m][b] == nil })
		switch {
		case byModel == 0:
			return
		case byModel >= byBenchmark:
			g.dropped = append(g.dropped, fmt.Sprintf("model %s takes no part: it failed on %s", g.p.Models[model],
				g.p.Benchmarks[g.firstFailed(model)]))
			g.models = slices.DeleteFunc(g.models, func(m int) bool { return m == model })
		default:
			g.absent[benchmark] = fmt.Sprintf("%s takes no part on the neural axis: a model failed on it",
				g.p.Benchmarks[benchmark])
			g.dropped = append(g.dropped, fmt.Sprintf("benchmark %s takes no part: a model failed on it",
				g.p.Benchmarks[benchmark]))
			g.columns = slices.DeleteFunc(g.columns, func(b int) bool { return b == benchmark })
		}
	}
}

// worst is the one that lacks the largest share of the others, the first of equals.
func (g *grid) worst(ones, others []int, lacks func(one, other int) bool) (at int, share float64) {
	for _, one := range ones {
		n := 0
		for _, other := range others {
			if lacks(one, other) {
				n++
			}
		}
		if s := float64(n) / float64(len(others)); n > 0 && s > share {
			at, share = one, s
		}
	}
	return at, share
}

// firstFailed is the first benchmark on which a model failed.
func (g *grid) firstFailed(model int) int {
	i := slices.IndexFunc(g.columns, func(b int) bool { return g.patterns[model][b] == nil })
	return g.columns[i]
}

// sample takes in what is left, and checks that all models saw the same items.
func (g *grid) sample() (*sample, error) {
	if len(g.failed) > 0 && (len(g.models) == 0 || len(g.columns) == 0) {
		return nil, fmt.Errorf("no model could be traced: %s: %s", g.failed[0].What, g.failed[0].Why)
	}
	s := &sample{p: g.p, absent: g.absent, traced: g.models}
	for _, b := range g.columns {
		var items []string
		g.together(b)
		for i, m := range g.models {
			t := g.patterns[m][b]
			if i == 0 {
				items = t.Items
			}
			if !slices.Equal(t.Items, items) {
				return nil, fmt.Errorf("models %s and %s were traced on different items of %s", g.p.Models[g.models[0]],
					g.p.Models[m], g.p.Benchmarks[b])
			}
			if len(items) < s.least() {
				continue
			}
			if err := s.take(i, m, t); err != nil {
				return nil, err
			}
		}
		if len(items) < s.least() {
			s.absent[b] = fmt.Sprintf("%s has %d items; the neural axis needs %d", g.p.Benchmarks[b], len(items), MinItems)
			continue
		}
		s.present, s.size = append(s.present, b), append(s.size, len(items))
		s.at = append(s.at, g.patterns[g.models[0]][b].At)
	}
	if s.byFolds() {
		s.thin = len(s.size) > 0 && slices.Min(s.size) < MinItems
		for _, m := range s.models {
			m.dropLost()
		}
	}
	return s, nil
}

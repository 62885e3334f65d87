package perplexity

import (
	"context"
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// fit is a study's signatures, chosen on all models and all pieces.
type fit struct {
	o         Options
	t         *axis.ScoreTable
	f         *features
	scores    [][]float64            // of all models, by benchmark; nil where one is missing
	models    []int                  // all
	pieces    []int                  // all
	targets   []target               // over all models
	chosen    map[string][]signature // by selector, one a benchmark
	plain     int                    // benchmarks whose scores could not be cleared of a general factor
	workers   int
	selectors []selector

	lineages []string // of all models of the study, from which half-samples are drawn
	kept     []int    // which of them the rows of t are
}

func newFit(ctx context.Context, o Options, t *axis.ScoreTable, f *features, workers int) (*fit, error) {
	s := &fit{o: o, t: t, f: f, chosen: map[string][]signature{}, workers: workers, scores: t.Columns(),
		models: indices(len(t.Models)), pieces: indices(len(f.at))}
	s.lineages, s.kept = t.Lineages, s.models
	for _, name := range o.Selectors {
		s.selectors = append(s.selectors, selector{name: name, k: o.K})
	}
	s.targets, s.plain = targetsOf(s.scores, o.ResidualG)
	scr := s.screen(s.models, s.pieces, s.targets, s.selectors...)
	for _, sel := range s.selectors {
		chosen := make([]signature, len(t.Benchmarks))
		if sel.name == Lasso && f.recipe == study.RecipeCode {
			var err error
			if s.chosen[sel.name], err = s.released(ctx); err != nil {
				return nil, err
			}
			continue
		}
		err := axis.Parallel(ctx, s.workers, len(chosen), func(b int) { chosen[b] = sel.choose(f, scr, s.models, b) })
		if err != nil {
			return nil, err
		}
		s.chosen[sel.name] = chosen
	}
	return s, nil
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// screen screens pieces over models once, for some selectors.
func (s *fit) screen(models, pieces []int, targets []target, selectors ...selector) screening {
	return (&screener{}).screen(s.f.ranked(models, pieces), targets, s.reach(selectors, len(pieces), len(models)))
}

// reach is how many pieces of each tail some selectors want of a set of pieces that is screened over some models.
func (s *fit) reach(selectors []selector, pieces, models int) reach {
	all := tailSize(s.o.Ratio, pieces, models)
	var out reach
	for _, sel := range selectors {
		want := sel.reach(all)
		out = reach{max(out.good, want.good), max(out.bad, want.bad)}
	}
	return out
}

// overlap is the in-sample overlap of one selector: Spearman over models of u_i = sum of w_t z_it over the signature.
func (s *fit) overlap(name, title string) *matrix.Labelled {
	m := matrix.NewSquare(title, "1", s.t.Benchmarks)
	u := make([][]float64, len(s.t.Benchmarks))
	for b, sig := range s.chosen[name] {
		u[b] = s.f.standardRanks(sig, s.models)
	}
	for a := range u {
		m.Set(a, a, 1)
		for b := range a {
			switch why := s.missing(name, b, a); {
			case why != "":
				m.SetMissingSym(a, b, why)
			case u[a] == nil || u[b] == nil:
				m.SetMissingSym(a, b, stats.ErrConstant.Error())
			default:
				m.SetSym(a, b, stats.Clip(linalg.Dot(u[a], u[b])))
			}
		}
	}
	return m
}

func (s *fit) missing(name string, benchmarks ...int) string {
	for _, b := range benchmarks {
		if why := s.chosen[name][b].missing; why != "" {
			return s.t.Benchmarks[b] + ": " + why
		}
	}
	return ""
}

// standardRanks are the ranks of a signature's activations, with mean 0 and sum of squares 1, so that the product of two such
// vectors is Spearman's correlation; nil where there is none.
func (f *features) standardRanks(s signature, models []int) []float64 {
	u := f.activations(s, models)
	if u == nil || stats.Constant(u) {
		return nil
	}
	return linalg.Standardised(stats.Ranks(u))
}

// tally sums correlations by pair of benchmarks, a benchmark with itself among them.
type tally struct {
	sum   []float64 // by axis.CellOf
	count []int
}

func newTally(benchmarks int) tally {
	cells := axis.CellOf(benchmarks-1, benchmarks-1) + 1
	return tally{make([]float64, cells), make([]int, cells)}
}

// add takes in the correlation of every u[a] with every v[b], which are standardised ranks or nil.
func (y *tally) add(u, v [][]float64) {
	for a := range u {
		for b := range v {
			if u[a] != nil && v[b] != nil {
				cell := axis.CellOf(a, b)
				y.sum[cell] += stats.Clip(linalg.Dot(u[a], v[b]))
				y.count[cell]++
			}
		}
	}
}

// join takes in another tally.
func (y *tally) join(of tally) {
	for cell := range y.sum {
		y.sum[cell] += of.sum[cell]
		y.count[cell] += of.count[cell]
	}
}

// mean is the mean correlation of two benchmarks.
func (y *tally) mean(a, b int) (float64, bool) {
	cell := axis.CellOf(a, b)
	if y.count[cell] == 0 {
		return 0, false
	}
	return y.sum[cell] / float64(y.count[cell]), true
}

// disjoint is an overlap of disjoint signatures of one selector.
type disjoint struct {
	overlap *matrix.Labelled // diagonal 1
	self    []float64        // B: of a benchmark with itself
	missing []string         // B: why there is none
}

// disjoint compares signatures that share nothing: one benchmark's is chosen on a third of the models (by lineage) and a third
// of the documents, the other's on another third of both, and the overlap is taken over the last third of the models; each third
// is the last one in turn, both ways, and the mean over the splits is taken. So no model's scores choose both signatures, nor
// are they compared on a model that chose. A benchmark's overlap with itself says how well its signature is found again.
func (s *fit) disjoint(ctx context.Context) (map[string]disjoint, error) {
	splits := make([][]tally, s.o.Splits)
	err := axis.Parallel(ctx, s.workers, s.o.Splits, func(r int) {
		splits[r] = make([]tally, len(s.selectors))
		for k := range splits[r] {
			splits[r][k] = newTally(len(s.t.Benchmarks))
		}
		if c := s.cut(r); c != nil {
			s.compare(c, s.selectors, s.models, &screener{}, splits[r])
		}
	})
	if err != nil {
		return nil, err
	}
	out := map[string]disjoint{}
	for k, sel := range s.selectors {
		total := newTally(len(s.t.Benchmarks))
		for _, one := range splits {
			total.join(one[k])
		}
		out[sel.name] = s.average(sel.name, total)
	}
	return out, nil
}

func (s *fit) average(name string, total tally) disjoint {
	nb := len(s.t.Benchmarks)
	d := disjoint{matrix.NewSquare("perplexity overlap of disjoint signatures", "1", s.t.Benchmarks), make([]float64, nb),
		make([]string, nb)}
	for a := range nb {
		d.overlap.Set(a, a, 1)
		for b := range a + 1 {
			switch v, ok := total.mean(a, b); {
			case a == b && ok:
				d.self[a] = v
			case a == b:
				d.missing[a] = s.undivided(name, a)
			case ok:
				d.overlap.SetSym(a, b, v)
			default:
				d.overlap.SetMissingSym(a, b, s.undivided(name, b, a))
			}
		}
	}
	return d
}

// undivided says why benchmarks have no overlap of disjoint signatures.
func (s *fit) undivided(name string, benchmarks ...int) string {
	if why := s.missing(name, benchmarks...); why != "" {
		return why
	}
	if why := s.tooFew(); why != "" {
		return why
	}
	return "in no split did two thirds of the models choose signatures that differ over the last third"
}

// tooFew says why the models cannot be cut in thirds, and what would help; empty where they can.
func (s *fit) tooFew() string {
	for r := range s.o.Splits {
		if s.thirds(r) != nil {
			return ""
		}
	}
	return fmt.Sprintf("disjoint signatures take thirds of at least %d models, no lineage in two of them: %d models of %d "+
		"lineages give none, %d models of %d lineages or more would", fewestModels, len(s.models), lineages(s.t.Lineages),
		parts*fewestModels, parts)
}

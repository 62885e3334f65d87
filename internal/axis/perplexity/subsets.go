package perplexity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/corpus"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// subsetSplits is over how many splits the overlap of a subset of models is averaged: fewer than a study's own, as there are many
// subsets.
const subsetSplits = 6

// SubsetOverlaps are the overlaps of disjoint signatures, by the first selector, on random subsets of a study's models.
type SubsetOverlaps struct {
	Benchmarks []string
	Sizes      []SubsetsOf
}

// SubsetsOf are those of one size, draw by draw, as they are and with the subset's models re-paired.
type SubsetsOf struct {
	Models           int
	Paired, Repaired axis.Null
}

// DecodeSubsets reads the output of Subsets.
func DecodeSubsets(data []byte) (*SubsetOverlaps, error) {
	var out SubsetOverlaps
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("signatures on subsets of models: %w", err)
	}
	return &out, nil
}

// Subsets is the action that computes SubsetOverlaps of axis.Subset; where columns are missing, of what is left of each.
func Subsets(o Options, c *corpus.Corpus, columns [][]*action.Action, scores *action.Action) *action.Action {
	o.Selectors = o.Selectors[:1]
	a := onFeatures("perplexity/subsets", o, c, columns, scores, false, func(ctx context.Context, in *inputs, r action.Runtime) (
		[]byte, error) {
		out, err := subsets(ctx, o, in, r.Workers(), r.Progress)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	})
	a.Facts = append(a.Facts, action.F("subsets", axis.SubsetDraws), action.F("splits of each", subsetSplits))
	return a
}

// subsets looks at every size.
func subsets(ctx context.Context, o Options, in *inputs, workers int, progress func(done, total int)) (*SubsetOverlaps, error) {
	out := &SubsetOverlaps{Benchmarks: in.scores.Benchmarks}
	lineages, kept := in.lineages, in.kept
	if kept == nil {
		lineages, kept = in.scores.Lineages, indices(len(in.scores.Models))
	}
	sizes := axis.SubsetSizes(len(lineages))
	for k, n := range sizes {
		progress(k, len(sizes))
		one := SubsetsOf{Models: n, Paired: emptyNull(in.scores), Repaired: emptyNull(in.scores)}
		err := axis.Parallel(ctx, workers, axis.SubsetDraws, func(draw int) {
			drawn := axis.HalfSample{Models: axis.Subset(o.Seed, n, draw, lineages)}.Among(kept)
			s := in.subset(o, drawn.Models)
			paired, repaired := s.bothWays(n, draw)
			width := len(paired.sum)
			paired.write(one.Paired.Values[draw*width : (draw+1)*width])
			repaired.write(one.Repaired.Values[draw*width : (draw+1)*width])
		})
		if err != nil {
			return nil, err
		}
		out.Sizes = append(out.Sizes, one)
	}
	return out, nil
}

func emptyNull(t *axis.ScoreTable) axis.Null {
	width := len(newTally(len(t.Benchmarks)).sum)
	return axis.Null{N: axis.SubsetDraws, Values: make(axis.Singles, axis.SubsetDraws*width)}
}

// subset is what signatures of some models alone are chosen from.
func (in *inputs) subset(o Options, models []int) *fit {
	f := *in.f
	f.x = make([][]float32, len(models))
	for k, i := range models {
		f.x[k] = in.f.x[i]
	}
	t := in.scores.Of(models)
	return &fit{o: o, t: t, f: &f, scores: t.Columns(), models: indices(len(models)), pieces: indices(len(f.at)),
		selectors: []selector{{name: o.Selectors[0], k: o.K}}}
}

// bothWays are the overlaps of one draw as they are, and with its models re-paired on the same splits.
func (s *fit) bothWays(n, draw int) (paired, repaired tally) {
	nb := len(s.t.Benchmarks)
	both, scr := [2][]tally{{newTally(nb)}, {newTally(nb)}}, &screener{}
	other := stats.PermuteGroups(stats.Stream(s.o.Seed, fmt.Sprintf("perplexity/re-pairing of %d models", n), draw), s.t.Lineages)
	for r := range subsetSplits {
		c := s.cut(draw*subsetSplits + r)
		if c == nil {
			continue
		}
		for k, pairing := range [][]int{s.models, other} {
			if k == 0 || !slices.Equal(pairing, s.models) {
				s.compare(c, s.selectors, pairing, scr, both[k])
			}
		}
	}
	return both[0][0], both[1][0]
}

// FewestForThirds is the least number of models that can be cut in thirds.
func FewestForThirds() int { return parts * fewestModels }

// SubsetMethods says how signatures are chosen on subsets of models.
func SubsetMethods() string {
	return fmt.Sprintf("Signatures are chosen anew on each subset, by the first selector and over %s of its models in thirds, "+
		"fewer than the whole study has; thirds take %d models.", wording.Count(subsetSplits, "split"), FewestForThirds())
}

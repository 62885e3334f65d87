package neural

import (
	"context"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
)

// energyOverlaps adds the overlap of what llama-imatrix measured. Without enough folds it has no interval and no replicates.
func (s *sample) energyOverlaps(ctx context.Context, rt action.Runtime, out *Output, found measured, draws []subsample) error {
	var over []float64
	if !s.thin {
		var err error
		if over, err = replicates(ctx, s.models, s.size, draws, rt.Workers()); err != nil {
			return err
		}
	}
	s.add(out, found, Energy, primary(s.p.Options).title, "1 - Pearson of z-scored mean patterns in every layer, each "+
		"fold's log mean square over its tokens of every input channel of the matrices; "+s.origin(),
		over, "half-samples of models (by lineage) and folds")
	v := &out.Variants[0]
	if !s.thin {
		out.Replicates = map[string]axis.Floats{Energy: s.spread(over, v.Overlap)}
	} else {
		v.Warnings = append(v.Warnings, fmt.Sprintf("the energies of a benchmark come in %s: fewer than %d have no variance to "+
			"speak of, so there is no interval, no reliability and no test", s.pieces(), MinItems))
	}
	v.Warnings = append(v.Warnings, s.foldWarnings()...)
	s.details(out, found)
	return nil
}

// pieces counts the folds of a benchmark: "8 folds", "1 to 3 folds".
func (s *sample) pieces() string {
	least, most := slices.Min(s.size), slices.Max(s.size)
	switch {
	case most == 1:
		return "1 fold"
	case least == most:
		return fmt.Sprintf("%d folds", least)
	}
	return fmt.Sprintf("%d to %d folds", least, most)
}

// origin says who measured, on what.
func (s *sample) origin() string {
	g := s.models[0].gathered[0]
	if g.Version == "" {
		return fmt.Sprintf("files of llama-imatrix that the study gives, %s a benchmark", s.pieces())
	}
	return fmt.Sprintf("llama-imatrix %s on %d items, dealt in turn into %s a benchmark, each fold one text in "+
		"chunks of %d tokens", g.Version, s.items(), s.pieces(), g.Chunks[0])
}

// items are those behind all folds; 0 where files were given.
func (s *sample) items() int {
	n := 0
	for _, g := range s.models[0].gathered {
		n += g.Items
	}
	return n
}

// foldWarnings says what a reader could take for more than it is.
func (s *sample) foldWarnings() []string {
	out := []string{"prompts of a fold are read one after the other, in chunks that begin where they happen to begin: tokens " +
		"see the prompts in front of theirs, and the first of a chunk is the model's own BOS, where it has one"}
	lost := 0
	var chunks []int
	for _, m := range s.models {
		lost += m.lost - m.gathered[0].Padding
		for _, g := range m.gathered {
			chunks = append(chunks, g.Chunks...)
		}
	}
	if lost > 0 {
		out = append(out, fmt.Sprintf("%d channels (over all models) are without energy in some fold and are left out", lost))
	}
	slices.Sort(chunks)
	if chunks = slices.Compact(chunks); len(chunks) > 1 {
		out = append(out, fmt.Sprintf("files were made with chunks of different sizes, %d to %d tokens (0: not known): the "+
			"share of tokens without anything to attend to differs, and may look like a difference of benchmarks", chunks[0],
			chunks[len(chunks)-1]))
	}
	return out
}

// foldFacts counts models and tokens, with what is behind them.
func (s *sample) foldFacts() []axis.Value {
	folds := 0
	for _, n := range s.size {
		folds += n
	}
	out := []axis.Value{
		{Name: "models", Title: "Models measured", Value: float64(len(s.models)), N: len(s.p.Models),
			Method: "models whose energies llama-imatrix measured; n counts the study's models"},
		{Name: "folds", Title: "Folds of all benchmarks", Value: float64(folds), N: len(s.size),
			Method: "parts of a benchmark's items that were measured together; n counts benchmarks"},
		{Name: "tokens", Title: "Tokens measured, all models", Value: float64(s.tokens), N: folds,
			Method: "tokens that llama-imatrix summed, BOS of every chunk among them; n counts folds"},
	}
	if n := s.items(); n > 0 {
		out = append(out, axis.Value{Name: "items", Title: "Items behind folds", Value: float64(n), N: folds,
			Method: "items whose prompts were dealt into folds; n counts folds"})
	}
	return out
}

// foldFloors are, by pair, one over the number of different halves of the two benchmarks' folds, below which no p falls; 0 for
// items, which are many.
func (s *sample) foldFloors() []float64 {
	out := make([]float64, 0, s.pairs())
	for a := range s.size {
		for b := a + 1; b < len(s.size); b++ {
			floor := 0.0
			if s.byFolds() {
				floor = 1 / (halves(s.size[a]) * halves(s.size[b]))
			}
			out = append(out, floor)
		}
	}
	return out
}

// halves counts the halves of n things, n/2 rounded up: C(n, n/2).
func halves(n int) float64 {
	count := 1.0
	for i := range n / 2 {
		count = count * float64(n-i) / float64(i+1)
	}
	return count
}

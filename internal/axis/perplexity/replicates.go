package perplexity

import (
	"context"
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// documentSplits is over how many splits of the documents a replicate's overlap is averaged. Screening serves all of them
// at once; only tails and signatures are made anew.
const documentSplits = 4

// replicates are the cross-fitted overlap on the shared half-samples, R x B x B: signatures are chosen on the models that
// were not drawn, by their scores on the drawn items, one benchmark's on half of the documents and the other's on the rest,
// and compared over the models that were drawn.
//
// So a replicate chooses and compares on as many models as the overlap itself does, and is as free of copying; but it is
// one split of the models where the overlap is a mean over many (see spread).
func (s *fit) replicates(ctx context.Context, sel selector) (axis.Floats, error) {
	nb := len(s.t.Benchmarks)
	out := make(axis.Floats, s.o.Replicates*nb*nb)
	items := s.t.ItemCounts()
	err := axis.Parallel(ctx, s.workers, s.o.Replicates, func(r int) {
		s.replicate(out[r*nb*nb:(r+1)*nb*nb], sel, r, axis.Draw(s.o.Seed, r, s.lineages, items).Among(s.kept))
	})
	return out, err
}

func (s *fit) replicate(to []float64, sel selector, r int, drawn axis.HalfSample) {
	nb := len(s.t.Benchmarks)
	sum := make([]float64, 2*nb*nb)
	train := complement(drawn.Models, len(s.models))
	if min(len(train), len(drawn.Models)) >= fewestHalf {
		rng := stats.Stream(s.o.Seed, "perplexity/documents of half-samples", r)
		parts := make([][]uint8, documentSplits)
		for i := range parts {
			parts[i] = s.f.split(stats.HalfSample(rng, s.f.docs))
		}
		targets, _ := targetsOf(s.t.On(train, drawn.Items), s.o.ResidualG)
		for _, scr := range s.f.screenAll(train, targets, parts, 2, s.o.Ratio) {
			s.compare(sum, sel, scr, train, drawn.Models)
		}
	}
	for cell := range to {
		switch n := sum[nb*nb+cell]; {
		case cell%(nb+1) == 0:
			to[cell] = 1
		case n > 0:
			to[cell] = sum[cell] / n
		default:
			to[cell] = math.NaN()
		}
	}
}

package perplexity

import (
	"cmp"

	"sdmap/internal/corpus"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Estimate is what the estimators of perplexity correlations give a text for a benchmark: how far models that make few errors
// find it easy. They take the surprisals as they are and the errors, which are 1 less the scores.
type Estimate struct {
	Benchmark string
	Document  string
	Piece     int // position in the corpus, from 0, over all documents

	Product  float64  // mean of x_k e_k (Plan et al. 2016)
	Sign     float64  // mean over pairs of sign(e_k - e_l)(x_k - x_l) (Chen and Banerjee 2017)
	SignCDF  float64  // the same with shares of ranks in place of x (Thrush et al. 2024)
	SignSign float64  // the same with signs: Kendall's tau-a
	Spearman *float64 // correlation of ranks; nil where all are equal

	PreSelect float64 // share of pairs of models in which fewer errors go with less surprisal (Shum et al. 2025)
}

// estimate makes the estimates of surprisals x for errors e over models. With ties first, equal values have the ranks of
// their order, as in perplexity-correlations 0.1.2 where numpy's sort is stable, which depends on the processor: a text that all
// models find equally hard gets a weight. Else they have their average rank.
func estimate(x, e []float64, ties string) Estimate {
	n := float64(len(x))
	ranks := stats.Ranks
	if ties == study.TiesFirst {
		ranks = stats.RanksFirst
	}
	rank := ranks(x)
	var out Estimate
	for k := range x {
		out.Product += x[k] * e[k] / n
	}
	pairs := n * (n - 1) / 2
	for k := range x {
		for l := range k {
			sign := float64(cmp.Compare(e[k], e[l]))
			out.Sign += sign * (x[k] - x[l]) / pairs
			out.SignCDF += sign * (rank[k] - rank[l]) / n / pairs
			agree := sign * float64(cmp.Compare(x[k], x[l]))
			out.SignSign += agree / pairs
			out.PreSelect += max(agree, 0) / pairs
		}
	}
	if r, err := stats.Pearson(rank, ranks(e)); err == nil {
		out.Spearman = &r
	}
	return out
}

// mostEstimates bounds the texts with estimates, over all benchmarks: beyond it, signatures alone have them.
const mostEstimates = 100_000

// estimates are of all texts of a table where that is no more than bounded, else of the pieces of the signatures.
func (s *fit) estimates(in *inputs, c *corpus.Corpus) (out []Estimate) {
	whole := s.o.Import != "" && len(s.f.at)*len(s.t.Benchmarks) <= mostEstimates
	for b, y := range s.t.Columns() {
		if y == nil {
			continue
		}
		errors := make([]float64, len(y))
		for k, v := range y {
			errors[k] = 1 - v
		}
		pieces := s.chosen[s.selectors[0].name][b].pieces
		if whole {
			pieces = make([]int, len(s.f.at))
			for t := range pieces {
				pieces[t] = t
			}
		}
		for _, t := range pieces {
			x := make([]float64, len(y))
			for k := range x {
				x[k] = float64(in.raw[k][s.f.at[t]])
			}
			e := estimate(x, errors, s.o.Ties)
			e.Benchmark, e.Document, e.Piece = s.t.Benchmarks[b], c.Docs[s.f.doc[t]].ID, s.f.at[t]
			out = append(out, e)
		}
	}
	return out
}

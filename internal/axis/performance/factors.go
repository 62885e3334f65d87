package performance

import (
	"context"
	"fmt"
	"math/rand/v2"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// generalFactor says how much of the scores one factor explains, and how many factors there are.
func generalFactor(ctx context.Context, p view, seed uint64, workers int) ([]axis.Value, error) {
	switch p := p.(type) {
	case *gapped:
		return p.generalFactor(ctx, seed, workers)
	case *profile:
		return p.generalFactor(seed), nil
	}
	return nil, nil
}

func (p *profile) generalFactor(seed uint64) []axis.Value {
	var columns [][]float64
	for _, z := range p.normal {
		if z != nil {
			columns = append(columns, z)
		}
	}
	f, err := stats.GeneralFactor(columns)
	if err != nil {
		return nil
	}
	parallel, err := stats.ParallelAnalysis(columns, parallelDraws, parallelQuant, func(r int) *rand.Rand {
		return stats.Stream(seed, "performance/parallel analysis", r)
	})
	if err != nil {
		return nil
	}
	method := fmt.Sprintf("principal components of the normal scores of %d benchmarks; parallel analysis: each column permuted "+
		"over models, %d times, %g %% quantile",
		len(columns), parallelDraws, 100*parallelQuant)
	return factorFacts(f.Share, parallel.Null[0]/float64(len(columns)), parallel.Count, p.typical(), p.component(), method)
}

const numberOfFactors = "general-factors"

func factorFacts(share, null float64, factors, m int, component, method string) []axis.Value {
	return []axis.Value{
		{Name: "general-factor.share", Title: "share of the " + component, Value: share, N: m, Method: method},
		{Name: "general-factor.share.null", Title: "share that unrelated benchmarks would give it", Value: null, N: m,
			Method: method},
		{Name: numberOfFactors, Title: "general factors by parallel analysis", Value: float64(factors), N: m, Method: method},
	}
}

package neural

import (
	"fmt"
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// agreement compares the RDMs of models (vectors of pairs): Spearman and cosine of every two, and the noise ceiling (Nili et
// al. 2014): how well a model's RDM agrees with the mean RDM of all models (upper bound for any hypothetical true RDM) and of
// the others (lower bound). RDMs are turned into ranks before they are averaged for Spearman, and the mean of ranks again before
// it is correlated, else the ceiling would be Pearson's, which lies higher; for cosine they have unit norm.
func agreement(models []string, rdms [][]float64) (spearman, cosine *matrix.Labelled, facts []axis.Value) {
	ranked, unit := make([][]float64, len(rdms)), make([][]float64, len(rdms))
	for i, v := range rdms {
		ranked[i], unit[i] = stats.Ranks(v), unitLength(v)
	}
	spearman = pairwise("Spearman correlation of RDMs", models, ranked, stats.Pearson)
	cosine = pairwise("cosine of RDMs", models, unit, cosineOf)
	facts = append(facts, summary("spearman", "Spearman", spearman, ranked, stats.Spearman)...)
	facts = append(facts, summary("cosine", "cosine", cosine, unit, cosineOf)...)
	return spearman, cosine, facts
}

// fewestForCeiling is the least number of models of which one can be compared with the mean of the others.
const fewestForCeiling = 3

type likeness func(x, y []float64) (float64, error)

func pairwise(name string, labels []string, vectors [][]float64, like likeness) *matrix.Labelled {
	m := matrix.NewSquare(name, "1", labels)
	for i := range vectors {
		for j := range i + 1 {
			if v, err := like(vectors[i], vectors[j]); err != nil {
				m.SetMissingSym(i, j, err.Error())
			} else {
				m.SetSym(i, j, v)
			}
		}
	}
	return m
}

// summary gives the mean over pairs of models and the noise ceiling; nothing for fewer than
// fewestForCeiling models.
func summary(name, title string, m *matrix.Labelled, vectors [][]float64, like likeness) []axis.Value {
	if len(vectors) < fewestForCeiling {
		return nil
	}
	total := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for k := range v {
			total[k] += v[k]
		}
	}
	var lower, upper, mean []float64
	for _, v := range vectors {
		others := make([]float64, len(v))
		for k := range v {
			others[k] = total[k] - v[k]
		}
		low, errLow := like(v, others)
		high, errHigh := like(v, total)
		if errLow == nil && errHigh == nil {
			lower, upper = append(lower, low), append(upper, high)
		}
	}
	_, mean = m.UpperTriangle()
	var out []axis.Value
	for _, f := range []struct {
		id, title, method string
		values            []float64
	}{
		{"agreement." + name, "Agreement of models, " + title, "mean over pairs of models of the " + title + " of their RDMs",
			mean},
		{"ceiling.lower." + name, "Noise ceiling, lower, " + title, "mean over models of the " + title +
			" of their RDM with the mean RDM of the other models (Nili et al. 2014)", lower},
		{"ceiling.upper." + name, "Noise ceiling, upper, " + title, "mean over models of the " + title +
			" of their RDM with the mean RDM of all models (Nili et al. 2014)", upper},
	} {
		if len(f.values) > 0 {
			var sum float64
			for _, v := range f.values {
				sum += v
			}
			out = append(out, axis.Value{Name: f.id, Title: f.title, Value: sum / float64(len(f.values)), N: len(vectors),
				Method: f.method})
		}
	}
	return out
}

func unitLength(v []float64) []float64 {
	out := make([]float64, len(v))
	var ss float64
	for _, x := range v {
		ss += x * x
	}
	if ss > 0 {
		for k, x := range v {
			out[k] = x / math.Sqrt(ss)
		}
	}
	return out
}

func cosineOf(x, y []float64) (float64, error) {
	var dot, a, b float64
	for k := range x {
		dot, a, b = dot+x[k]*y[k], a+x[k]*x[k], b+y[k]*y[k]
	}
	if a == 0 || b == 0 {
		return 0, fmt.Errorf("an RDM is zero")
	}
	return math.Min(1, dot/math.Sqrt(a*b)), nil
}

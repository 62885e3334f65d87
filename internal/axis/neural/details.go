package neural

import (
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
)

// describe adds what attention and gates do on each benchmark, mean over models, layers and heads or neurons.
func (s *sample) describe(out *Output) {
	for _, d := range []struct {
		name, title, method string
		of                  string // measure
		step, from          int
	}{
		{"attention.entropy", "Attention entropy",
			"entropy of attention weights over ln(visible keys), mean over queries but the first",
			Attention, AttentionFeatures, 0},
		{"attention.entropy.rest", "Attention entropy without the first token", "the same without the first key, weights " +
			"scaled to sum 1", Attention, AttentionFeatures, 1},
		{"attention.distance", "Attention distance", "mean distance from query to key in tokens, weighted by attention",
			Attention, AttentionFeatures, 2},
		{"gates", "Open gates", "share of prompt tokens at which an MLP gate's pre-activation is positive",
			Activation, 1, 0},
	} {
		if values := s.byBenchmark(d.title, d.of, d.from, d.step); values != nil {
			out.ByBenchmark = append(out.ByBenchmark, axis.BenchmarkValue{Name: d.name, Title: d.title, Values: values,
				Method: d.method + fmt.Sprintf("; mean over items, heads or neurons, layers and %d models", len(s.models))})
		}
	}
}

// byBenchmark is the mean of every step-th feature of a measure, over models with equal weight; nil where none was traced.
func (s *sample) byBenchmark(name, of string, from, step int) *matrix.Labelled {
	out := matrix.New(name, "1", s.p.Benchmarks, []string{name})
	for b, why := range s.absent {
		out.SetMissing(b, 0, why)
	}
	for k, b := range s.present {
		var sum float64
		models := 0
		for _, m := range s.models {
			if m.moments[of] == nil {
				continue
			}
			moments := m.moments[of][k]
			var own, n float64
			for i := from; i < len(moments.Mean); i += step {
				if moments.Variance[i] >= 0 {
					own, n = own+moments.Mean[i], n+1
				}
			}
			if n > 0 {
				sum, models = sum+own/n, models+1
			}
		}
		if models == 0 {
			return nil
		}
		out.Set(b, 0, sum/float64(models))
	}
	return out
}

// details keeps RDMs by layer and by model, and the agreement of models.
func (s *sample) details(out *Output, last measured) {
	d := &out.Detail
	pairs := s.pairs()
	deepest := 0
	var vectors [][]float64
	for i, m := range s.models {
		deepest = max(deepest, m.layers)
		if len(last.models[i]) > 0 {
			d.Models = append(d.Models, m.id)
			v := unitMean(last.models[i], pairs)
			vectors = append(vectors, v)
			d.RDMs = append(d.RDMs, v)
		}
	}
	for l := range deepest {
		var models [][]rdm
		for i := range s.models {
			if at := slices.Index(last.layer[i], l); at >= 0 {
				models = append(models, last.models[i][at:at+1])
			}
		}
		values, err := average(models, pairs)
		d.Layers = append(d.Layers, s.matrix(fmt.Sprintf("neural overlap, layer %d", l+1), 1, values, err))
	}
	var facts []axis.Value
	d.Spearman, d.Cosine, facts = agreement(d.Models, vectors)
	out.Facts = append(out.Facts, facts...)
	items := 0
	for _, n := range s.size {
		items += n
	}
	if s.byFolds() {
		out.Facts = append(out.Facts, s.foldFacts()...)
		return
	}
	out.Facts = append(out.Facts,
		axis.Value{Name: "models", Title: "Models traced", Value: float64(len(s.models)), N: len(s.p.Models),
			Method: "models that show their hidden states and that the study asks for"},
		axis.Value{Name: "tokens", Title: "Tokens traced, all models", Value: float64(s.tokens), N: items,
			Method: "tokens of the prompts, without those that stand for no text; n counts items"})
}

package report

import (
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
)

// predictionTable sets how well signatures fit the models that chose them beside how well they predict others.
func predictionTable(s *perplexity.Report, names *axis.Labels, files fileSet, values valueSet) *Table {
	t := &Table{ID: "signature-prediction", Title: "How well signatures predict.",
		Caption: "R² of what each was chosen to predict: over the models that chose it, and nested, over models of lineages that were left " +
			"out of screening, selection and fit. Below zero the mean of the other models does better.",
		Columns: append(words("benchmark"), numbers("pieces", "R² in sample", "R² nested", "n models", "folds")...)}
	for _, x := range s.Of {
		p := x.Prediction
		if x.Missing != "" || p.InSample == nil || p.Nested == nil {
			continue
		}
		at := anchor("prediction", x.Benchmark)
		t.Rows = append(t.Rows, []Cell{head(names.Benchmark(x.Benchmark)), whole(len(x.Pieces)), number(*p.InSample, 2),
			number(*p.Nested, 2).at(at), whole(p.Models), whole(p.Folds)})
		values.add(Value{Path: "/signature/" + x.Benchmark + "/r2", Title: "nested R² of the signature of " + names.Benchmark(x.Benchmark),
			Number: *p.Nested, N: p.Models, Anchor: at})
	}
	return files.filled(t)
}

// variationTable shows what becomes of signatures when one thing is chosen otherwise.
func variationTable(s *perplexity.Report, files fileSet) *Table {
	t := &Table{ID: "signature-stability", Title: "How stable signatures are.",
		Caption: "Jaccard is the share of pieces in common with the signatures as they are; r correlates the in-sample overlaps over " +
			"pairs with what they are, or those of two halves with each other. Means over draws; the least r beside it.",
		Columns: append(words("what is changed"), numbers("Jaccard", "n benchmarks", "r of overlaps", "least r", "n pairs", "draws")...)}
	optional := func(v *float64, why string) Cell {
		if v == nil {
			return missing(why)
		}
		return number(*v, 2)
	}
	for _, v := range s.Variations {
		t.Rows = append(t.Rows, []Cell{head(v.Change), optional(v.Jaccard, "they share no documents"), whole(v.Benchmarks),
			optional(v.Overlap, "too few pairs have both overlaps"), optional(v.Least, "there is one draw"), whole(v.Pairs), whole(v.Draws)})
	}
	return files.filled(t)
}

// fitProse leads to both tables.
func fitProse(s *perplexity.Report, prediction, variation *Table) string {
	if prediction == nil || variation == nil {
		return ""
	}
	var worse int
	for _, x := range s.Of {
		if n := x.Prediction.Nested; n != nil && *n <= 0 {
			worse++
		}
	}
	return fmt.Sprintf("@tab-%s says how well they predict models that had no part in them (for %s of %s, no better than a mean would), "+
		"and @tab-%s how far they depend on choices and on the models and texts at hand.", prediction.ID, spelt(worse),
		count(len(prediction.Rows), "benchmark"), variation.ID)
}

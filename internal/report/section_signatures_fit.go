package report

import (
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
)

// predictionTable sets how well signatures fit the models that chose them beside how well they predict others.
func predictionTable(s *perplexity.Report, names *axis.Labels, files fileSet, values valueSet) *Table {
	t := &Table{ID: "signature-prediction", Title: "How well signatures predict.",
		Caption: "R² of what each was chosen to predict: over the models that chose it, and nested, over models of lineages " +
			"that were left " +
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
		values.add(Value{Path: "/signature/" + x.Benchmark + "/r2", Title: "nested R² of the signature of " +
			names.Benchmark(x.Benchmark),
			Number: *p.Nested, N: p.Models, Anchor: at})
	}
	return files.filled(t)
}

// variationTable shows what becomes of signatures when one thing is chosen otherwise.
func variationTable(s *perplexity.Report, files fileSet) *Table {
	t := &Table{ID: "signature-stability", Title: "How stable signatures are.",
		Caption: "Jaccard is the share of pieces in common with the signatures as they are; r correlates the in-sample " +
			"overlaps over " +
			"pairs with what they are, or those of two halves with each other. Means over draws; the least r beside it.",
		Columns: append(words("what is changed"), numbers("Jaccard", "n benchmarks", "r of overlaps", "least r", "n pairs",
			"draws")...)}
	optional := func(v *float64, why string) Cell {
		if v == nil {
			return missing(why)
		}
		return number(*v, 2)
	}
	for _, v := range s.Variations {
		t.Rows = append(t.Rows, []Cell{head(v.Change), optional(v.Jaccard, "they share no documents"), whole(v.Benchmarks),
			optional(v.Overlap, "too few pairs have both overlaps"), optional(v.Least, "there is one draw"), whole(v.Pairs),
			whole(v.Draws)})
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
	return fmt.Sprintf("@tab-%s says how well they predict models that had no part in them (for %s of %s, no better than a "+
		"mean would), "+
		"and @tab-%s how far they depend on choices and on the models and texts at hand.", prediction.ID, spelt(worse),
		count(len(prediction.Rows), "benchmark"), variation.ID)
}

// contaminationTable counts what questions share with the corpus.
func contaminationTable(c *perplexity.Cleaned, names *axis.Labels, files fileSet, values valueSet) *Table {
	if c == nil {
		return nil
	}
	t := &Table{ID: "contamination", Title: "Contamination of the corpus.",
		Caption: "Items with a run of words that the corpus has, of those long enough to have one; documents with such " +
			"a run; scored " +
			"pieces that lie in one or have it in their context, and how many of them the benchmark's own signature holds, " +
			"and of pieces " +
			"that any benchmark contaminates.",
		Columns: append(words("benchmark"), numbers("n items", "long enough", "shared", "documents", "pieces", "in its signature",
			"by any")...)}
	for _, x := range c.Of {
		at := anchor("contamination", x.Benchmark)
		row := []Cell{head(names.Benchmark(x.Benchmark)), whole(x.Items), whole(x.Long), whole(x.Shared).at(at),
			whole(x.Documents),
			whole(x.Pieces), whole(x.Signature), whole(x.Any)}
		if x.Long == 0 {
			for k := range row[3:7] {
				row[3+k] = missing("no item has words enough to be compared")
			}
			t.Rows = append(t.Rows, row)
			continue
		}
		t.Rows = append(t.Rows, row)
		values.add(Value{Path: "/contamination/" + x.Benchmark, Title: "items of " + names.Benchmark(x.Benchmark) +
			" that share a run of words with the corpus", Number: float64(x.Shared), N: x.Items, Anchor: at})
	}
	return files.filled(t)
}

// cleanedProse says what contamination does to the overlap.
func cleanedProse(c *perplexity.Cleaned, t *Table) string {
	if c == nil || t == nil {
		return ""
	}
	var shared, long, all int
	for _, x := range c.Of {
		shared, long, all = shared+x.Shared, long+x.Long, all+x.Items
	}
	out := fmt.Sprintf("Of %s of %s with words enough to be compared, %s a run of them with the corpus (@tab-%s)",
		group(long), count(all, "item"), sharing(shared), t.ID)
	switch v := c.Variation; {
	case c.Pieces == 0:
		return out + "; no scored piece is contaminated."
	case v == nil || v.Jaccard == nil || v.Overlap == nil || c.Largest == nil:
		return out + fmt.Sprintf("; without %s that this contaminates too few are left to choose from.", count(c.Pieces, "piece"))
	default:
		return out + fmt.Sprintf("; without %s that this contaminates, signatures keep %s of their pieces (Jaccard, mean of "+
			"%s), and the "+
			"in-sample overlap correlates at %s with what it is, over %s, and changes by %s at most.", count(c.Pieces, "piece"),
			two(*v.Jaccard), count(v.Benchmarks, "benchmark"), two(*v.Overlap), count(v.Pairs, "pair"), two(*c.Largest))
	}
}

// sharing says that so many share something.
func sharing(n int) string {
	switch n {
	case 0:
		return "none shares"
	case 1:
		return "one shares"
	}
	return spelt(n) + " share"
}

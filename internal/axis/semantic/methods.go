package semantic

import (
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// Methods is the report's account of this axis.
func Methods(o study.Semantic, show wording.Outside) []wording.Paragraph {
	text := map[string]string{TextQuestion: "the question", TextChoices: "the question with its choices",
		TextAnswer: "the question with its answer"}[o.Text]
	items := "all items"
	if o.Items > 0 {
		items = wording.First(o.Items, "item")
	}
	return []wording.Paragraph{{
		fmt.Sprintf("Of %s of a benchmark, %s is embedded by %s; the first enters the map, and a bag of words (TF-IDF, "+
			"truncated SVD to %s) is the lexical baseline.",
			items, text, show.Code(o.Embeddings...), wording.Count(o.Dimensions, "dimension")),
		"With the Gaussian kernel `k(x, y) = exp(−|x − y|² / 2σ²)`, σ the median distance of all pairs of items, and mean " +
			"kernels k̄ without i = j, the overlap is the unbiased kernel cosine " +
			"`k̄_ab / √(k̄_aa k̄_bb)`, and the squared distance is `MMD_u² = k̄_aa + k̄_bb − 2 k̄_ab` [@gretton2012].",
		"Beside them stand " + wording.And(beside()) + ".",
		fmt.Sprintf("Items of one wording are no independent witnesses. Wordings are what the rows name, or are found: numbers, "+
			"single letters and names are masked, as is an instruction that all items of a benchmark share where %s "+
			"or more words "+
			"remain of the middle one; texts whose longest common subsequence has %s or more of the longer one's words are "+
			"near-duplicates, and the text with the most of them leads a group [@butina1999].",
			wording.Spelt(ownWords), wording.Percent(alike)),
		fmt.Sprintf("Where items share wordings, intervals are the overlap ± t times the standard error of the jackknife over "+
			"wordings [@efron1981], t with Welch's degrees of freedom; where each item has its own, percentiles over "+
			"half-samples. "+
			"A benchmark of fewer than %s wordings keeps them: its intervals are of items only.", wording.Spelt(fewestWordings)),
		fmt.Sprintf("*Low* and *high*: half-samples are drawn of the wordings where a benchmark has %s or more, else of the "+
			"items, and `p = (1 + #{d* ≤ %s}) / (1 + N)` (≥ for high) compares the "+
			"pair's MMD_u² with %s of the median over all pairs, drawn anew each time: "+
			"a pair is alike where it lies nearer to identity than to this study's typical pair.", wording.Spelt(fewestHalved),
			axis.MarkFormula("median*"),
			axis.Mark()),
	}}
}

// beside names the comparisons that stand beside the overlap, those with a source first.
func beside() []string {
	var cited, others []string
	for _, c := range comparisons {
		switch {
		case c.source != "":
			cited = append(cited, fmt.Sprintf("%s [@%s]", c.beside, c.source))
		case c.beside != "":
			others = append(others, c.beside)
		}
	}
	return slices.Concat(cited, others)
}

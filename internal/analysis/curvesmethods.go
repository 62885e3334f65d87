package analysis

import (
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/wording"
)

// CurvesMethods says how smaller studies are drawn, and what is said of them.
func CurvesMethods() []wording.Paragraph {
	return []wording.Paragraph{{
		"Smaller studies are drawn from this one. " + axis.SubsetMethods(),
		fmt.Sprintf("Each AUC is the median over the subsets with the range that holds %s of them; that of the "+
			"whole study has a "+
			"bootstrap over benchmarks in place of subsets.", wording.Percent(curveLevel)),
		fmt.Sprintf("The null shuffles the skills over the benchmarks, as many of each (%s, over the subsets in turn); that of "+
			"signatures re-pairs the models of each subset with each other's scores and chooses again.",
			wording.Count(curveShuffles, "shuffle")),
		perplexity.SubsetMethods(),
		fmt.Sprintf("Where fewer than %d subsets have a number, there is none.", fewestInBand),
		"Subsets of one study share models, the more so the larger they are, so their range understates what other models " +
			"would give.",
	}, {
		fmt.Sprintf("Of items, %s and %s of each benchmark's are drawn as often, all models kept.", wording.Percent(fewItems),
			wording.Percent(halfTheItems)),
		fmt.Sprintf("The strength of an exposure is how many times more of a column of text models met who met it much than "+
			"those who met it little, as the truth says it; where it does not, it is the ratio of the %s to the %s "+
			"quantile over models (of at least %s). A skill has the strength of the columns that all of its benchmarks "+
			"have, the geometric mean where they are several; columns that only some of them have do not count. Each "+
			"strength makes a group, "+
			"and where there are more than %s, %s equal parts do.", wording.Percent(highExposure), wording.Percent(lowExposure),
			wording.Percent(leastExposure), wording.Spelt(mostGroups), wording.Spelt(equalParts)),
		"The pairs of one skill in a group stand against all pairs of different skills.",
		"Labels are not given again on subsets: their tests permute each of them thousands of times.",
	}}
}

// CurveGoal says what a study is said to need its models for.
func CurveGoal() string {
	return fmt.Sprintf("An overlap is said to be clear of its null from the size on at which its range lies above "+
		"the null's, as "+
		"it does at every larger size drawn, and reliable where its range lies above an AUC of %s.", wording.Number(clearAUC))
}

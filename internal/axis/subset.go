package axis

import (
	"fmt"
	"slices"

	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// subsetSizes are the numbers of models of which it is asked what a study would have found with so many.
var subsetSizes = []int{8, 12, 16, 24, 32}

// SubsetDraws is how many random subsets of each size are looked at.
const SubsetDraws = 40

// SubsetSizes are the sizes of subsets of so many models, all of them not among these; none where models are too few.
func SubsetSizes(models int) []int {
	return slices.DeleteFunc(slices.Clone(subsetSizes), func(n int) bool { return n >= models })
}

// FewestForSubsets is the least number of models of which a subset is drawn.
func FewestForSubsets() int { return subsetSizes[0] + 1 }

// Subset draws lineages at random and keeps each that fits as a whole into n models: their models, ascending. The draw depends
// on its arguments alone, so that everything that is compared on it is compared on the same models.
func Subset(seed uint64, n, draw int, lineages []string) []int {
	names := slices.Compact(slices.Sorted(slices.Values(lineages)))
	rng := stats.Stream(seed, fmt.Sprintf("subset of %d models", n), draw)
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var out []int
	for _, name := range names {
		var members []int
		for i, l := range lineages {
			if l == name {
				members = append(members, i)
			}
		}
		if len(out)+len(members) <= n {
			out = append(out, members...)
		}
	}
	slices.Sort(out)
	return out
}

// SubsetMethods says how subsets are drawn.
func SubsetMethods() string {
	var sizes []string
	for _, n := range subsetSizes {
		sizes = append(sizes, wording.Group(n))
	}
	return fmt.Sprintf("Of %s models, as far as the study has more, %s each are drawn: whole lineages in random order as far as "+
		"they fit, the same for every measure.", wording.And(sizes), wording.Count(SubsetDraws, "subset"))
}

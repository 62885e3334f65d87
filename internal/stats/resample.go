package stats

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// Stream is the random stream of one step and replicate: PCG seeded by SHA-256 of seed, step and replicate. Adding a step
// or a replicate moves no other number.
func Stream(seed uint64, step string, replicate int) *rand.Rand {
	h := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%d", seed, step, replicate))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(h[:8]), binary.LittleEndian.Uint64(h[8:16])))
}

// HalfSample draws half of n units without replacement, rounded up, ascending.
func HalfSample(rng *rand.Rand, n int) []int {
	half := rng.Perm(n)[:(n+1)/2]
	slices.Sort(half)
	return half
}

// HalfSampleGroups draws half of the groups (lineages, families), rounded up, and returns their members, ascending.
// groups has one entry a unit.
func HalfSampleGroups(rng *rand.Rand, groups []string) []int {
	names := slices.Compact(slices.Sorted(slices.Values(groups)))
	kept := make(map[string]bool, len(names))
	for _, k := range HalfSample(rng, len(names)) {
		kept[names[k]] = true
	}
	var units []int
	for i, g := range groups {
		if kept[g] {
			units = append(units, i)
		}
	}
	return units
}

// PermuteWithin returns a permutation that moves units only within their block; blocks has one entry a unit.
func PermuteWithin(rng *rand.Rand, blocks []string) []int {
	members := map[string][]int{}
	for i, b := range blocks {
		members[b] = append(members[b], i)
	}
	out := make([]int, len(blocks))
	for _, b := range slices.Compact(slices.Sorted(slices.Values(blocks))) {
		for i, j := range rng.Perm(len(members[b])) {
			out[members[b][i]] = members[b][j]
		}
	}
	return out
}

// DistinctPermutations counts the permutations that PermuteWithin can draw: the product of the factorials of the blocks'
// sizes, exact up to 2^53.
func DistinctPermutations(blocks []string) float64 {
	sizes := map[string]int{}
	product := 1.0
	for _, b := range blocks {
		sizes[b]++
		product *= float64(sizes[b])
	}
	return product
}

// PermuteGroups returns a permutation that keeps groups (lineages) together: groups of one size change places as wholes, and
// units change places within their group. groups has one entry a unit. Where each unit is a group of its own, it is any
// permutation.
func PermuteGroups(rng *rand.Rand, groups []string) []int {
	return permuteAlike(rng, groupsBySize(groups), len(groups))
}

// GroupPermuter gives PermuteGroups for many draws. Where each unit is a group of its own it draws by the order of units,
// whatever the groups are called.
func GroupPermuter(groups []string) func(rng *rand.Rand) []int {
	bySize := groupsBySize(groups)
	if len(bySize) == 1 && len(bySize[0]) == len(groups) {
		return func(rng *rand.Rand) []int { return rng.Perm(len(groups)) }
	}
	return func(rng *rand.Rand) []int { return permuteAlike(rng, bySize, len(groups)) }
}

func permuteAlike(rng *rand.Rand, bySize [][][]int, units int) []int {
	out := make([]int, units)
	for _, alike := range bySize {
		for g, to := range rng.Perm(len(alike)) {
			for i, k := range rng.Perm(len(alike[g])) {
				out[alike[g][i]] = alike[to][k]
			}
		}
	}
	return out
}

// DistinctGroupPermutations counts the permutations that PermuteGroups can draw, exact up to 2^53.
func DistinctGroupPermutations(groups []string) float64 {
	product := 1.0
	for _, alike := range groupsBySize(groups) {
		product *= math.Gamma(float64(len(alike))+1) * math.Pow(math.Gamma(float64(len(alike[0]))+1), float64(len(alike)))
	}
	return product
}

// groupsBySize are the members of every group, groups of one size together, in the order of their names.
func groupsBySize(groups []string) [][][]int {
	members := map[string][]int{}
	for i, g := range groups {
		members[g] = append(members[g], i)
	}
	bySize := make([][][]int, len(groups)+1)
	for _, g := range slices.Sorted(maps.Keys(members)) {
		bySize[len(members[g])] = append(bySize[len(members[g])], members[g])
	}
	return slices.DeleteFunc(bySize, func(alike [][]int) bool { return len(alike) == 0 })
}

// DealGroups puts the units of each group (lineage) into one of some parts of about equal size: the groups in random order,
// each into the part that has the fewest units so far. The members of a part ascend.
func DealGroups(rng *rand.Rand, groups []string, parts int) [][]int {
	out := make([][]int, parts)
	members := slices.Concat(groupsBySize(groups)...)
	for _, g := range rng.Perm(len(members)) {
		least := 0
		for k := range out {
			if len(out[k]) < len(out[least]) {
				least = k
			}
		}
		out[least] = append(out[least], members[g]...)
	}
	for _, p := range out {
		slices.Sort(p)
	}
	return out
}

// DistinctHalves counts the halves that HalfSampleGroups can draw: C(n, h) with n different groups and h = n/2, rounded up;
// exact up to 2^53.
func DistinctHalves(groups []string) float64 {
	n := len(slices.Compact(slices.Sorted(slices.Values(groups))))
	count := 1.0
	for i := range n / 2 {
		count = count * float64(n-i) / float64(i+1)
	}
	return count
}

// PermutationP is (1 + exceeding) / (1 + n) for n random replicates (Phipson & Smyth 2010): never 0.
func PermutationP(exceeding, n int) float64 { return float64(1+exceeding) / float64(1+n) }

// permute calls visit with permutations of 0..n-1: all n! in lexicographic order, the identity first, where there are at
// most limit; else limit random ones. It returns how many it made and whether these were all.
func permute(n, limit int, rng *rand.Rand, visit func(p []int)) (made int, all bool) {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	if math.Gamma(float64(n)+1) > float64(limit) {
		for range limit {
			rng.Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
			visit(p)
		}
		return limit, false
	}
	for {
		visit(p)
		made++
		if !nextPermutation(p) {
			return made, true
		}
	}
}

func nextPermutation(p []int) bool {
	i := len(p) - 2
	for i >= 0 && p[i] > p[i+1] {
		i--
	}
	if i < 0 {
		return false
	}
	j := len(p) - 1
	for p[j] < p[i] {
		j--
	}
	p[i], p[j] = p[j], p[i]
	slices.Reverse(p[i+1:])
	return true
}

// MedianTest tests columns of replicates of squared distances against a share of the median over columns, which is
// recomputed in every replicate. far = (1 + #{d <= share median})/(1 + N) is small where a column lies above that mark in nearly
// every replicate, near = (1 + #{d >= share median})/(1 + N) where it lies below. A replicate whose median is not positive says
// that nothing lies apart: it speaks for neither.
type MedianTest struct {
	share              float64
	n                  int
	notAbove, notBelow []int
	scratch            []float64
}

// NewMedianTest begins a test of so many columns.
func NewMedianTest(columns int, share float64) *MedianTest {
	return &MedianTest{share: share, notAbove: make([]int, columns), notBelow: make([]int, columns)}
}

// Add takes in one replicate.
func (t *MedianTest) Add(row []float64) error {
	if len(row) != len(t.notAbove) || len(row) == 0 {
		return fmt.Errorf("replicate %d: %d values for %d columns", t.n, len(row), len(t.notAbove))
	}
	if !allFinite(row) {
		return fmt.Errorf("replicate %d: %w", t.n, ErrFinite)
	}
	t.scratch = append(t.scratch[:0], row...)
	median := quantileOf(t.scratch, 0.5)
	mark := t.share * median
	for c, v := range row {
		if v <= mark || median <= 0 {
			t.notAbove[c]++
		}
		if v >= mark || median <= 0 {
			t.notBelow[c]++
		}
	}
	t.n++
	return nil
}

// P gives both p-values of each column.
func (t *MedianTest) P() (far, near []float64) {
	far, near = make([]float64, len(t.notAbove)), make([]float64, len(t.notAbove))
	for c := range far {
		far[c], near[c] = PermutationP(t.notAbove[c], t.n), PermutationP(t.notBelow[c], t.n)
	}
	return far, near
}

// AgainstMedian is a MedianTest of replicates x columns, row-major.
func AgainstMedian(d []float64, columns int, share float64) (far, near []float64, err error) {
	if columns < 1 || len(d) == 0 || len(d)%columns != 0 {
		return nil, nil, fmt.Errorf("%d values do not fill rows of %d", len(d), columns)
	}
	t := NewMedianTest(columns, share)
	for ; len(d) > 0; d = d[columns:] {
		if err := t.Add(d[:columns]); err != nil {
			return nil, nil, err
		}
	}
	far, near = t.P()
	return far, near, nil
}

package stats

import (
	"fmt"
	"slices"
	"testing"
)

// Groups of one size change places as wholes, units within their group; every permutation that this allows is drawn.
func TestPermuteGroups(t *testing.T) {
	groups := []string{"a", "b", "a", "c", "b", "d", "e"} // two of two, three of one
	if n := DistinctGroupPermutations(groups); n != 2*2*2*6 {
		t.Errorf("%v permutations, want 48", n)
	}
	seen := map[string]bool{}
	for r := range 3000 {
		p := PermuteGroups(Stream(1, "groups", r), groups)
		if sorted := slices.Sorted(slices.Values(p)); !slices.Equal(sorted, []int{0, 1, 2, 3, 4, 5, 6}) {
			t.Fatalf("%v is no permutation", p)
		}
		if groups[p[0]] != groups[p[2]] || groups[p[1]] != groups[p[4]] {
			t.Fatalf("%v parts a group", p)
		}
		seen[fmt.Sprint(p)] = true
	}
	if len(seen) != 48 {
		t.Errorf("%d permutations were drawn, want 48", len(seen))
	}
	if n := DistinctGroupPermutations([]string{"a", "a", "b"}); n != 2 {
		t.Error("a group of two and one of one allow two permutations, not", n)
	}
}

// Parts hold whole groups and everything once, and are as equal as the groups let them be.
func TestDealGroups(t *testing.T) {
	groups := []string{"a", "b", "a", "c", "b", "d", "e", "a", "f"}
	for r := range 200 {
		parts := DealGroups(Stream(2, "parts", r), groups, 3)
		if all := slices.Sorted(slices.Values(slices.Concat(parts...))); !slices.Equal(all, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}) {
			t.Fatalf("%v do not hold everything once", parts)
		}
		for _, p := range parts {
			if !slices.IsSorted(p) || len(p) < 1 || len(p) > 5 {
				t.Fatalf("parts %v", parts)
			}
			for _, i := range p {
				for j, g := range groups {
					if g == groups[i] && !slices.Contains(p, j) {
						t.Fatalf("%v part the group %s", parts, g)
					}
				}
			}
		}
	}
	if parts := DealGroups(Stream(2, "parts", 0), groups[:1], 3); len(parts[0]) != 1 || len(parts[1])+len(parts[2]) != 0 {
		t.Errorf("one group makes one part: %v", parts)
	}
}

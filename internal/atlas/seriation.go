package atlas

import (
	"fmt"
	"slices"

	"sdmap/internal/matrix"
)

// Seriate orders benchmarks for a heat map so that like stands beside like: average-linkage clustering of the
// similarities, each merge joining the two ends that are most alike (Gruvaeus & Wainer 1972). Unlike the angle on a
// two-dimensional map it keeps groups together that only a third dimension separates. The order is read from the side of
// the benchmark with the lower index. similarity is symmetric, complete off the diagonal.
func Seriate(similarity *matrix.Labelled) ([]int, error) {
	s, err := complete(similarity)
	if err != nil {
		return nil, fmt.Errorf("no order of benchmarks: %w", err)
	}
	n := len(similarity.Rows)
	clusters := make([][]int, n)
	for i := range clusters {
		clusters[i] = []int{i}
	}
	for len(clusters) > 1 {
		a, b := closest(clusters, s, n)
		clusters[a] = join(clusters[a], clusters[b], s, n)
		clusters = slices.Delete(clusters, b, b+1)
	}
	if n == 0 {
		return []int{}, nil
	}
	order := clusters[0]
	if order[0] > order[n-1] {
		slices.Reverse(order)
	}
	return order, nil
}

// closest is the pair of clusters with the highest mean similarity; of equals the first.
func closest(clusters [][]int, s []float64, n int) (a, b int) {
	first := true
	var best float64
	for i := range clusters {
		for j := i + 1; j < len(clusters); j++ {
			var sum float64
			for _, x := range clusters[i] {
				for _, y := range clusters[j] {
					sum += s[x*n+y]
				}
			}
			mean := sum / float64(len(clusters[i])*len(clusters[j]))
			if first || mean > best+1e-12 {
				a, b, best, first = i, j, mean, false
			}
		}
	}
	return a, b
}

// join turns two clusters so that the ends that meet are the most alike; of equals the first turn.
func join(left, right []int, s []float64, n int) []int {
	var best []int
	var most float64
	for _, l := range [][]int{left, reversed(left)} {
		for _, r := range [][]int{right, reversed(right)} {
			meet := s[l[len(l)-1]*n+r[0]]
			if best == nil || meet > most+1e-12 {
				best, most = slices.Concat(l, r), meet
			}
		}
	}
	return best
}

func reversed(x []int) []int {
	out := slices.Clone(x)
	slices.Reverse(out)
	return out
}

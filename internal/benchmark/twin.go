package benchmark

import "reflect"

// Twin is the first of the benchmarks whose items are the very same as those of the k-th, which may be that one itself: what a
// model makes of them is computed once. So it is where one set of questions has two columns of scores, one of direct answers
// and one of chains of thought. Places without a benchmark are skipped.
func Twin(benchmarks []*Benchmark, k int) int {
	for i, b := range benchmarks[:k] {
		if b != nil && len(b.Items) == len(benchmarks[k].Items) && reflect.DeepEqual(b.Items, benchmarks[k].Items) {
			return i
		}
	}
	return k
}

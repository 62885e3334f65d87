package axis

import (
	"math"
	"sync"

	"sdmap/internal/stats"
)

// Parallel calls work(0) to work(n-1) from at most workers goroutines; each call writes only what belongs to its index.
func Parallel(workers, n int, work func(i int)) {
	next := make(chan int)
	var group sync.WaitGroup
	for range max(1, min(workers, n)) {
		group.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

// Replicates is how many random replicates a test of all pairs needs, so that its smallest p can pass
// Benjamini-Yekutieli at q = 0.1: 10 pairs (1 + 1/2 + ... + 1/pairs), and never fewer than 9,999 or than were asked for.
func Replicates(pairs, asked int) int {
	return max(9999, asked, int(math.Ceil(10*float64(pairs)*stats.Harmonic(pairs))))
}

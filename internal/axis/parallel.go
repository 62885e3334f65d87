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

const (
	fewestReplicates = 9999
	reachableQ       = 0.1
)

// Replicates is how many random replicates a test of all pairs needs, so that its smallest p can pass
// Benjamini-Yekutieli at reachableQ: pairs (1 + 1/2 + ... + 1/pairs)/q, and never fewer than fewestReplicates or than were
// asked for.
func Replicates(pairs, asked int) int {
	return max(fewestReplicates, asked, int(math.Ceil(float64(pairs)*stats.Harmonic(pairs)/reachableQ)))
}

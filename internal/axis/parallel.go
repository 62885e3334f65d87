package axis

import (
	"context"
	"math"
	"sync"

	"sdmap/internal/stats"
)

// Parallel calls work(0) to work(n-1) from at most workers goroutines. Each call writes only to places of its own, so that
// the result does not depend on their number. It ends early, with the error, when ctx is cancelled.
func Parallel(ctx context.Context, workers, n int, work func(i int)) error {
	next := make(chan int)
	var group sync.WaitGroup
	for range max(1, min(workers, n)) {
		group.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	group.Wait()
	return ctx.Err()
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

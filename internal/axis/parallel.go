package axis

import (
	"context"
	"fmt"
	"math"
	"sync"

	"sdmap/internal/action"
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
// asked for. Fewer than fewestReplicates are made where just so many were asked for; see Exactly.
func Replicates(pairs, asked int) int {
	if Exactly(asked) {
		return asked
	}
	return max(fewestReplicates, asked, int(math.Ceil(float64(pairs)*stats.Harmonic(pairs)/reachableQ)))
}

// Exactly says that a study asks for fewer replicates than a test would make by itself: it gets them, however little they say.
func Exactly(asked int) bool { return asked > 0 && asked < fewestReplicates }

// ReplicateFacts are what an action's key must say of the replicates that a study asks for, beside their number.
func ReplicateFacts(asked int) []action.Fact {
	if !Exactly(asked) {
		return nil
	}
	return []action.Fact{action.F("exactly", asked)}
}

// FewReplicates warns where so many replicates cannot give a p that one pair alone would need to pass the correction; empty where
// they can.
func FewReplicates(made, pairs int) string {
	if made >= Replicates(pairs, 0) {
		return ""
	}
	return fmt.Sprintf("p cannot fall below %.2g: a pair that stands alone cannot pass Benjamini-Yekutieli, many together can",
		stats.PermutationP(0, made))
}

package neural

import "sync"

// parallel calls work(0) to work(n-1) from at most workers goroutines; each call writes only what belongs to its index.
func parallel(workers, n int, work func(i int)) {
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

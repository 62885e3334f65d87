package perplexity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"sdmap/internal/testenv"
)

// numpyScreens is how a script would screen: ranks over models, one product with the targets, the candidates of both tails. It
// prints how many seconds each took. Numbers are its own, of the same shape, since only the time is compared.
const numpyScreens = `
import sys, time
import numpy as np
pieces, models, benchmarks, share = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
rng = np.random.default_rng(1)
x = rng.standard_normal((pieces, models), dtype=np.float32)
y = rng.standard_normal((models, benchmarks))
begin = time.process_time()
v = (2 * (y.argsort(0).argsort(0) + 1) - models - 1).astype(np.float32)
ranks = x.argsort(1).argsort(1).astype(np.float32)
gamma = (ranks - np.float32((models - 1) / 2)) @ v
ranked = time.process_time()
tail = int(share * pieces)
for b in range(benchmarks):
    order = np.argpartition(gamma[:, b], (tail, pieces - tail))
    good, bad = order[:tail], order[-tail:]
    good[np.argsort(gamma[good, b])], bad[np.argsort(-gamma[bad, b])]
print(ranked - begin, time.process_time() - begin)
`

// The paper's numbers of models and benchmarks, and its share of the pieces in a tail. SDMAP_PIECES takes other numbers of
// pieces; the paper's is 16900000, which wants 4 GB of memory, and more than that from numpy.
const (
	paperModels, paperBenchmarks, paperShare = 32, 89, 0.01

	comparedPieces = 2_000_000 // as many as numpy has room for on a usual machine
)

// BenchmarkScreen screens pieces for all benchmarks on one thread, ranks, gammas and both tails in order, and says how many times
// faster that is than numpy's ranks and product, and than the same with tails.
func BenchmarkScreen(b *testing.B) {
	sizes := []int{100_000, 1_000_000}
	if n, err := strconv.Atoi(os.Getenv("SDMAP_PIECES")); err == nil {
		sizes = []int{n}
	}
	for _, d := range sizes {
		b.Run(fmt.Sprintf("%dx%dx%d", d, paperModels, paperBenchmarks), func(b *testing.B) {
			f := syntheticFeatures(paperModels, d)
			targets, _ := targetsOf(correlatedScores(paperModels, paperBenchmarks, 2), false)
			n := tailSize(paperShare, d, paperModels)
			pieces, models := indices(d), indices(paperModels)
			own := time.Hour
			for b.Loop() {
				begin := testenv.CPU()
				(&screener{}).screen(f.ranked(models, pieces), targets, reach{n, n})
				own = min(own, testenv.CPU()-begin)
			}
			b.StopTimer()
			b.ReportMetric(own.Seconds(), "cpu-s")
			if d <= comparedPieces {
				ranked, all := screenedByNumpy(b, d)
				b.ReportMetric(ranked/own.Seconds(), "x-numpy-ranks-dot")
				b.ReportMetric(all/own.Seconds(), "x-numpy-tails")
			}
		})
	}
}

// syntheticFeatures are normal numbers without ties worth the name, quickly made.
func syntheticFeatures(m, d int) *features {
	f := &features{docs: 1, x: make([][]float32, m), at: indices(d), doc: make([]int, d)}
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range f.x {
		f.x[i] = make([]float32, d)
		for t := range f.x[i] {
			f.x[i][t] = float32(rng.NormFloat64())
		}
	}
	return f
}

// screenedByNumpy is how many seconds numpy takes on one thread for ranks and product, and with tails; NaN where there is none.
func screenedByNumpy(b *testing.B, pieces int) (ranked, all float64) {
	python := testenv.Program(b, "python", "python3")
	run := exec.Command(python, "-c", numpyScreens, strconv.Itoa(pieces), strconv.Itoa(paperModels),
		strconv.Itoa(paperBenchmarks), fmt.Sprint(paperShare))
	run.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	out, err := run.Output()
	if _, scan := fmt.Sscan(strings.TrimSpace(string(out)), &ranked, &all); err != nil || scan != nil {
		b.Logf("no numpy to compare with: %v %v", err, scan)
		return math.NaN(), math.NaN()
	}
	return ranked, all
}

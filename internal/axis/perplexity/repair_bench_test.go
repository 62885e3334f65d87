package perplexity

import (
	"context"
	"testing"

	"sdmap/internal/testenv"
)

// BenchmarkRepair re-pairs the models of a study of the planted one's size: 30 benchmarks, 32 models, 19,000 pieces. cpu-s/999 is
// what 999 re-pairings take.
func BenchmarkRepair(b *testing.B) {
	_, in := planted(32, 10, 460, 44, 1)
	o := options(30, 1)
	o.Repairings = pairingsAtOnce
	s, err := newFit(context.Background(), o, in.scores, in.f, 1)
	if err != nil {
		b.Fatal(err)
	}
	begin := testenv.CPU()
	for b.Loop() {
		if _, err := s.repair(context.Background(), func(int) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((testenv.CPU()-begin).Seconds()/float64(b.N)*999/pairingsAtOnce, "cpu-s/999")
}

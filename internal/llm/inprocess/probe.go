package inprocess

import (
	"context"
	"time"

	"sdmap/internal/llm"
)

// probeFloor is what the two routes may differ by: they run the same additions in the same order.
const probeFloor = 1e-6

// Probe scores a fixed text with all its prefixes in one batch, which share what they have in common, and token by token in
// calls of their own.
func (d *Driver) Probe(ctx context.Context, now func() time.Time) (llm.ProbeReport, error) {
	r := llm.ProbeReport{RouteA: "one batch with shared prefixes", RouteB: "token by token", Floor: probeFloor}
	tokens, err := d.Tokenize(ctx, llm.ProbeText)
	if err != nil {
		return r, err
	}
	tokens = tokens[:min(len(tokens), d.config.Context)]
	ids := make([]int32, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
	}
	var seqs []llm.Sequence
	for n := 2; n <= len(ids); n++ {
		seqs = append(seqs, llm.Sequence{Tokens: ids[:n], From: n - 1})
	}
	start := now()
	batch, err := d.Score(ctx, seqs)
	if err != nil {
		return r, err
	}
	if took := now().Sub(start).Seconds(); took > 0 {
		r.TokensPerSecond = float64(len(seqs)) / took
	}
	var a, b []float64
	for i, seq := range seqs {
		alone, err := d.Score(ctx, []llm.Sequence{seq})
		if err != nil {
			return r, err
		}
		a, b = append(a, batch[i]...), append(b, alone[0]...)
	}
	return r, r.Judge(a, b)
}

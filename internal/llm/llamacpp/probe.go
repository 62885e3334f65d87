package llamacpp

import (
	"context"
	"fmt"
	"time"

	"sdmap/internal/llm"
)

// probeFloor is what the two routes may differ by, in nats. They decode the same tokens one by one; servers batch what
// they have at the time, so that sums are rounded differently.
const probeFloor = 1e-3

// probe is Driver.Probe.
func (s *scoring) probe(ctx context.Context, now func() time.Time) (llm.ProbeReport, error) {
	r := llm.ProbeReport{RouteA: "tokens forced by " + s.means(), RouteB: "whole distributions", Floor: probeFloor}
	tokens, err := s.spans(ctx, llm.ProbeText)
	if err != nil {
		return r, err
	}
	tokens = tokens[:min(len(tokens), s.longest())]
	ids := make([]int32, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
	}
	if _, err := s.table(ctx); err != nil { // is fetched once, and not timed
		return r, err
	}
	start := now()
	scores, err := s.score(ctx, []llm.Sequence{{Tokens: ids, From: 1}})
	if err != nil {
		return r, err
	}
	if took := now().Sub(start).Seconds(); took > 0 {
		r.TokensPerSecond = float64(len(scores[0])) / took
	}
	var whole []float64
	err = s.onSlot(ctx, len(ids)+1, func(on slot) error {
		whole = whole[:0]
		for n := 1; n < len(ids); n++ {
			all, err := s.whole(ctx, on, ids[:n], n > 1)
			if err != nil {
				return err
			}
			lp, err := all[ids[n]].value()
			if err != nil {
				return fmt.Errorf("%s: token %d: %w", on.server.url, n, err)
			}
			whole = append(whole, lp)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	if err := r.Judge(scores[0], whole); err != nil {
		return r, fmt.Errorf("%s: %w", s.first().url, err)
	}
	return r, nil
}

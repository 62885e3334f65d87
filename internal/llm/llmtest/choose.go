package llmtest

import (
	"math"
	"slices"
	"testing"

	"sdmap/internal/llm"
)

// choose: one score a letter, in order and whatever the batch; what no model says is not seen; nothing to choose from is an
// error.
func (s *suite) choose(t *testing.T) {
	letters := []string{"A", "B", "C", "\x00never said", "a"}
	var reqs []llm.ChooseRequest
	for _, text := range s.Texts {
		reqs = append(reqs, llm.ChooseRequest{Prompt: text, Letters: letters})
	}
	batch, err := s.chooser.Choose(t.Context(), reqs)
	if err != nil || len(batch) != len(reqs) {
		t.Fatalf("%d requests get %d answers, %v", len(reqs), len(batch), err)
	}
	for i, scores := range batch {
		alone, err := s.chooser.Choose(t.Context(), reqs[i:i+1])
		if err != nil || !slices.Equal(alone[0], scores) {
			t.Errorf("request %d alone gives %v, %v; in a batch %v", i, alone, err, scores)
		}
		if len(scores) != len(letters) || scores[3].Seen {
			t.Errorf("request %d: letters %q get %v", i, letters, scores)
		}
		for _, score := range scores {
			if score.Seen && (math.IsNaN(score.LogProb) || math.IsInf(score.LogProb, 0) || score.LogProb > 1e-6) {
				t.Errorf("request %d: log-probability %v", i, score.LogProb)
			}
		}
	}
	bad := []llm.ChooseRequest{reqs[0], {Prompt: s.Texts[0]}}
	if scores, err := s.chooser.Choose(t.Context(), bad); err == nil {
		t.Errorf("no letters give %v", scores)
	}
}

package session

import (
	"strings"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// Models of equal weights are refused by their ids; where their backends differ, it is said which are which, and what to do for
// somebody who compares backends.
func TestEqualWeightsThroughTwoBackends(t *testing.T) {
	for backend, want := range map[string]string{
		"gguf": "Keep one of them.",
		"llamacpp": `Keep one of them; "a" is asked through gguf and "b" is asked through llamacpp. To compare backends, run one ` +
			"study with each",
	} {
		x := &Session{Inputs: plan.Inputs{Study: &study.Study{Models: []study.Model{{ID: "a", Backend: "gguf"},
			{ID: "b", Backend: backend}}}}}
		same := llm.Identity{Weights: "sha256:1"}
		list := x.alike([]plan.Model{{Model: &llm.Model{ID: "a"}, Identity: same}, {Model: &llm.Model{ID: "b"}, Identity: same}})
		if len(list) != 1 || !strings.HasPrefix(list[0].Suggestion, want) ||
			list[0].Summary != `"a" and "b" have the same weights: they are one model` {
			t.Errorf("%s: %+v", backend, list)
		}
	}
}

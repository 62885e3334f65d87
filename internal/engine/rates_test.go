package engine

import (
	"slices"
	"testing"
	"time"

	"sdmap/internal/action"
)

// asks is an action that puts tokens through a model.
func (w *workshop) asks(name, weights string, tokens int) *action.Action {
	a := w.join(name, name)
	a.Facts = append(a.Facts, action.F(WeightsFact, weights))
	a.Cost.Tokens = tokens
	return a
}

// What one model takes says nothing sure of another: a plan asks for it to be measured, and counts it as nothing known.
func TestRatesAreAModels(t *testing.T) {
	w, s := &workshop{}, openStore(t)
	small := w.asks("small", "sha256:a", 100)
	compute(t, s, 1, small)
	same, other := w.asks("same", "sha256:a", 300), w.asks("other", "sha256:b", 300)
	p, err := Look(s, 1, same)
	if err != nil || !p.LeftKnown || p.Left <= 0 || len(p.Unmeasured) != 0 {
		t.Errorf("a known model: %+v, %v", p, err)
	}
	known := p.Left
	p, err = Look(s, 1, same, other)
	if err != nil || p.LeftKnown || p.Left != known || !slices.Equal(p.Unmeasured, []string{`"sha256:b"`}) {
		t.Errorf("an unknown model: %v, %v of %v, %q", p.LeftKnown, p.Left, known, p.Unmeasured)
	}
	r := rates{}
	r.add("probe", `"sha256:b"`, 2, 50) // of another kind, such as a probe
	if took, known, sure := r.seconds(other); took != 12 || !known || !sure {
		t.Errorf("%v, %v, %v; want 12 s", took, known, sure)
	}
}

// An action that takes longer than was thought is not said to be done at once.
func TestSlowerThanThought(t *testing.T) {
	now := time.Unix(100, 0)
	m := newMeter(nil, Options{Now: func() time.Time { return now }})
	w := &workshop{}
	m.past = rates{}
	m.past.add("test/join", `"sha256:a"`, 1, 100)
	n := &node{action: w.asks("other", "sha256:b", 100), started: now}
	if s, known := m.expected(n, 0); s != 1 || known {
		t.Errorf("by another model: %v, %v", s, known)
	}
	now = now.Add(time.Minute)
	if s, known := m.expected(n, 0); s != 120 || known {
		t.Errorf("after a minute: %v, %v", s, known)
	}
	if s, known := m.expected(n, 0.25); s != 240 || !known {
		t.Errorf("a quarter in a minute: %v, %v", s, known)
	}
	n.action = w.asks("same", "sha256:a", 100)
	if s, known := m.expected(n, 0.5); s != 120 || !known {
		t.Errorf("behind its own rate: %v, %v", s, known)
	}
}

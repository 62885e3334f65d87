package engine

import (
	"slices"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// rates holds how long actions take: seconds and tokens or actions by kind, and by the weights of the model that is asked, since
// one model may take a thousand times as long as another.
type rates map[string]*pace

type pace struct {
	seconds float64
	tokens  int
	actions int
}

// WeightsFact is the label of the fact that names the weights of an action's model.
const WeightsFact = "weights"

// weightsOf are those of the model that an action asks; empty where it asks none.
func weightsOf(a *action.Action) string {
	i := slices.IndexFunc(a.Facts, func(f action.Fact) bool { return f.Label == WeightsFact })
	if i < 0 {
		return ""
	}
	return a.Facts[i].Value
}

// weightsIn is the same of an action that is described in the store.
func weightsIn(description string) string {
	_, rest, found := strings.Cut(description, "\nfact "+WeightsFact+" ")
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// of is the pace of a kind with one model's weights; an empty kind is all kinds that use tokens.
func (r rates) of(kind, weights string) *pace { return r[kind+"\n"+weights] }

func (r rates) add(kind, weights string, seconds float64, tokens int) {
	if seconds <= 0 {
		return
	}
	keys := []string{kind + "\n"}
	if tokens > 0 {
		keys = append(keys, "\n")
	}
	if tokens > 0 && weights != "" {
		keys = append(keys, kind+"\n"+weights, "\n"+weights)
	}
	for _, k := range keys {
		p := r[k]
		if p == nil {
			p = &pace{}
			r[k] = p
		}
		p.seconds += seconds
		p.tokens += tokens
		p.actions++
	}
}

// seconds estimates how long an action takes on its worker, by its tokens where it has any, as its kind's mean otherwise; false
// while nothing comparable was measured. It is sure where its model was.
func (r rates) seconds(a *action.Action) (s float64, known, sure bool) {
	weights := weightsOf(a)
	if weights != "" && a.Cost.Tokens > 0 {
		for _, kind := range []string{a.Kind, ""} {
			if p := r.of(kind, weights); p != nil {
				return p.seconds / float64(p.tokens) * float64(a.Cost.Tokens), true, true
			}
		}
	}
	sure = weights == "" || a.Cost.Tokens == 0
	if p := r.of(a.Kind, ""); p != nil {
		if a.Cost.Tokens > 0 && p.tokens > 0 {
			return p.seconds / float64(p.tokens) * float64(a.Cost.Tokens), true, sure
		}
		return p.seconds / float64(p.actions), true, sure
	}
	if p := r.of("", ""); p != nil && a.Cost.Tokens > 0 {
		return p.seconds / float64(p.tokens) * float64(a.Cost.Tokens), true, sure
	}
	return 0, false, false
}

// stored are the rates of what the store holds.
func stored(s *cas.Store) rates {
	r := rates{}
	for e := range s.Entries() {
		r.add(e.Kind, weightsIn(e.Description), e.Seconds, e.Tokens)
	}
	return r
}

package session

import (
	"context"
	"encoding/json"
	"fmt"

	"sdmap/internal/cas"
	"sdmap/internal/llm"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// What a model behind a server is, is kept in the store, so that a report can be written, a plan shown and the store cleaned
// while the server is unreachable.
type memorised struct {
	Identity     llm.Identity
	Capabilities llm.Capabilities
	Inexact      string
	File         plan.Weights
}

// memory is the entry that keeps what a model is.
func memory(m study.Model) cas.Made {
	return cas.Made{Kind: "cli/model", Subject: m.ID, Description: fmt.Sprintf("kind cli/model\nversion 3\nfact backend "+
		"%q\nfact url %q\nfact name %q\nfact measure %q\nfact server %q\n",
		m.Backend, m.URL, m.Name, m.Measure, m.Server)}
}

func remember(store *cas.Store, m study.Model, is plan.Model) {
	if !m.Remote() {
		return
	}
	if old, ok := remembered(store, m, nil); ok && is.File == (plan.Weights{}) && old.Identity.Weights == is.Identity.Weights {
		is.File = old.File // another study looked for it
	}
	if data, err := json.Marshal(memorised{is.Identity, llm.CapabilitiesOf(is.Driver), is.Inexact, is.File}); err == nil {
		store.Keep(memory(m), data)
	}
}

// remembered is the model as it was last seen. It can be planned for and not asked.
func remembered(store *cas.Store, m study.Model, why error) (plan.Model, bool) {
	e, hit := store.Lookup(cas.IDOf(memory(m).Description))
	if !hit {
		return plan.Model{}, false
	}
	data, err := store.Read(e.Output)
	var is memorised
	if err != nil || json.Unmarshal(data, &is) != nil {
		return plan.Model{}, false
	}
	d := absent{is, why}
	return plan.Model{Model: &llm.Model{ID: m.ID, Lineage: m.Lineage, Driver: d}, Identity: is.Identity, Inexact: is.Inexact,
		File: is.File}, true
}

// absent is a model whose server is unreachable.
type absent struct {
	is  memorised
	why error
}

func (a absent) Identify(context.Context) (llm.Identity, error) { return a.is.Identity, nil }
func (a absent) Capabilities() llm.Capabilities                 { return a.is.Capabilities }
func (a absent) Generate(context.Context, []llm.GenerateRequest) ([]llm.Generation, error) {
	return nil, a.why
}

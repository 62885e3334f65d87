package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/llm"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// openModels opens every model and embedder that answers, and says what is wrong with the others; unasked of them have a server
// that cannot be
// reached. With offline set, a model whose server is unreachable is what it was when it was last asked.
func (a *app) openModels(ctx context.Context, store *cas.Store, l *loaded, offline bool) (list diag.List, unasked int) {
	o := a.opener(store, l.Study)
	open := func(specs []study.Model, to *[]plan.Model) {
		faults, gone := a.openEach(ctx, store, l, o, specs, to, offline)
		list, unasked = append(list, faults...), unasked+gone
	}
	open(l.Study.Models, &l.Models)
	open(l.Study.Embedders, &l.Embedders)
	return list, unasked
}

func (a *app) openEach(ctx context.Context, store *cas.Store, l *loaded, o *opener, specs []study.Model, to *[]plan.Model,
	offline bool) (list diag.List, unasked int) {
	for _, m := range specs {
		kind, answers := backends()[m.Backend]
		if !answers {
			continue // known by its scores
		}
		got, err := a.openModel(ctx, store, l, o, kind, m)
		if u, gone := unreachable(err); gone {
			known, ok := remembered(store, m, err)
			if offline && ok {
				*to = append(*to, known)
				continue
			}
			unasked++
			list = append(list, diag.Diagnostic{Summary: fmt.Sprintf("model %q cannot be asked: its server is unreachable", m.ID),
				Range:  placeOf(m, "url"),
				Detail: u.Error(), Suggestion: howToStart(m, u.URL)})
			continue
		}
		if err != nil {
			list = append(list, modelFault(m, err))
			continue
		}
		*to = append(*to, got)
	}
	return list, unasked
}

func (a *app) opener(store *cas.Store, s *study.Study) *opener {
	return &opener{dir: s.Dir, allow: s.AllowHosts, getenv: a.Getenv, now: a.Now, record: a.recorder, wait: a.wait,
		log: func(m string) { a.say("%s", m) },
		digest: func(path string) (string, error) {
			id, err := store.FileDigest(path)
			return id.String(), err
		}}
}

func (o *opener) path(file string) string { return filepath.Join(o.dir, filepath.FromSlash(file)) }

// openModel opens and identifies one model.
func (a *app) openModel(ctx context.Context, store *cas.Store, l *loaded, o *opener, kind backend, m study.Model) (plan.Model,
	error) {
	got, err := kind.open(ctx, o, m)
	if err != nil {
		return plan.Model{}, err
	}
	if got.close != nil {
		l.drivers = append(l.drivers, got.close)
	}
	id, err := got.driver.Identify(ctx)
	if err != nil {
		return plan.Model{}, err
	}
	out := plan.Model{Model: &llm.Model{ID: m.ID, Lineage: m.Lineage, Driver: got.driver}, Identity: id,
		Inexact: got.inexact, Asks: got.asks, Measures: got.measures}
	if l.Study != nil && l.Study.RunsImatrix() && slices.Contains(l.Study.Axes.Neural.Models, m.ID) {
		if out.File, err = o.weights(ctx, got.driver); err != nil {
			return plan.Model{}, err
		}
	}
	remember(store, m, out)
	return out, nil
}

func modelFault(m study.Model, err error) diag.Diagnostic {
	at := placeOf(m, map[string]string{study.GGUF: "path", study.LlamaCpp: "url", study.Ollama: "model"}[m.Backend])
	if _, ok := errors.AsType[unsupported](err); ok {
		d := fault(at, fmt.Sprintf("model %q needs what is not supported", m.ID), err)
		d.Suggestion = `A llama-server may run it: backend = "llamacpp". The neural axis then measures it by its file: imatrix ` +
			`= "run" in [axes.neural].`
		return d
	}
	return fault(at, fmt.Sprintf("model %q cannot be opened", m.ID), err)
}

// placeOf is where a model's key stands, or the model itself.
func placeOf(m study.Model, key string) diag.Range {
	if at, ok := m.Places[key]; ok {
		return at
	}
	return m.At
}

func remoteModels(s *study.Study) bool { return slices.ContainsFunc(everyModel(s), study.Model.Remote) }

// everyModel lists a study's models and embedders.
func everyModel(s *study.Study) []study.Model { return slices.Concat(s.Models, s.Embedders) }

// everyModel is the same, opened.
func (l *loaded) everyModel() []plan.Model { return slices.Concat(l.Models, l.Embedders) }

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

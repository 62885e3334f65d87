package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sdmap/internal/diag"
	"sdmap/internal/gguf"
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// openModels opens every model and embedder that answers, and says what is wrong with the others; the servers of unasked of
// them cannot be reached. With offline set, a model whose server is unreachable is what it was when it was last asked.
func (x *Session) openModels(ctx context.Context, offline bool) (list diag.List, unasked int) {
	env := x.world.Env(x.Study)
	open := func(specs []study.Model) (out []plan.Model) {
		for _, m := range specs {
			kind, answers := x.world.Backends.Find(m.Backend)
			if !answers {
				continue // known by its scores
			}
			is, err := x.openModel(ctx, env, kind, m, offline)
			switch {
			case err == nil:
				out = append(out, is)
				continue
			case isUnreachable(err):
				unasked++
			}
			list = append(list, modelFault(kind, m, err))
		}
		return out
	}
	x.Models, x.Embedders = open(x.Study.Models), open(x.Study.Embedders)
	for _, table := range [][]plan.Model{x.Models, x.Embedders} {
		list = append(list, x.alike(table)...)
		list = append(list, x.remarks(table)...)
	}
	return list, unasked
}

func (x *Session) openModel(ctx context.Context, env *backend.Env, kind backend.Kind, m study.Model, offline bool) (plan.Model,
	error) {
	is, shut, err := x.world.OpenModel(ctx, env, kind, m, x.measuresByImatrix(m))
	if shut != nil {
		x.drivers = append(x.drivers, shut)
	}
	if offline && isUnreachable(err) {
		if known, ok := remembered(x.world.Store, m, err); ok {
			return known, nil
		}
	}
	return is, err
}

// measuresByImatrix says whether llama-imatrix is to run on the model's file.
func (x *Session) measuresByImatrix(m study.Model) bool {
	return x.Study.RunsImatrix() && slices.Contains(x.Study.Axes.Neural.Models, m.ID)
}

// Env is the world in which a study's models are opened.
func (w *World) Env(s *study.Study) *backend.Env {
	return &backend.Env{Dir: s.Dir, Outside: s.Outside, Allow: s.AllowHosts, Getenv: w.Getenv, Now: w.Now, Record: w.Record,
		Wait: w.Wait, Log: func(m string) { w.Say("%s", m) },
		Digest: func(path string) (string, error) {
			id, err := w.Store.FileDigest(path)
			return id.String(), err
		}}
}

// OpenModel opens and identifies one model, and finds its file where that is wanted. The caller calls shut, unless it is nil,
// when the model is done with, also after an error.
func (w *World) OpenModel(ctx context.Context, env *backend.Env, kind backend.Kind, m study.Model, withFile bool) (is plan.Model,
	shut func() error, err error) {
	got, err := kind.Open(ctx, env, m)
	if err != nil {
		return plan.Model{}, nil, err
	}
	id, err := got.Driver.Identify(ctx)
	if err != nil {
		return plan.Model{}, got.Close, err
	}
	is = plan.Model{Model: &llm.Model{ID: m.ID, Lineage: m.Lineage, Driver: got.Driver}, Identity: id,
		Inexact: got.Inexact, Asks: got.Asks, Measures: got.Measures}
	if r, ok := got.Driver.(llm.Remarker); ok {
		if is.Remarks, err = r.Remarks(ctx); err != nil {
			return plan.Model{}, got.Close, err
		}
	}
	if withFile {
		if is.File, err = weights(ctx, env, got.Driver); err != nil {
			return plan.Model{}, got.Close, err
		}
	}
	remember(w.Store, m, is)
	return is, got.Close, nil
}

// modelFault tells why a model cannot be used, at its line.
func modelFault(kind backend.Kind, m study.Model, err error) diag.Diagnostic {
	if u, gone := backend.Unreachable(err); gone {
		return diag.Diagnostic{Summary: fmt.Sprintf("model %q cannot be asked: its server is unreachable", m.ID),
			Range: placeOf(m, study.KeyURL), Detail: u.Error(), Suggestion: kind.HowToStart(m, u.URL)}
	}
	at := placeOf(m, kind.FaultKey())
	if u, ok := errors.AsType[backend.Unsupported](err); ok {
		d := fault(at, fmt.Sprintf("model %q needs what is not supported", m.ID), err)
		d.Suggestion = u.Remedy
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

// weights is the model's file on this machine.
func weights(ctx context.Context, env *backend.Env, d llm.Driver) (plan.Weights, error) {
	local, ok := d.(llm.Local)
	if !ok {
		return plan.Weights{Why: "Its backend names no file of this machine."}, nil
	}
	path, err := local.LocalFile(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return plan.Weights{}, ctx.Err()
		}
		return plan.Weights{Why: err.Error()}, nil
	}
	parts := []string{path}
	if _, split := gguf.PartsOf(path); len(split) > 0 {
		parts = split
	}
	var digests []string
	for _, part := range parts {
		digest, err := env.Digest(part)
		if err != nil {
			return plan.Weights{}, err
		}
		digests = append(digests, digest)
	}
	return plan.Weights{Path: path, Digest: gguf.JoinDigests(digests)}, nil
}

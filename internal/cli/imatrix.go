package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/gguf"
	"sdmap/internal/llm"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// asksOthers says whether a study's numbers come from outside its files: from servers, or from llama-imatrix.
func asksOthers(s *study.Study) bool { return remoteModels(s) || s.RunsImatrix() }

// programMemory is the entry that keeps the version of llama-imatrix, so that plans and reports can be made without it.
var programMemory = cas.Made{Kind: "cli/program", Subject: imatrix.Name, Description: "kind cli/program\nversion 1\nfact name " +
	"llama-imatrix\n"}

// imatrix finds the program, or the digests of the files, that a study has its energies from. With offline set, the version that
// was last seen will do.
func (a *app) imatrix(ctx context.Context, store *cas.Store, l *loaded, offline bool) diag.List {
	s := l.Study
	if !s.RunsImatrix() {
		return l.digestImatrix(store, !offline)
	}
	p, err := imatrix.Find(ctx)
	if err == nil {
		l.Imatrix = p
		store.Keep(programMemory, []byte(p.Version))
	} else if version, ok := rememberedVersion(store); offline && ok {
		l.Imatrix, err = imatrix.Program{Version: version}, nil
	}
	at := s.Axes.Neural.Imatrix.At
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return diag.List{{Summary: imatrix.Name + " is not installed", Range: at,
			Detail: "No folder of PATH has it. It is a program of llama.cpp, whose releases have it beside llama-server.",
			Suggestion: `Install llama.cpp; or run it elsewhere, once a fold, and give the files: imatrix = ` +
				`"imatrix/{model}/{benchmark}-*.gguf".`}}
	case err != nil:
		return diag.List{fault(at, imatrix.Name+" cannot be run", err)}
	}
	return nil
}

func rememberedVersion(store *cas.Store) (string, bool) {
	e, hit := store.Lookup(cas.IDOf(programMemory.Description))
	if !hit {
		return "", false
	}
	data, err := store.Read(e.Output)
	return string(data), err == nil
}

// digestImatrix hashes the imatrix files that the study gives. With read set it reads each, so that a bad one is told with its
// line.
func (l *loaded) digestImatrix(store *cas.Store, read bool) (list diag.List) {
	l.Digests = map[string]string{}
	for _, f := range l.Study.ImatrixFiles() {
		path := filepath.Join(l.Study.Dir, filepath.FromSlash(f))
		id, err := store.FileDigest(path)
		if err == nil {
			l.Digests[f] = id.String()
		}
		if err == nil && read {
			_, err = imatrix.Read(path)
		}
		if err != nil {
			list = append(list, fault(l.Study.Axes.Neural.Imatrix.At, fmt.Sprintf("%q cannot be used", f), err))
		}
	}
	return list
}

// weights is the model's file on this machine.
func (o *opener) weights(ctx context.Context, d llm.Driver) (plan.Weights, error) {
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
		digest, err := o.digest(part)
		if err != nil {
			return plan.Weights{}, err
		}
		digests = append(digests, digest)
	}
	return plan.Weights{Path: path, Digest: gguf.JoinDigests(digests)}, nil
}

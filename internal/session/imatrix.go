package session

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/llm/imatrix"
)

// programMemory is the entry that keeps the version of llama-imatrix, so that plans and reports can be made without it.
var programMemory = cas.Made{Kind: "cli/program", Subject: imatrix.Name, Description: "kind cli/program\nversion 1\nfact name " +
	"llama-imatrix\n"}

// findImatrix finds the program, or the digests of the files, that a study has its energies from. With offline set, the version
// that was last seen will do.
func (x *Session) findImatrix(ctx context.Context, offline bool) diag.List {
	s, store := x.Study, x.world.Store
	if !s.RunsImatrix() {
		return x.digestImatrix(!offline)
	}
	p, err := imatrix.Find(ctx)
	if err == nil {
		x.Imatrix = p
		store.Keep(programMemory, []byte(p.Version))
	} else if version, ok := rememberedVersion(store); offline && ok {
		x.Imatrix, err = imatrix.Program{Version: version}, nil
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
func (x *Session) digestImatrix(read bool) (list diag.List) {
	x.Digests = map[string]string{}
	for _, f := range x.Study.ImatrixFiles() {
		path := filepath.Join(x.Study.Dir, filepath.FromSlash(f))
		id, err := x.world.Store.FileDigest(path)
		if err == nil {
			x.Digests[f] = id.String()
		}
		if err == nil && read {
			_, err = imatrix.Read(path)
		}
		if err != nil {
			list = append(list, fault(x.Study.Axes.Neural.Imatrix.At, fmt.Sprintf("%q cannot be used", f), err))
		}
	}
	return list
}

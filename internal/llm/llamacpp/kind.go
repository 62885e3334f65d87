package llamacpp

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/study"
)

const name = "llamacpp" // in studies

// Kind is the backend of llama-server.
func Kind() backend.Kind {
	return backend.Kind{
		Backend: study.Backend{Name: name, Is: "a llama-server", Embedder: "a llama-server that was started with --embeddings",
			Address: "http://127.0.0.1:8080", Shares: true, Unnamed: "A llama-server does not say what its model is called.",
			Keys: []study.Key{
				{Name: study.KeyURL, Doc: []string{study.WhereServersListen,
					"a list of servers with the same weights shares the work, " +
						"and does that of those that are unreachable."}},
				{Name: study.KeyKeyEnv, Doc: []string{study.WhereKeysAre}},
			}},
		Start: func(_ study.Model, url string) (command, key string) { return Start(url), study.KeyURL },
		Modes: Modes,
		Pin: func(is llm.Identity) string {
			if is.Weights != "" {
				return "the server adds adapters to the model's file; merge them into it to pin them"
			}
			return `start the server on this machine with the whole path of its model, such as -m "$PWD/model.gguf"`
		},
		Open: func(ctx context.Context, e *backend.Env, m study.Model) (backend.Opened, error) {
			d, err := OpenReachable(ctx, e, m.URL, backend.OwnKey(m))
			if err != nil {
				return backend.Opened{}, err
			}
			pool := Pool(m.URL)
			return backend.Opened{Driver: d, Asks: pool, Measures: pool}, nil
		},
	}
}

// Start is the command that starts a server at url whose numbers are as exact as they can be.
func Start(url string) string {
	host, port := backend.HostAndPort(url)
	return fmt.Sprintf("llama-server -m MODEL.gguf --host %s --port %s -ctk f32 -ctv f32 -fa off", host, port)
}

// Pool is that of actions that ask the servers at some addresses. Two run at once, so that the slots are filled while one of them
// prepares its next batch.
func Pool(urls []string) action.Pool { return action.Pool{Name: strings.Join(urls, " "), Width: 2} }

// OpenReachable opens the model of some servers, of which one has to answer.
func OpenReachable(ctx context.Context, e *backend.Env, urls []string, key backend.Key) (*Driver, error) {
	var failed error
	answering := 0
	for _, u := range urls {
		err := e.Reach(ctx, u, "/health", key)
		if _, gone := backend.Unreachable(err); err != nil && !gone {
			return nil, err
		}
		if err == nil {
			answering++
		}
		failed = cmp.Or(failed, err)
	}
	if answering == 0 {
		return nil, failed
	}
	return Open(ctx, Options{URLs: urls, Remote: e.Policy(key), Digest: e.Digest, Now: e.Now})
}

// Modes is what this package offers, by how the server was started; the last gives most.
func Modes() []llm.Mode {
	const pinned = "the file's digest, where this machine can read it"
	var out []llm.Mode
	for _, m := range []struct {
		typed   string
		pooling pooling
	}{
		{"llama-server", noPooling},
		{"llama-server --embeddings --pooling mean", byServer},
		{"llama-server --embeddings --pooling none", eachToken},
	} {
		out = append(out, llm.Mode{Backend: name, Typed: m.typed, Pinned: pinned,
			Capabilities: capabilities(offer{true, m.pooling}, true)})
	}
	return out
}

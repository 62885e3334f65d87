package llamacpp

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"sdmap/internal/llm"
)

// Identify gives the digest of the model's file where it can be read, else what the server says of the weights; and in any case a
// digest of what it gives for a fixed text, see fingerprint.go.
func (d *Driver) Identify(ctx context.Context) (llm.Identity, error) {
	f := d.fleet.facts
	id := llm.Identity{Engine: "llama.cpp/" + meaning + " " + f.build, Route: "tokens forced by " + d.scoring.means() +
		", contexts cached",
		Options: []string{"ftype=" + f.ftype, "n_ctx=" + strconv.Itoa(f.context), "n_params=" + strconv.FormatInt(f.params, 10)}}
	if pooling := d.fleet.offer.pooling; pooling != noPooling {
		id.Options = append(id.Options, "embedding="+pooling.String())
	}
	if d.chats.template != "" { // an option of the server can set it, whatever the file says
		id.Options = append(id.Options, fmt.Sprintf("template=sha256:%x", sha256.Sum256([]byte(d.chats.template))))
	}
	if f.adapters != "" {
		id.Options = append(id.Options, "adapters="+f.adapters)
	}
	id.Options = append(id.Options, "answers="+d.fleet.fingerprint)
	slices.Sort(id.Options)
	digest, err := d.pin.weights(ctx)
	if err != nil {
		return llm.Identity{}, err
	}
	id.Weights, id.Unpinned = digest, digest == "" || f.adapters != "" // whose files may change
	return id, nil
}

// LocalFile is the file that the server names, where it can be read here.
func (d *Driver) LocalFile(ctx context.Context) (string, error) {
	id, err := d.Identify(ctx)
	if err != nil {
		return "", err
	}
	if id.Unpinned {
		if d.fleet.facts.adapters != "" {
			return "", errors.New("its server has adapters, which are not in the model's file; merge them into it")
		}
		return "", errors.New("its server names no file that this machine can read; start it here, with the whole " +
			"path of its model")
	}
	servers := d.fleet.all()
	return servers[slices.IndexFunc(servers, (*server).met)].path, nil
}

// pin knows the servers' weights by the digest of their file, where it can be read here.
type pin struct {
	*fleet
	digest func(path string) (string, error) // nil: it cannot
	known  once[string]
}

func (p *pin) weights(ctx context.Context) (string, error) {
	return p.known.get(func() (string, error) { return p.readDigest(ctx) })
}

// holds says whether a server has the file that the weights were pinned by, if they were.
func (p *pin) holds(ctx context.Context, s *server) (bool, error) {
	pinned := p.known.peek()
	if pinned == "" {
		return true, nil
	}
	digest, err := p.digestOf(ctx, s)
	return digest == pinned, err
}

// readDigest is "" where some server's file cannot be read here. A server that was unreachable from the beginning changes
// nothing: on another machine its file could not be read either, and on this one it is taken in only with the file of the
// others.
func (p *pin) readDigest(ctx context.Context) (string, error) {
	servers, found := p.all(), ""
	if p.digest == nil || slices.ContainsFunc(servers, func(s *server) bool { return !s.local }) {
		return "", nil
	}
	for _, s := range servers {
		if !s.met() {
			continue
		}
		digest, err := p.digestOf(ctx, s)
		if err != nil || digest == "" {
			return "", err
		}
		if found != "" && found != digest {
			return "", fmt.Errorf("%s and %s serve different files: %s, %s", servers[0].url, s.url, found, digest)
		}
		found = digest
	}
	return found, nil
}

// digestOf is that of a server's file; "" where it cannot be read here. A path means something on this machine only, and a
// relative one only in the server's own folder; a file of another size is not the model that is served.
func (p *pin) digestOf(ctx context.Context, s *server) (string, error) {
	if !s.local || !filepath.IsAbs(s.path) || !s.sameWeights() {
		return "", nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	digest, err := p.digest(s.path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return "", nil
	}
	return digest, err
}

// once remembers a value that is fetched when it is first wanted; errors are not remembered.
type once[T any] struct {
	mu    sync.Mutex
	done  bool
	value T
}

func (o *once[T]) get(fetch func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done {
		value, err := fetch()
		if err != nil {
			return value, err
		}
		o.value, o.done = value, true
	}
	return o.value, nil
}

// peek is the value if it is there.
func (o *once[T]) peek() T {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.value
}

// Package llamacpp answers for a model behind llama.cpp's llama-server, or behind several servers of the same weights.
//
//	Open: /props, /v1/models, a few tokens through /completion and /embedding -> Driver, what it can do
//	Score: sequences with one context -> a slot -> forced tokens -> /completion -> log-probabilities, each checked
//	Tokenize: /tokenize; Generate: /completion; Embed, Trace: /embedding
//
// llama-server has no call that scores given text, and ignores the usual parameters for it without a word. What it does show
// is the raw softmax's value of every token that it generates; so tokens are forced, and their values read:
//
//   - whole runs in one request, by a grammar of token ids that allows only the wanted one at each step;
//   - what a grammar cannot take (ends of sequence, pieces of characters) one by one, by a bias upon the wanted token; and
//     all tokens of models with large vocabularies, where a grammar is slow;
//   - where a reply lacks the entry, from the distribution over the whole vocabulary while another token is forced.
//
// Every id that comes back is compared with the one that was asked for. Anything missing, too much or out of range is an
// error that names the server and the request, and never a number.
//
// Exactness. A whole text (From is 1) is decoded token by token from its first, whatever the server did before. Otherwise the
// context is evaluated once, as one batch without cache, and every continuation of it on the same slot from there: choices
// do not pay for their context again and are treated alike. Log-probabilities agree with a float64 reference to 1e-4
// nats for F32 weights; with F16 weights llama.cpp rounds activations to F16 as well (0.013 nats on small models), with
// Q8_0 to 8 bits (0.3 nats). The server's softmax is float32: it is inexact below -87 nats, and below -103 an error.
//
// Of several servers some may go away and come back: failover.go says what becomes of their work. What they were asked for in
// vain is asked of another from its beginning.
//
// The type of the KV cache and flash attention change numbers as well, but the server does not tell them: -ctk f32
// -ctv f32 -fa off is exact. The longest sequence is one token less than the server's context of a slot.
package llamacpp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"sdmap/internal/llm"
	"sdmap/internal/llm/remote"
)

// largestGrammar is the largest vocabulary whose runs are forced by a grammar. At every token the server compares the grammar
// with the whole vocabulary, 0.11 microseconds an entry: 0.9 ms at 8192 entries, 3.6 ms at 32,000, 15 ms at 131,072.
// A request for every token costs 1.5 ms, 1.1 ms and 1.4 ms (processor time of build 11669).
const largestGrammar = 1 << 14

// meaning is counted up when numbers of this package change for equal servers.
const meaning = "1"

// Options name the servers.
type Options struct {
	URLs   []string       // as "http://127.0.0.1:8080"; all with the same weights, build and context
	Remote remote.Options // policy; Final is this package's own, and of several servers Wait is that with all of them unreachable

	Now func() time.Time // needed with several URLs

	// Digest gives "sha256:<hex>" of the model's file, whose path a server on this machine tells. Where the file cannot
	// be read, or Digest is nil, the identity is unpinned.
	Digest func(path string) (string, error)
}

// Driver is one model. It is safe for concurrent use.
type Driver struct {
	client      *remote.Client
	digest      func(path string) (string, error)
	log         func(message string)
	now         func() time.Time
	facts       facts         // of all servers
	free        chan slot     // of all servers; those of servers that went away meanwhile are left out
	several     bool          // there are other servers to turn to
	giveUpAfter time.Duration // with all of them unreachable
	idleTimeout time.Duration // after which a server is asked for a sign of life
	signs       *remote.Client

	mu        sync.Mutex // guards what follows
	servers   []*server
	goneSince time.Time // the time at which the last of them went away, if all are
	wrong     error     // one came back as something else

	scores  bool // /completion answers
	grammar bool // runs of tokens are forced by a grammar
	pooling pooling

	fingerprint string // what the servers give for a fixed text
	template    string // of chats; empty if the model has none
	swallowing  swallowing

	special special // tokens that the model wants around a text, and others by name
	pieces  once[pieces]
	weights once[string]
}

var (
	_ llm.Driver    = (*Driver)(nil)
	_ llm.Capable   = (*Driver)(nil)
	_ llm.Scorer    = (*Driver)(nil)
	_ llm.Tokenizer = (*Driver)(nil)
	_ llm.Tracer    = (*Driver)(nil)
	_ llm.Embedder  = (*Driver)(nil)
	_ llm.Prober    = (*Driver)(nil)
	_ llm.Chatter   = (*Driver)(nil)
)

// Open asks the servers what they are and what they can do.
func Open(ctx context.Context, o Options) (*Driver, error) {
	if len(o.URLs) == 0 {
		return nil, errors.New("no address of a llama-server is given")
	}
	o.Remote.Final = final
	if o.Remote.MaxInFlight == 0 {
		o.Remote.MaxInFlight = 64 // slots are the limit
	}
	d := &Driver{digest: o.Digest, log: o.Remote.Log, now: o.Now, several: len(o.URLs) > 1,
		giveUpAfter: cmp.Or(o.Remote.Wait, remote.StandardWait), idleTimeout: idleTimeout}
	if d.log == nil {
		d.log = func(string) {}
	}
	if d.several { // a server that is unreachable is waited for by all of them together
		o.Remote.Wait = min(retryFor, d.giveUpAfter)
		o.Remote.Attempts = cmp.Or(o.Remote.Attempts, 2)
	}
	var err error
	if d.client, err = remote.New(o.Remote); err != nil {
		return nil, err
	}
	if d.several {
		o.Remote.Timeout, o.Remote.Attempts, o.Remote.Log = idleTimeout, 1, nil
		if d.signs, err = remote.New(o.Remote); err != nil { // on connections of its own, that no requests are queued for
			return nil, err
		}
	}
	if err := d.meetAll(ctx, o.URLs); err != nil {
		return nil, err
	}
	d.grammar = d.facts.vocab <= largestGrammar
	d.share()
	if err := d.learnSpecial(ctx); err != nil {
		return nil, err
	}
	if err := d.learnTemplate(ctx); err != nil {
		return nil, err
	}
	if err := d.learnFixed(ctx); err != nil {
		return nil, err
	}
	return d, d.learnCapabilities(ctx)
}

// meetAll asks the servers who they are. One that is unreachable is left out until it answers, as it would be if it went away
// later:
// a run that goes on without it can be begun without it. What the model is does not depend on it, see readDigest.
func (d *Driver) meetAll(ctx context.Context, urls []string) error {
	var first *server // that answers
	for _, u := range urls {
		s, err := d.meet(ctx, u)
		if u, gone := errors.AsType[remote.Unreachable](err); gone && d.several {
			s.unreachable, s.looked = u, d.now()
		} else if err != nil {
			return err
		}
		if slices.ContainsFunc(d.servers, func(other *server) bool { return other.url == s.url }) {
			return fmt.Errorf("%s is listed twice", s.url)
		}
		d.servers = append(d.servers, s)
		switch {
		case s.unreachable != nil:
		case first == nil:
			first, d.facts = s, s.facts
		case s.facts != d.facts:
			return fmt.Errorf("%s and %s do not serve the same: %s; %s", first.url, s.url, d.facts, s.facts)
		}
	}
	if first == nil {
		return d.servers[0].unreachable
	}
	for _, s := range d.servers {
		if s.unreachable != nil {
			d.log(fmt.Sprintf("warning: %s is unreachable; the model's other servers do its work until it is there (%v)", s.url,
				errors.Unwrap(s.unreachable)))
		}
	}
	return nil
}

// share puts the servers' slots into one queue, in turns.
func (d *Driver) share() {
	// also those of a server that was unreachable, and of one that it was before
	d.free = make(chan slot, 2*maxSlots*len(d.servers))
	for id := range maxSlots {
		for _, s := range d.servers {
			if id < s.slots {
				d.free <- slot{s, id}
			}
		}
	}
}

// Identify gives the digest of the model's file where it can be read, else what the server says of the weights; and in any case a
// digest of what it gives for a fixed text, see fingerprint.go.
func (d *Driver) Identify(ctx context.Context) (llm.Identity, error) {
	f := d.facts
	id := llm.Identity{Engine: "llama.cpp/" + meaning + " " + f.build, Route: "tokens forced by " + d.means() +
		", contexts cached",
		Options: []string{"ftype=" + f.ftype, "n_ctx=" + strconv.Itoa(f.context), "n_params=" + strconv.FormatInt(f.params, 10)}}
	if d.pooling != noPooling {
		id.Options = append(id.Options, "embedding="+d.pooling.String())
	}
	if d.template != "" { // an option of the server can set it, whatever the file says
		id.Options = append(id.Options, fmt.Sprintf("template=sha256:%x", sha256.Sum256([]byte(d.template))))
	}
	if f.adapters != "" {
		id.Options = append(id.Options, "adapters="+f.adapters)
	}
	id.Options = append(id.Options, "answers="+d.fingerprint)
	slices.Sort(id.Options)
	digest, err := d.weights.get(func() (string, error) { return d.readDigest(ctx) })
	if err != nil {
		return llm.Identity{}, err
	}
	id.Weights, id.Unpinned = digest, digest == "" || f.adapters != "" // whose files may change
	return id, nil
}

func (d *Driver) means() string {
	if d.grammar {
		return "grammar"
	}
	return "bias"
}

// readDigest is "" where some server's file cannot be read here. A server that was unreachable from the beginning changes
// nothing:
// on another machine its file could not be read either, and on this one it is taken in only with the file of the others.
func (d *Driver) readDigest(ctx context.Context) (string, error) {
	servers, found := d.all(), ""
	if d.digest == nil || slices.ContainsFunc(servers, func(s *server) bool { return !s.local }) {
		return "", nil
	}
	for _, s := range servers {
		if !s.met() {
			continue
		}
		digest, err := d.digestOf(ctx, s)
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
func (d *Driver) digestOf(ctx context.Context, s *server) (string, error) {
	if !s.local || !filepath.IsAbs(s.path) || !s.sameWeights() {
		return "", nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	digest, err := d.digest(s.path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return "", nil
	}
	return digest, err
}

// LocalFile is the file that the server names, where it can be read here.
func (d *Driver) LocalFile(ctx context.Context) (string, error) {
	id, err := d.Identify(ctx)
	if err != nil {
		return "", err
	}
	if id.Unpinned {
		if d.facts.adapters != "" {
			return "", errors.New("its server has adapters, which are not in the model's file; merge them into it")
		}
		return "", errors.New("its server names no file that this machine can read; start it here, with the whole " +
			"path of its model")
	}
	servers := d.all()
	return servers[slices.IndexFunc(servers, (*server).met)].path, nil
}

// Capabilities depend on how the server was started.
func (d *Driver) Capabilities() llm.Capabilities {
	c := llm.Capabilities{Generate: d.scores, Score: d.scores, Tokenize: true, Embed: d.pooling != noPooling}
	c.Chat = d.scores && d.template != ""
	c.ChatChoices = c.Chat
	if d.pooling == eachToken {
		c.Trace = llm.WantFinal
	}
	return c
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

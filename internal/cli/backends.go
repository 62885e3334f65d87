package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/llm/llamacpp"
	"sdmap/internal/llm/ollama"
	"sdmap/internal/llm/paired"
	"sdmap/internal/llm/remote"
	"sdmap/internal/study"
)

// opener opens the models of one study.
type opener struct {
	dir    string   // of the study
	allow  []string // hosts
	getenv func(string) string
	digest func(path string) (string, error)
	log    func(message string)
	now    func() time.Time
	record *remote.Recorder
	wait   time.Duration // for a server that goes away within a run; 0 is as long as package remote thinks fit

	reached map[asking]error // servers that were asked for a sign of life
}

// asking is a server and the key that it is shown.
type asking struct {
	url string
	key serverKey
}

// opened is a model's driver and how it is used.
type opened struct {
	driver         llm.Driver
	close          func() error
	inexact        string      // why it cannot score given text, where it says so
	asks, measures action.Pool // see plan.Model
}

// backend is one value of a model's key "backend".
type backend struct {
	open  func(ctx context.Context, o *opener, m study.Model) (opened, error)
	start string // how its server is started; %s is its address
	modes func() []llm.Mode
}

// backends lists what answers for models. To add one: a driver that passes llmtest, its name in package study, and a line here.
func backends() map[string]backend {
	return map[string]backend{
		study.GGUF:     {openFile, "", inprocess.Modes},
		study.LlamaCpp: {openLlamaCpp, "llama-server -m MODEL.gguf %s -ctk f32 -ctv f32 -fa off", llamacpp.Modes},
		study.Ollama:   {openOllama, "ollama serve", func() []llm.Mode { return ollama.Modes(&inprocess.Driver{}) }},
	}
}

func openFile(_ context.Context, o *opener, m study.Model) (opened, error) {
	d, err := o.openGGUF(o.path(m.Path))
	if err != nil {
		return opened{}, err
	}
	return opened{driver: d, close: d.Close}, nil
}

// unsupported is a file that needs what the engine does not have.
type unsupported []string

func (u unsupported) Error() string { return strings.Join(u, "\n") }

func (o *opener) openGGUF(path string) (*inprocess.Driver, error) {
	problems, err := inprocess.Check(path)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, unsupported(problems)
	}
	d, err := inprocess.Open(path)
	if err != nil {
		return nil, err
	}
	d.Digest = o.digest
	return d, nil
}

// Actions at once of one server: of llama-server two, so that its slots are filled while one of them prepares its next batch;
// of Ollama one, since it answers one after the other and changes models in between.
const (
	llamaPool  = 2
	ollamaPool = 1
)

func openLlamaCpp(ctx context.Context, o *opener, m study.Model) (opened, error) {
	d, err := o.llamaServers(ctx, m.URL, ownKey(m))
	if err != nil {
		return opened{}, err
	}
	pool := action.Pool{Name: strings.Join(m.URL, " "), Width: llamaPool}
	return opened{driver: d, asks: pool, measures: pool}, nil
}

func (o *opener) llamaServers(ctx context.Context, urls []string, key serverKey) (*llamacpp.Driver, error) {
	var failed error
	answering := 0
	for _, u := range urls {
		err := o.reach(ctx, u, "/health", key)
		if _, gone := unreachable(err); err != nil && !gone {
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
	return llamacpp.Open(ctx, llamacpp.Options{URLs: urls, Remote: o.policy(key), Digest: o.digest, Now: o.now})
}

func openOllama(ctx context.Context, o *opener, m study.Model) (opened, error) {
	url := m.URL[0]
	if err := o.reach(ctx, url, "/api/version", ownKey(m)); err != nil {
		return opened{}, err
	}
	client, err := remote.New(o.policy(ownKey(m)))
	if err != nil {
		return opened{}, err
	}
	options := ollama.Options{URL: url, HTTP: client.HTTP, Model: m.Name, EmbedByServer: true,
		OpenBlob: func(path string) (ollama.Blob, error) {
			d, err := o.openGGUF(path)
			if err != nil {
				return nil, err // not d, which would be no nil Blob
			}
			return d, nil
		}}
	if m.Measure != study.Blob {
		options.Measure = ollama.MeasureOptionLetters
	}
	d, err := ollama.Open(ctx, options)
	if err != nil {
		return opened{}, err
	}
	out := opened{driver: d, close: d.Close, asks: action.Pool{Name: url, Width: ollamaPool}}
	switch measure, why := d.Measure(); {
	case m.Measure == study.Server:
		return o.measuredBy(ctx, out, d, m)
	case measure != ollama.MeasureBlob && m.Measure == study.Blob:
		out.inexact = why
	}
	return out, nil
}

// measuredBy joins an Ollama model with the llama-server that measures its weights.
func (o *opener) measuredBy(ctx context.Context, out opened, d *ollama.Driver, m study.Model) (opened, error) {
	measures, err := o.llamaServers(ctx, []string{m.Server}, serverKey{"server_key_env", m.ServerKeyEnv})
	if err != nil {
		return opened{}, errors.Join(err, d.Close())
	}
	both, err := paired.New(ctx, d, d.Weights(), measures)
	if err != nil {
		return opened{}, errors.Join(err, d.Close())
	}
	out.driver, out.measures = both, action.Pool{Name: m.Server, Width: llamaPool}
	return out, nil
}

// serverKey is where a server's key comes from.
type serverKey struct {
	option   string // of the study
	variable string // of the environment, which it names; empty if none is sent
}

func ownKey(m study.Model) serverKey { return serverKey{"key_env", m.KeyEnv} }

// policy is how servers are talked to.
func (o *opener) policy(key serverKey) remote.Options {
	return remote.Options{AllowHosts: o.allow, KeyOption: key.option, KeyEnv: key.variable, Getenv: o.getenv,
		Log: o.log, Record: o.record, Wait: o.wait}
}

// atStart is how long a server that does not answer is waited for before a run begins; within the run it is waited for longer.
const atStart = time.Second

// atOnce is how long the sign of life may take.
const atOnce = 5 * time.Second

// reach wants a sign of life, once a server: one that was never started is not waited for like one that is unreachable, but one
// that
// says that it is busy, as with loading its model, is.
func (o *opener) reach(ctx context.Context, url, path string, key serverKey) error {
	at := asking{url, key}
	if err, asked := o.reached[at]; asked {
		return err
	}
	policy := o.policy(key)
	wait, log := policy.Wait, policy.Log
	policy.Wait, policy.Log, policy.Timeout, policy.Attempts = atStart, nil, atOnce, 1
	client, err := remote.New(policy)
	if err != nil {
		return err
	}
	_, err = client.Get(ctx, url+path)
	if u, gone := unreachable(err); gone && u.Busy {
		policy.Wait, policy.Log = wait, log
		if client, err = remote.New(policy); err != nil {
			return err
		}
		_, err = client.Get(ctx, url+path)
	}
	if o.reached == nil {
		o.reached = map[asking]error{}
	}
	o.reached[at] = err
	return err
}

// unreachable is the server that could not be asked, if that is what err is about.
func unreachable(err error) (remote.Unreachable, bool) { return errors.AsType[remote.Unreachable](err) }

// howToStart tells what to type so that a model's server is there.
func howToStart(m study.Model, url string) string {
	kind := m.Backend
	if m.Server == url {
		kind = study.LlamaCpp
	}
	text := backends()[kind].start
	if strings.Contains(text, "%s") {
		host, port := hostAndPort(url)
		text = fmt.Sprintf(text, "--host "+host+" --port "+port)
	}
	where := "url"
	if m.Server == url {
		where = "server"
	}
	return fmt.Sprintf("Start it: %s. If it listens elsewhere, say so: %s = \"http://HOST:PORT\".", text, where)
}

// hostAndPort of an address that was checked.
func hostAndPort(url string) (host, port string) {
	scheme, rest, _ := strings.Cut(url, "://")
	rest, _, _ = strings.Cut(rest, "/")
	port = map[string]string{"http": "80", "https": "443"}[scheme]
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		rest, port = rest[:i], rest[i+1:]
	}
	return strings.Trim(rest, "[]"), port
}

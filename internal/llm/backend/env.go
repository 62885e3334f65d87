package backend

import (
	"context"
	"errors"
	"strings"
	"time"

	"sdmap/internal/address"
	"sdmap/internal/llm/remote"
	"sdmap/internal/study"
)

// Env is the world in which the models of one study are opened.
type Env struct {
	Dir     string        // of the study
	Outside study.Outside // where its files lie that are not in Dir
	Allow   []string      // hosts
	Getenv  func(string) string
	Digest  func(path string) (string, error)
	Log     func(message string)
	Now     func() time.Time
	Record  *remote.Recorder
	Wait    time.Duration // for a server that goes away within a run; 0 is as long as package remote thinks fit

	reached map[asking]error // servers that were asked for a sign of life
}

// asking is a server and the key that it is shown.
type asking struct {
	url string
	key Key
}

// Key is where a server's key comes from.
type Key struct {
	Option   string // of the study
	Variable string // of the environment, which it names; empty if none is sent
}

// OwnKey is that of the servers at a model's url.
func OwnKey(m study.Model) Key { return Key{study.KeyKeyEnv, m.KeyEnv} }

// ServerKey is that of the server that measures for a model.
func ServerKey(m study.Model) Key { return Key{study.KeyServerKeyEnv, m.ServerKeyEnv} }

// Path is where a file of the study lies.
func (e *Env) Path(file string) string { return e.Outside.Path(e.Dir, file) }

// Gathered is where the files of a model's folder lie, by their names in it, where they do not lie together; nil where they do.
func (e *Env) Gathered(m study.Model) map[string]string {
	if !address.Is(m.Path) {
		return nil
	}
	var out map[string]string
	for _, part := range m.Parts {
		if name, in := strings.CutPrefix(part, strings.TrimSuffix(m.Path, "/")+"/"); in {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = e.Path(part)
		}
	}
	return out
}

// Policy is how servers are talked to.
func (e *Env) Policy(key Key) remote.Options {
	return remote.Options{AllowHosts: e.Allow, KeyOption: key.Option, KeyEnv: key.Variable, Getenv: e.Getenv,
		Log: e.Log, Record: e.Record, Wait: e.Wait}
}

const (
	atStart = time.Second     // how long a silent server is waited for before a run begins; within it, for longer
	atOnce  = 5 * time.Second // how long the sign of life may take
)

// Reach wants a sign of life, once a server: one that was never started is not waited for like one that is unreachable within a
// run, but one that says that it is busy, as with loading its model, is.
func (e *Env) Reach(ctx context.Context, url, path string, key Key) error {
	at := asking{url, key}
	if err, asked := e.reached[at]; asked {
		return err
	}
	err := e.get(ctx, url+path, e.hurried(key))
	if u, gone := Unreachable(err); gone && u.Busy {
		policy := e.hurried(key)
		policy.Wait, policy.Log = e.Wait, e.Log
		err = e.get(ctx, url+path, policy)
	}
	if e.reached == nil {
		e.reached = map[asking]error{}
	}
	e.reached[at] = err
	return err
}

// hurried is the policy of a first look.
func (e *Env) hurried(key Key) remote.Options {
	policy := e.Policy(key)
	policy.Wait, policy.Log, policy.Timeout, policy.Attempts = atStart, nil, atOnce, 1
	return policy
}

func (e *Env) get(ctx context.Context, url string, policy remote.Options) error {
	client, err := remote.New(policy)
	if err != nil {
		return err
	}
	_, err = client.Get(ctx, url)
	return err
}

// Unreachable is the server that could not be asked, if that is what err is about.
func Unreachable(err error) (remote.Unreachable, bool) { return errors.AsType[remote.Unreachable](err) }

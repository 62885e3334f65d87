package study

import (
	"fmt"
	"slices"
	"strings"
)

// Backend is what studies may say of the models of one backend, in the backend's own words. Drivers describe themselves with it,
// and FormatOf makes their list into what studies may say: keys, checks and documentation come from here.
type Backend struct {
	Name     string // value of the key backend
	Is       string // what it is: "a llama-server"
	Embedder string // the same under [[embedders]]; as Is if empty
	Keys     []Key  // beside those that all models have; the first is what tells one of its models from another
	Address  string // where its server listens unless url says otherwise; empty where there is no server
	Shares   bool   // one model may have several servers, with the same weights
	Named    string // what its key model holds, a sentence; empty where it has none
	Unnamed  string // why its models need an id, a sentence; empty where path or model names them
}

// Key is a key of [[models]] and [[embedders]] that means something for a backend.
type Key struct {
	Name      string   // one of modelKeys
	Doc       []string // sentences; those that backends share are told once
	Answering bool     // of [[models]] alone
}

func (b Backend) has(key string) bool {
	return slices.ContainsFunc(b.Keys, func(k Key) bool { return k.Name == key })
}

// FaultKey is the key at which faults of the backend's models are shown.
func (b Backend) FaultKey() string { return b.Keys[0].Name }

// Keys of models that not every backend has.
const (
	KeyPath         = "path"           // a file of the study's folder, a glob, or an address
	KeySHA256       = "sha256"         // of the file behind an address, or of each file of a folder
	KeyURL          = "url"            // of one server or several
	KeyModel        = "model"          // the model's name there
	KeyMeasure      = "measure"        // what log-probabilities come from, for backends that give none themselves
	KeyServer       = "server"         // the llama-server behind measure = "server"
	KeyServerKeyEnv = "server_key_env" // names the variable that holds its key
	KeyKeyEnv       = "key_env"        // names the variable that holds the key of the servers at url
)

// Sentences that more than one backend says of its keys.
const (
	WhereServersListen = "where the server listens."
	WhereKeysAre       = "name of the environment variable that holds the server's key. The key itself is kept nowhere."
	WhatMeasures       = "what log-probabilities and traces come from. blob: the model's own GGUF file, read on this machine; " +
		"server: a llama-server with these weights; option_letters: nothing, and choices are read from the first letter " +
		"of an answer."
)

// modelKeys are what backends can choose their keys from, in the order of the documentation.
var modelKeys = []Option{
	{Key: KeyPath, Kind: Text},
	{Key: KeySHA256, Kind: TextOrNames, Unset: "none; an address needs it"},
	{Key: KeyURL, Kind: TextOrTexts},
	{Key: KeyModel, Kind: Text, Shown: true},
	{Key: KeyMeasure, Kind: Text, Unset: "server where server is given, else blob",
		Allowed: []string{Blob, Server, OptionLetters}, Former: map[string]string{"letters": OptionLetters}},
	{Key: KeyServer, Kind: Text, Unset: "none"},
	{Key: KeyServerKeyEnv, Kind: Text, Unset: "none: no key is sent"},
	{Key: KeyKeyEnv, Kind: Text, Unset: "none: no key is sent"},
}

// modelOptions are the options of a table of models, "models" or "embedders", whose keys depend on the backends.
func (f *Format) modelOptions(table string) []Option {
	var out []Option
	for _, o := range append([]Option{f.idOption(), f.backendOption(table)}, modelKeys...) {
		if o.Doc == "" {
			o.Doc = f.keyDoc(table, o.Key)
		}
		switch o.Key {
		case KeyPath, KeyModel:
			o.Unset = "none; " + strings.Join(f.with(o.Key), " and ") + " needs it"
		case KeyURL:
			o.Unset = f.addresses()
		}
		o.Key = table + "." + o.Key
		if o.Doc != "" {
			out = append(out, o)
		}
	}
	return out
}

func (f *Format) idOption() Option {
	return Option{Key: "id", Kind: Text, Unset: "from path or model; needed for " + strings.Join(f.unnamed(), ", "),
		Doc: "Name: lower-case letters, digits, '.', '_', '-'; models and embedders have different ones."}
}

func (f *Format) backendOption(table string) Option {
	o := Option{Key: "backend", Kind: Text, Default: f.backends[0].Name}
	var kinds []string
	for _, b := range f.backends {
		is := b.Is
		if table == embedders && b.Embedder != "" {
			is = b.Embedder
		}
		o.Allowed = append(o.Allowed, b.Name)
		kinds = append(kinds, b.Name+": "+is)
	}
	o.Doc = strings.Join(kinds, "; ") + ". sdmap help backends says what each can give."
	return o
}

// keyDoc joins what backends say of a key, each sentence once, behind the names of those that say it.
func (f *Format) keyDoc(table, key string) string {
	var sentences []string
	who := map[string][]string{}
	for _, b := range f.backends {
		for _, k := range b.Keys {
			if k.Name != key || k.Answering && table == embedders {
				continue
			}
			for _, s := range k.Doc {
				if who[s] == nil {
					sentences = append(sentences, s)
				}
				who[s] = append(who[s], b.Name)
			}
		}
	}
	out, last := "", ""
	for _, s := range sentences {
		if names := strings.Join(who[s], ", "); names != last {
			out, last = out+" "+names+":", names
		}
		out += " " + s
	}
	return strings.TrimSpace(out)
}

// addresses tells where servers listen unless a study says otherwise.
func (f *Format) addresses() string {
	var out []string
	for _, b := range f.backends {
		if b.Address != "" {
			out = append(out, fmt.Sprintf("%s for %s", b.Address, b.Name))
		}
	}
	return strings.Join(out, ", ")
}

// with are the names of the backends that have a key.
func (f *Format) with(key string) (names []string) {
	for _, b := range f.backends {
		if b.has(key) {
			names = append(names, b.Name)
		}
	}
	return names
}

func (f *Format) unnamed() (names []string) {
	for _, b := range f.backends {
		if b.Unnamed != "" {
			names = append(names, b.Name)
		}
	}
	return names
}

// backend is the one of a name; a zero value if there is none.
func (f *Format) backend(name string) Backend {
	for _, b := range f.backends {
		if b.Name == name {
			return b
		}
	}
	return Backend{}
}

// sharing tells which backends can have several servers for one model.
func (f *Format) sharing() string {
	var names []string
	for _, b := range f.backends {
		if b.Shares {
			names = append(names, b.Is)
		}
	}
	return "Only " + strings.Join(names, " or ") + " can be one of several with the same weights."
}

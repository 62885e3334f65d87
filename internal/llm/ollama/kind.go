package ollama

import (
	"context"
	"errors"
	"fmt"

	"sdmap/internal/action"
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/llm/llamacpp"
	"sdmap/internal/llm/paired"
	"sdmap/internal/llm/remote"
	"sdmap/internal/study"
)

const name = "ollama" // in studies

// Kind is the backend of Ollama servers.
func Kind() backend.Kind {
	return backend.Kind{
		Backend: study.Backend{Name: name, Is: "a model of an Ollama server", Address: "http://127.0.0.1:11434",
			Named: "Its name as ollama list prints it, such as llama3.2:1b.",
			Keys: []study.Key{
				{Name: study.KeyModel, Doc: []string{"name of the model as ollama list prints it, such as llama3.2:1b or " +
					"all-minilm:22m."}},
				{Name: study.KeyURL, Doc: []string{study.WhereServersListen}},
				{Name: study.KeyMeasure, Answering: true, Doc: []string{study.WhatMeasures}},
				{Name: study.KeyServer, Answering: true,
					Doc: []string{"URL of the llama-server that measures the same weights."}},
				{Name: study.KeyServerKeyEnv, Answering: true,
					Doc: []string{"name of the environment variable that holds the key of that llama-server."}},
				{Name: study.KeyKeyEnv, Doc: []string{study.WhereKeysAre}},
			}},
		Start: start,
		Modes: modes,
		Open:  openModel,
	}
}

func start(m study.Model, url string) (command, key string) {
	if url == m.Server {
		return llamacpp.Start(url), study.KeyServer
	}
	return "ollama serve", study.KeyURL
}

func openModel(ctx context.Context, e *backend.Env, m study.Model) (backend.Opened, error) {
	url := m.URL[0]
	if err := e.Reach(ctx, url, "/api/version", backend.OwnKey(m)); err != nil {
		return backend.Opened{}, err
	}
	client, err := remote.New(e.Policy(backend.OwnKey(m)))
	if err != nil {
		return backend.Opened{}, err
	}
	options := Options{URL: url, HTTP: client.HTTP, Model: m.Name, EmbedByServer: true,
		OpenBlob: func(path string) (Blob, error) {
			d, err := inprocess.OpenSupported(path, e.Digest)
			if err != nil {
				return nil, err // not d, which would be no nil Blob
			}
			return d, nil
		}}
	if m.Measure != study.Blob {
		options.Measure = MeasureOptionLetters
	}
	d, err := Open(ctx, options)
	if err != nil {
		return backend.Opened{}, err
	}
	// It answers one request after the other and changes models in between.
	out := backend.Opened{Driver: d, Close: d.Close, Asks: action.Pool{Name: url, Width: 1}}
	if m.Measure == study.Server {
		return measuredBy(ctx, e, out, d, m)
	}
	if measure, why := d.Measure(); measure != MeasureBlob && m.Measure == study.Blob {
		out.Inexact = fmt.Sprintf("Ollama gives none, and the model's own file cannot be measured: %s", why)
	}
	return out, nil
}

// measuredBy pairs an Ollama model with the llama-server that measures its weights.
func measuredBy(ctx context.Context, e *backend.Env, out backend.Opened, d *Driver, m study.Model) (backend.Opened, error) {
	urls := []string{m.Server}
	measures, err := llamacpp.OpenReachable(ctx, e, urls, backend.ServerKey(m))
	if err != nil {
		return backend.Opened{}, errors.Join(err, d.Close())
	}
	both, err := paired.New(ctx, d, d.Weights(), measures)
	if err != nil {
		return backend.Opened{}, errors.Join(err, d.Close())
	}
	out.Driver, out.Measures = both, llamacpp.Pool(urls)
	return out, nil
}

// modes is what this package offers, with a readable file behind the model, for which blob stands, and without; and paired with
// the llama-server that gives most.
func modes() []llm.Mode {
	with := &Driver{opts: Options{EmbedByServer: true}, blob: &inprocess.Driver{}, model: model{generates: true, chats: true}}
	without := &Driver{model: model{generates: true, chats: true}}
	speaks := without.Capabilities()
	servers := llamacpp.Modes()
	server := servers[len(servers)-1].Capabilities
	server.Generate, server.Embed, server.Chat, server.ChatChoices = speaks.Generate, server.Embed || speaks.Embed, speaks.Chat,
		false
	return []llm.Mode{
		{Backend: name, Typed: `measure = "blob"`, How: "its file, run in this process", Pinned: "the file's digest",
			Capabilities: with.Capabilities()},
		{Backend: name, Typed: `measure = "option_letters"`, Pinned: "the manifest's digest", Capabilities: speaks},
		{Backend: name, Typed: `measure = "server"`, How: "a llama-server with the same weights",
			Pinned: "both digests, which are compared", Capabilities: server},
	}
}

// Weights is the digest of the model's file as its name tells it, empty where that is not known.
func (d *Driver) Weights() string { return d.model.weights }

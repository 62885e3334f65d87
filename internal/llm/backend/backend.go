// Package backend says what it takes to answer for the models of a study: a Kind describes a backend to studies, to help and to
// doctor, and opens its models in an Env.
//
//	driver's package -> Kind -> package backends (the list) -> study.FormatOf, check, doctor, help
//
// To add a backend: a driver that passes llmtest, a Kind in its package, and a line in package backends.
//
// The opinion: nothing outside a driver's package knows its backend by name.
package backend

import (
	"context"
	"fmt"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Kind is one backend.
type Kind struct {
	study.Backend
	// Start is the command that starts the server of m that is missing at url, and the study's key of that address; nil where
	// there are no servers.
	Start func(m study.Model, url string) (command, key string)
	// Modes are the ways to use it and what each gives, for the documentation.
	Modes func() []llm.Mode
	// Pin tells what would pin a model's weights that are not pinned; nil where nothing would.
	Pin func(is llm.Identity) string
	// Open opens a model, which its caller closes.
	Open func(ctx context.Context, e *Env, m study.Model) (Opened, error)
}

// Opened is a model's driver and how it is used.
type Opened struct {
	Driver llm.Driver
	Close  func() error // nil where there is nothing to close

	Inexact string // why it cannot score given text, where it says so

	// The servers that are asked for texts and embeddings, and those that measure; zero for what runs in this process.
	Asks, Measures action.Pool
}

// Unsupported is the error for a model that needs what its backend does not have, a sentence each.
type Unsupported struct {
	Problems []string
	Remedy   string
}

func (u Unsupported) Error() string { return strings.Join(u.Problems, "\n") }

// HowToStart tells what to type so that the server of m at url is there.
func (k Kind) HowToStart(m study.Model, url string) string {
	command, key := k.Start(m, url)
	return fmt.Sprintf("Start it: %s. If it listens elsewhere, say so: %s = \"http://HOST:PORT\".", command, key)
}

// HostAndPort are those of an address that was checked.
func HostAndPort(url string) (host, port string) {
	scheme, rest, _ := strings.Cut(url, "://")
	rest, _, _ = strings.Cut(rest, "/")
	port = map[string]string{"http": "80", "https": "443"}[scheme]
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		rest, port = rest[:i], rest[i+1:]
	}
	return strings.Trim(rest, "[]"), port
}

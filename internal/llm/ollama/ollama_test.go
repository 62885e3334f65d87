//go:build unix

package ollama

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"sdmap/internal/gguf"
	"sdmap/internal/llm"
	"sdmap/internal/llm/llmtest"
	"sdmap/internal/llm/remote"
	"sdmap/internal/tokenizer"
)

// texts are those of the suite that Ollama's interface can carry: UTF-8, and without special tokens.
var texts = []string{
	"The sum of 7 and 5 is 12.",
	"a",
	"  two spaces,\ttab\nand newline ",
	"Zażółć gęślą jaźń — 漢字 🙂",
	"so the sum of 1 and 3 is",
}

func TestConformance(t *testing.T) {
	t.Run("on record", func(t *testing.T) { conform(t, recording(t).Serve(t), "m01", texts[:2]) })
	s := sharedServer(t)
	for _, name := range []string{"m01", "m12"} {
		s.create(t, name, planted+name+".gguf", nil)
		t.Run(name, func(t *testing.T) { conform(t, s.url(), name, texts) })
	}
}

// conform runs the suite of all drivers by each route.
func conform(t *testing.T, url, name string, texts []string) {
	file, err := gguf.Open(planted + name + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tok, err := tokenizer.FromGGUF(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("blob", func(t *testing.T) {
		llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, options(t, url, name)) }, llmtest.Options{
			Capabilities: llm.Capabilities{Generate: true, Score: true, Tokenize: true, Trace: llm.WantAll, Embed: true},
			Decode:       func(ids []int32) string { return string(tok.DecodeContinuation(ids)) },
			Texts:        texts,
		})
	})
	t.Run("letters", func(t *testing.T) {
		o := options(t, url, name+":latest")
		o.Measure = MeasureOptionLetters
		llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, o) }, llmtest.Options{
			Capabilities: llm.Capabilities{Generate: true, Embed: true, Choose: true}, Texts: texts,
		})
	})
	t.Run("embeds", func(t *testing.T) {
		o := options(t, url, name)
		o.EmbedByServer, o.Parallel, o.KeepAlive = true, 3, time.Minute
		llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, o) }, llmtest.Options{
			Capabilities: llm.Capabilities{Generate: true, Score: true, Tokenize: true, Trace: llm.WantAll, Embed: true},
			Texts:        texts,
		})
	})
}

func TestOpenRefuses(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	s.create(t, "cloudy", planted+"m01.gguf", func(r *api.CreateRequest) {
		r.Files, r.From, r.RemoteHost = nil, "m01", "https://ollama.com"
	})
	good := options(t, s.url(), "m01")
	for want, change := range map[string]func(*Options){
		"has no model m99:latest (it has ":                      func(o *Options) { o.Model = "m99" },
		"cloudy:latest, ":                                       func(o *Options) { o.Model = "m99" },
		"get it: ollama pull m01:q4":                            func(o *Options) { o.Model = "m01:q4" },
		"ollama pull M01:latest":                                func(o *Options) { o.Model = "M01" },
		`"" is no name`:                                         func(o *Options) { o.Model = "" },
		`"a b" is no name`:                                      func(o *Options) { o.Model = "a b" },
		"cloudy:latest is a cloud model":                        func(o *Options) { o.Model = "cloudy" },
		"is no address of an Ollama server":                     func(o *Options) { o.URL = "127.0.0.1" },
		"Ollama's cloud":                                        func(o *Options) { o.URL = "https://ollama.com" },
		`add "gpu.example:1" to allow_hosts`:                    func(o *Options) { o.URL = "http://gpu.example:1" },
		`measure "exact" is not known; there are "blob"`:        func(o *Options) { o.Measure = "exact" },
		"longer than the 256 that are possible with m01:latest": func(o *Options) { o.Context = 257 },
		"a context of -1 tokens":                                func(o *Options) { o.Context = -1 },
		"needs Options.HTTP":                                    func(o *Options) { o.HTTP = nil },
		"cannot be measured by its file: there is no engine":    func(o *Options) { o.Measure, o.OpenBlob = MeasureBlob, nil },
		"cannot be measured by its file: too new": func(o *Options) {
			o.Measure, o.OpenBlob = MeasureBlob, func(string) (Blob, error) { return nil, errors.New("too new") }
		},
	} {
		o := good
		change(&o)
		if got := refused(t, o); !strings.Contains(got, want) {
			t.Errorf("the error is %q; want %q", got, want)
		}
	}
	nobody := good
	nobody.URL, nobody.HTTP = "http://127.0.0.1:1", httpClient(t, remote.Options{Wait: time.Millisecond})
	_, err := Open(t.Context(), nobody)
	if _, ok := errors.AsType[remote.Unreachable](err); !ok {
		t.Errorf("a server that is not there gives %v", err)
	}
}

func TestMeasure(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m05", planted+"m05.gguf", nil)
	o := options(t, s.url(), "m05")
	d := open(t, o)
	if measure, why := d.Measure(); measure != MeasureBlob || why != "" {
		t.Errorf("a file that can be read is measured by %s, %s", measure, why)
	}
	o.OpenBlob = func(string) (Blob, error) { return nil, errors.New("too new") }
	letters := open(t, o)
	if measure, why := letters.Measure(); measure != MeasureOptionLetters || why != "too new" {
		t.Errorf("a file that is not understood is measured by %s, %s", measure, why)
	}
	_, score := letters.Score(t.Context(), nil)
	_, tokenize := letters.Tokenize(t.Context(), "a")
	_, vocabulary := letters.Vocabulary(t.Context())
	trace := letters.Trace(t.Context(), nil, 0, nil)
	for _, err := range []error{score, tokenize, vocabulary, trace} {
		if _, ok := errors.AsType[Inexact](err); !ok || !strings.Contains(err.Error(), "too new") {
			t.Errorf("without the file the error is %v", err)
		}
	}

	weights := d.model.blob
	if path, err := letters.LocalFile(t.Context()); err != nil || path != weights {
		t.Errorf("the file that is not understood is %q, %v", path, err)
	}
	away := *letters
	away.model.blob += "x"
	if _, err := away.LocalFile(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	away.model.blob, away.model.noBlob = "", "it has an ADAPTER"
	if _, err := away.LocalFile(t.Context()); err == nil || err.Error() != away.model.noBlob {
		t.Errorf("no file: %v", err)
	}
	data, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(weights, data, 0o600); err != nil {
		t.Fatal(err)
	}
	o.OpenBlob = openBlob
	defer os.Remove(weights)
	if got := refused(t, o); !strings.Contains(got, "damaged or changed; get the model anew: ollama pull m05:latest") {
		t.Errorf("a damaged file gives %q", got)
	}
}

// Every option is part of the identity or exempt, with the reason in Identify's comment.
func TestIdentity(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	s.create(t, "m02", planted+"m02.gguf", nil)
	s.create(t, "m01:hot", planted+"m01.gguf", func(r *api.CreateRequest) { r.Parameters = map[string]any{"temperature": 1.5} })
	s.create(t, "m01:told", planted+"m01.gguf", func(r *api.CreateRequest) { r.System = "Answer in verse." })
	identify := func(change func(*Options)) llm.Identity {
		o := options(t, s.url(), "m01")
		change(&o)
		id, err := open(t, o).Identify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	plain := identify(func(*Options) {})
	file, err := gguf.Open(planted + "m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if digest, err := file.Digest(); err != nil || plain.Weights != digest || plain.Engine != "embedded/2" {
		t.Errorf("identity is %+v; the file's digest %s, %v", plain, digest, err)
	}
	if !slices.IsSorted(plain.Options) || plain.Unpinned {
		t.Errorf("identity is %+v", plain)
	}
	keyed := map[string]func(*Options){
		"Model":         func(o *Options) { o.Model = "m02" },
		"Measure":       func(o *Options) { o.Measure = MeasureOptionLetters },
		"EmbedByServer": func(o *Options) { o.EmbedByServer = true },
		"Context":       func(o *Options) { o.Context = 100 },
		"OpenBlob":      func(o *Options) { o.OpenBlob = nil },
		"its PARAMETER": func(o *Options) { o.Model = "m01:hot" },
		"its SYSTEM":    func(o *Options) { o.Model = "m01:told" },
	}
	exempt := map[string]func(*Options){
		"URL":       func(o *Options) { o.URL += "/" },
		"HTTP":      func(o *Options) { o.HTTP = httpClient(t, remote.Options{Attempts: 2}) },
		"Threads":   func(o *Options) { o.Threads = 2 },
		"Parallel":  func(o *Options) { o.Parallel = 2 },
		"KeepAlive": func(o *Options) { o.KeepAlive = time.Hour },
		"same name": func(o *Options) { o.Model = "library/m01:latest" },
	}
	for what, change := range keyed {
		if reflect.DeepEqual(identify(change), plain) {
			t.Errorf("%s is no part of the identity", what)
		}
	}
	for what, change := range exempt {
		if got := identify(change); !reflect.DeepEqual(got, plain) {
			t.Errorf("%s changes the identity to %+v", what, got)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Options]()) {
		if keyed[field.Name] == nil && exempt[field.Name] == nil {
			t.Errorf("option %s is neither keyed nor exempt", field.Name)
		}
	}
	// The blob is the same: what is measured of it does not depend on PARAMETER and SYSTEM.
	if hot := identify(keyed["its PARAMETER"]); hot.Weights != plain.Weights {
		t.Errorf("one blob has the digests %s and %s", hot.Weights, plain.Weights)
	}
}

// A name that comes to mean other weights while a run is under way.
func TestReplaced(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "moving", planted+"m01.gguf", nil)
	d := open(t, options(t, s.url(), "moving"))
	req := []llm.GenerateRequest{{Prompt: "the sum of", MaxTokens: 3}}
	if _, err := d.Generate(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	s.create(t, "moving", planted+"m02.gguf", nil)
	if got, err := d.Generate(t.Context(), req); err == nil ||
		!strings.Contains(err.Error(), "another moving:latest than when this began") {
		t.Errorf("another model under the same name answers %+v, %v", got, err)
	}
	if _, err := d.Tokenize(t.Context(), "the blob is still the one"); err != nil {
		t.Error(err)
	}
}

// Package ollama answers for a model that an Ollama server has.
//
//	Open -> /api/version, /api/tags, /api/show -> Driver -> Generate                /api/generate, raw prompts
//	                                                     -> Score, Tokenize, Trace  the model's file, by an engine in this
//
// process
//
//	-> Choose                  the likeliest first tokens of /api/generate
//	-> Embed                   the file, or /api/embed
//
// Ollama tells log-probabilities only of what it generated itself: it cannot be asked for those of a given text, nor for
// token ids. But it says which file holds a model's weights. Where this machine can read that file, an engine in this process
// measures the very same weights (measure "blob"); where it cannot, only the first letter of an answer can be read from the
// 20 likeliest tokens (measure "option_letters"), and nothing that has to be exact is offered.
//
// The opinion: what a Modelfile sets is not what a study asks for. Every option of sampling is sent, so that no default
// (Ollama penalises repetition by 1.1, also when greedy) and no PARAMETER line acts; prompts are raw unless the study asks
// for the model's chat template. What Ollama would do silently is an error here: cutting a prompt, reading special tokens in
// it, answering with another model that has come under the same name, passing the prompt on to a cloud.
//
// What remains out of reach: Ollama keeps the states of the last prompt in memory and begins from what the next one shares
// with it, and holds them as 16-bit numbers; near ties may therefore fall otherwise than in the engine of this process. Its
// own engine, which runs gemma3 among others, lets a token see one more before it than the sliding window of llama.cpp does,
// so that texts longer than the window (512 tokens and more in real models) get slightly other numbers; and its WordPiece, for
// models that only embed, splits accents and other scripts in its own way.
package ollama

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ollama/ollama/api"

	"sdmap/internal/files"
	"sdmap/internal/llm"
)

// The two ways to measure.
const (
	MeasureBlob          = "blob"           // log-probabilities, tokens, traces from the model's file
	MeasureOptionLetters = "option_letters" // choices by first letter, nothing else
)

// Options say which model is asked, and how.
type Options struct {
	URL   string       // "http://127.0.0.1:11434" if empty
	HTTP  *http.Client // whom it may talk to, how patiently: see package remote
	Model string       // as `ollama list` names it; the tag is "latest" if there is none

	// Measure is one of the constants above; if empty, MeasureBlob where the file can be read and understood here.
	Measure string
	// OpenBlob opens a model file for measuring; without it there is no MeasureBlob.
	OpenBlob func(path string) (Blob, error)

	// EmbedByServer takes embeddings from /api/embed also where there is a blob.
	EmbedByServer bool
	// Context is the longest sequence in tokens, prompt and reply together. If 0, what the model was trained for, at most
	// 8192: the server sets memory for all of it aside.
	Context int

	Threads   int           // of the server; 0 leaves them to it
	Parallel  int           // requests in flight in one call; 1 if 0. More helps only where OLLAMA_NUM_PARALLEL is more, too
	KeepAlive time.Duration // how long the server keeps the model in memory after a request; 0 leaves it to the server
}

// Blob is an engine that has opened a model file: what package inprocess opens.
type Blob interface {
	llm.Driver
	llm.Scorer
	llm.Tokenizer
	llm.Tracer
	llm.Embedder
	Close() error
}

// Driver is one model of one server. It is safe for concurrent use.
type Driver struct {
	opts    Options
	client  *api.Client
	server  string // its address
	version string // its version
	model   model
	blob    Blob   // nil: measured by letters
	why     string // why there is no blob
}

var (
	_ llm.Driver    = (*Driver)(nil)
	_ llm.Capable   = (*Driver)(nil)
	_ llm.Remarker  = (*Driver)(nil)
	_ llm.Scorer    = (*Driver)(nil)
	_ llm.Tokenizer = (*Driver)(nil)
	_ llm.Tracer    = (*Driver)(nil)
	_ llm.Embedder  = (*Driver)(nil)
	_ llm.Chooser   = (*Driver)(nil)
	_ llm.Prober    = (*Driver)(nil)
	_ llm.Local     = (*Driver)(nil)
)

// Open finds the model on the server and decides how it is measured. The caller closes the Driver.
func Open(ctx context.Context, o Options) (*Driver, error) {
	base, err := address(o.URL)
	if err != nil {
		return nil, err
	}
	if o.HTTP == nil {
		return nil, errors.New("ollama.Open needs Options.HTTP")
	}
	if !slices.Contains([]string{"", MeasureBlob, MeasureOptionLetters}, o.Measure) {
		return nil, fmt.Errorf("measure %q is not known; there are %q and %q", o.Measure, MeasureBlob, MeasureOptionLetters)
	}
	d := &Driver{opts: o, client: api.NewClient(base, o.HTTP), server: base.String()}
	if d.version, err = d.client.Version(ctx); err != nil {
		return nil, fmt.Errorf("Ollama at %s does not say its version: %w", d.server, err)
	}
	if d.model, err = d.find(ctx); err != nil {
		return nil, err
	}
	if err := d.setMeasure(ctx); err != nil {
		return nil, err
	}
	if err := d.setContext(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func address(text string) (*url.URL, error) {
	if text == "" {
		text = "http://127.0.0.1:11434"
	}
	base, err := url.Parse(text)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.RawQuery != "" ||
		base.User != nil {
		return nil, fmt.Errorf("%q is no address of an Ollama server; an example: http://127.0.0.1:11434", text)
	}
	if base.Hostname() == "ollama.com" { // Ollama's client would sign requests with a key that it finds in the home folder
		return nil, errors.New("models in Ollama's cloud are not supported: nothing says which weights answered")
	}
	return base, nil
}

const defaultContext = 8192

func (d *Driver) setContext() error {
	switch most := d.model.context; {
	case d.opts.Context < 0:
		return fmt.Errorf("a context of %d tokens is not possible", d.opts.Context)
	case d.opts.Context > most:
		return fmt.Errorf("a context of %d tokens is longer than the %d that are possible with %s", d.opts.Context, most,
			d.model.name)
	case d.opts.Context == 0:
		d.opts.Context = min(most, defaultContext)
	}
	return nil
}

// LocalFile is the file behind the model, where it can be read here.
func (d *Driver) LocalFile(context.Context) (string, error) {
	if d.model.blob == "" {
		return "", errors.New(d.model.noBlob)
	}
	f, err := files.Open(d.model.blob)
	if err != nil {
		return "", fmt.Errorf("its file cannot be read: %w", err)
	}
	return d.model.blob, f.Close()
}

// setMeasure opens the blob if it shall be measured. A blob whose content is not what its name says is an error always.
func (d *Driver) setMeasure(ctx context.Context) error {
	blob, why := d.openBlob(ctx)
	switch {
	case blob == nil && d.opts.Measure == MeasureBlob:
		return fmt.Errorf("%s cannot be measured by its file: %s", d.model.name, why)
	case blob == nil:
		d.why = why
		return nil
	}
	identity, err := blob.Identify(ctx)
	if err == nil && identity.Weights != d.model.weights {
		err = fmt.Errorf("its content has the digest %s: it was damaged or changed; get the model anew: ollama pull %s",
			identity.Weights, d.model.name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", d.model.blob, err), blob.Close())
	}
	d.blob = blob
	return nil
}

// openBlob gives the opened blob, or why there is none. The context becomes what the blob's engine takes. That is shorter
// than the model's own for files with two sets of rotary factors: Ollama chooses one for all sequences by the length of its
// context, so that a longer one would give short sequences other numbers than the engine.
func (d *Driver) openBlob(ctx context.Context) (Blob, string) {
	switch {
	case d.opts.Measure == MeasureOptionLetters:
		return nil, "the study asks for letters"
	case d.opts.OpenBlob == nil:
		return nil, "there is no engine for it"
	case d.model.noBlob != "":
		return nil, d.model.noBlob
	}
	file, err := files.Open(d.model.blob)
	if err != nil {
		return nil, fmt.Sprintf("the server's file cannot be read on this machine (%v)", err)
	}
	file.Close()
	blob, err := d.opts.OpenBlob(d.model.blob)
	if err != nil {
		return nil, err.Error()
	}
	v, err := blob.Vocabulary(ctx)
	if err != nil { // its weights are understood, its tokens are not
		return nil, errors.Join(err, blob.Close()).Error()
	}
	d.model.context = min(d.model.context, v.Context)
	return blob, ""
}

// Close releases the blob.
func (d *Driver) Close() error {
	if d.blob == nil {
		return nil
	}
	return d.blob.Close()
}

// Measure says how the model is measured and, for letters, why not by its file.
func (d *Driver) Measure() (measure, why string) {
	if d.blob == nil {
		return MeasureOptionLetters, d.why
	}
	return MeasureBlob, ""
}

// Remarks are the blob's.
func (d *Driver) Remarks(ctx context.Context) ([]string, error) {
	if r, ok := d.blob.(llm.Remarker); ok {
		return r.Remarks(ctx)
	}
	return nil, nil
}

// Capabilities are the blob's; without one, choices by letter and the server's embeddings.
func (d *Driver) Capabilities() llm.Capabilities {
	if d.blob == nil {
		return llm.Capabilities{Generate: d.model.generates, Embed: true, Choose: d.model.generates, Chat: d.model.chats}
	}
	c := llm.CapabilitiesOf(d.blob)
	c.Generate, c.Embed, c.Chat = d.model.generates, c.Embed || d.opts.EmbedByServer, d.model.chats
	c.ChatChoices = false // its template is Go's, and the file's may differ
	return c
}

// Identify gives the digest of the weights where they were read, else that of the manifest: the list of everything that the
// server's name stands for. With the version it pins what the server generates. Exempt are Threads, Parallel and KeepAlive,
// which change no number (each is computed by one thread), and the address.
func (d *Driver) Identify(ctx context.Context) (llm.Identity, error) {
	id := llm.Identity{Weights: d.model.manifest, Engine: "ollama/" + d.version, Route: "first letters"}
	if d.blob != nil {
		var err error
		if id, err = d.blob.Identify(ctx); err != nil {
			return id, err
		}
		id.Route = "blob " + id.Route
		id.Options = slices.Clone(id.Options)
	} else if err := ctx.Err(); err != nil {
		return id, err
	}
	embed := "in-process"
	if d.embedsByServer() {
		embed = "/api/embed to unit length"
	}
	id.Options = append(id.Options, "embed="+embed, "generate=ollama/"+d.version, "manifest="+d.model.manifest,
		"num_ctx="+strconv.Itoa(d.opts.Context))
	slices.Sort(id.Options)
	return id, nil
}

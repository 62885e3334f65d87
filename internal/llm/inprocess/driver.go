// Package inprocess answers for a GGUF model, or an encoder in a folder of safetensors, inside this process.
//
//	Open (metadata only) -> Driver -> Identify, Tokenize      no weights needed
//	                               -> Score, Trace, Generate, Embed   weights are mapped on first use and shared
//
// It joins internal/tokenizer and internal/transformer to the interfaces of internal/llm and adds what lies between
// them: prompts, stop texts, ends of sequence. Everything is exact in the sense of those packages, so a Driver offers all
// capabilities, and equal requests get equal bits whatever their batch. Only encoders, such as BERT, have no
// log-probabilities and cannot generate; they say so.
package inprocess

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"sdmap/internal/gguf"
	"sdmap/internal/llm"
	"sdmap/internal/simd"
	"sdmap/internal/tokenizer"
	"sdmap/internal/transformer"
)

// engine is the meaning of this package's numbers; it is counted up when one of them changes for equal weights. It stands in
// every key of the store, so its first word stays what this engine was called first: another would have every study computed
// again.
const engine = "embedded/2"

// Driver is one model. It is safe for concurrent use.
type Driver struct {
	// Digest hashes one file of the model, whose digests gguf.JoinDigests makes Identity.Weights. It may be set before the
	// first use, to one that remembers digests of large files; by default the files are read.
	Digest func(path string) (string, error)

	path   string
	config transformer.Config
	watch  watch

	mu     sync.RWMutex // held for writing by Close only
	holds  content
	chats  bool // the model has a chat template
	closed bool

	identity  func() (llm.Identity, error)
	tokenizer func() (*tokenizer.Tokenizer, error)
	model     func() (*transformer.Model, error)
}

var (
	_ llm.Driver    = (*Driver)(nil)
	_ llm.Scorer    = (*Driver)(nil)
	_ llm.Tokenizer = (*Driver)(nil)
	_ llm.Tracer    = (*Driver)(nil)
	_ llm.Embedder  = (*Driver)(nil)
	_ llm.Capable   = (*Driver)(nil)
	_ llm.Prober    = (*Driver)(nil)
	_ llm.Chatter   = (*Driver)(nil)
	_ llm.Local     = (*Driver)(nil)
	_ llm.Remarker  = (*Driver)(nil)
)

// Open reads the metadata of the model at path, a GGUF file or a folder of the sentence-transformers library, and refuses what
// Check would name. The caller closes the Driver.
func Open(path string) (*Driver, error) { return openFrom(source{path: path}) }

func openFrom(from source) (*Driver, error) {
	holds, err := openContent(from)
	if err != nil {
		return nil, err
	}
	config, problems := holds.inspect()
	if len(problems) > 0 {
		holds.Close()
		return nil, fmt.Errorf("%s: %s", from.path, strings.Join(problems, "; "))
	}
	d := &Driver{path: from.path, config: config, holds: holds}
	if err := d.watch.open(holds.files()); err != nil {
		return nil, errors.Join(err, d.watch.close(), holds.Close())
	}
	d.chats = holds.chats()
	d.identity = sync.OnceValues(d.identify)
	d.tokenizer = sync.OnceValues(d.loadTokenizer)
	d.model = sync.OnceValues(func() (*transformer.Model, error) { return holds.load(config) })
	return d, nil
}

// Capabilities of an encoder are to tokenize, to embed, and traces without a logit lens; those of another model are all,
// but for Chat, which needs a template.
func (d *Driver) Capabilities() llm.Capabilities {
	if d.config.Encoder {
		return llm.Capabilities{Tokenize: true, Embed: true, Trace: llm.WantAll &^ llm.WantLens}
	}
	return llm.Capabilities{Generate: true, Score: true, Tokenize: true, Embed: true, Trace: llm.WantAll, Chat: d.chats,
		ChatChoices: d.chats}
}

// LocalFile is the path that was opened, if it is a file.
func (d *Driver) LocalFile(context.Context) (string, error) { return d.holds.main() }

// Remarks says which bytes the model's vocabulary has no token for, and whether its pre-tokenizer is a guess.
func (d *Driver) Remarks(ctx context.Context) ([]string, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	tok, err := d.tokenizer()
	if err != nil {
		return nil, err
	}
	var out []string
	if tok.Guessed() {
		out = append(out, "the file does not name its pre-tokenizer (it has no key tokenizer.ggml.pre): texts are split by "+
			"llama.cpp's "+
			"default rule, which is a guess, and where it is wrong scores fall without a trace; convert the model again with a "+
			"current llama.cpp")
	}
	if n := len(tok.Lacking()); n > 0 {
		out = append(out, fmt.Sprintf("the vocabulary has no token for %d of 256 bytes (% x); a text that holds one "+
			"cannot be asked",
			n, tok.Lacking()))
	}
	return out, nil
}

// Check names everything that the model at path needs and that is not supported, one sentence each. The error is for a
// file that cannot be read.
func Check(path string) ([]string, error) { return checkFrom(source{path: path}) }

func checkFrom(from source) ([]string, error) {
	holds, err := openContent(from)
	if err != nil {
		return nil, err
	}
	defer holds.Close()
	config, problems := holds.inspect()
	tok, err := holds.tokenizer()
	switch {
	case err != nil:
		problems = append(problems, err.Error())
	case len(problems) == 0:
		if err := fits(tok, config); err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems, nil
}

// fits refuses a tokenizer whose ids the model does not have.
func fits(tok *tokenizer.Tokenizer, config transformer.Config) error {
	if tok.VocabSize() != config.Vocab {
		return fmt.Errorf("the tokenizer has %d tokens, the embedding %d; supported: equal numbers", tok.VocabSize(),
			config.Vocab)
	}
	return nil
}

// Close releases the file. Calls that are under way end first; later ones are errors.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.model, d.tokenizer = nil, nil
	return errors.Join(d.watch.close(), d.holds.Close())
}

// enter begins a call; the caller runs leave at its end.
func (d *Driver) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.RLock()
	if d.closed {
		d.mu.RUnlock()
		return nil, errors.New(d.path + ": the model is closed")
	}
	return d.mu.RUnlock, nil
}

// Identify gives the digest of the weights. Numbers may differ between processor architectures, and with whether the compiler
// fuses multiplications and additions (it does from GOAMD64=v3 on), so these are named.
func (d *Driver) Identify(ctx context.Context) (llm.Identity, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return llm.Identity{}, err
	}
	defer leave()
	return d.identity()
}

func (d *Driver) identify() (llm.Identity, error) {
	weights, err := d.weights()
	if err != nil {
		return llm.Identity{}, err
	}
	return llm.Identity{Weights: weights, Engine: engine, Route: "in-process f32",
		Options: []string{"fused=" + strconv.FormatBool(fused(1+0x1p-12)), "goarch=" + runtime.GOARCH, "products=" +
			simd.Arithmetic()}}, nil
}

// weights is the digest of all files of the model.
func (d *Driver) weights() (string, error) {
	var digests []string
	for _, p := range d.watch.parts {
		hash := p.hash
		if d.Digest != nil {
			hash = func() (string, error) { return d.Digest(p.path) }
		}
		digest, err := hash()
		if err != nil {
			return "", err
		}
		digests = append(digests, digest)
	}
	return gguf.JoinDigests(digests), d.watch.identified(digests)
}

// done ends a call that gave numbers: they count only if the model's files are what they were.
func (d *Driver) done(leave func(), err *error) {
	if *err == nil {
		*err = d.watch.unchanged()
	}
	leave()
}

// fused says whether this program was compiled to round x*y+z once. If so the rounding error of x squared shows, which is
// not zero for 1+2^-12. Neither function is inlined, since the compiler would work the constants out by itself.
//
//go:noinline
func fused(x float32) bool { return x*x+negated(x, x) != 0 }

//go:noinline
func negated(x, y float32) float32 { return -(x * y) }

func (d *Driver) loadTokenizer() (*tokenizer.Tokenizer, error) {
	tok, err := d.holds.tokenizer()
	if err != nil {
		return nil, err
	}
	if err := fits(tok, d.config); err != nil {
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	return tok, nil
}

// Tokenize encodes text with BOS in front where the model wants one, and for an encoder with what it wants at the end,
// such as [SEP].
func (d *Driver) Tokenize(ctx context.Context, text string) ([]llm.Token, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	tok, err := d.tokenizer()
	if err != nil {
		return nil, err
	}
	if err := tok.Check(text, false); err != nil {
		return nil, llm.Unaskable{Err: err}
	}
	tokens := tokensOf(tok.EncodeSpans(text, tok.AddBOS(), false))
	if end, ok := tok.End(); ok && d.config.Encoder {
		tokens = append(tokens, llm.Token{ID: end, Start: len(text), End: len(text)})
	}
	return tokens, nil
}

func tokensOf(ids []int32, spans []tokenizer.Span) []llm.Token {
	tokens := make([]llm.Token, len(ids))
	for i, id := range ids {
		tokens[i] = llm.Token{ID: id, Start: spans[i].Start, End: spans[i].End}
	}
	return tokens
}

// Vocabulary gives the facts about tokens that scoring needs.
func (d *Driver) Vocabulary(ctx context.Context) (llm.Vocabulary, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return llm.Vocabulary{}, err
	}
	defer leave()
	tok, err := d.tokenizer()
	if err != nil {
		return llm.Vocabulary{}, err
	}
	v := llm.Vocabulary{Size: d.config.Vocab, BOS: -1, EOS: -1, AddBOS: tok.AddBOS(), Context: d.config.Context}
	if id, ok := tok.BOS(); ok {
		v.BOS = id
	}
	if id, ok := tok.EOS(); ok {
		v.EOS = id
	}
	return v, nil
}

// Score computes exact log-probabilities of given tokens.
func (d *Driver) Score(ctx context.Context, seqs []llm.Sequence) (_ []llm.Scores, err error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer d.done(leave, &err)
	model, err := d.model()
	if err != nil {
		return nil, err
	}
	return model.Score(ctx, seqs)
}

// Trace shows what happens inside the model.
func (d *Driver) Trace(ctx context.Context, seqs [][]int32, want llm.Want, visit func(i int, t *llm.Trace) error) (err error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return err
	}
	defer d.done(leave, &err)
	model, err := d.model()
	if err != nil {
		return err
	}
	return model.Trace(ctx, seqs, want, visit)
}

// Embed makes vectors of final-layer hidden states, after the final norm, in the way that an encoder's file names, or any
// other file that names one: the mean over all tokens, the first token's or the last one's. For other models it is the
// mean over a text's own tokens: BOS, whose state is the same in front of every text, is left out. A text without
// tokens, or one longer than the context, is an error.
func (d *Driver) Embed(ctx context.Context, texts []string) (_ [][]float32, err error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer d.done(leave, &err)
	tok, err := d.tokenizer()
	if err != nil {
		return nil, err
	}
	model, err := d.model()
	if err != nil {
		return nil, err
	}
	pools, added := d.config.Encoder || d.config.Pooling != transformer.PoolNone, 0
	if _, ok := tok.End(); ok && pools {
		added = 1
	}
	seqs := make([]llm.Sequence, len(texts))
	for i, text := range texts {
		if text == "" {
			return nil, llm.At("text", i, llm.Unaskable{Err: errors.New("it is empty; it has no embedding")})
		}
		if err := tok.Check(text, false); err != nil {
			return nil, llm.At("text", i, llm.Unaskable{Err: err})
		}
		seqs[i].Tokens = tok.Encode(text, tok.AddBOS(), false)
		if n := len(seqs[i].Tokens) + added; n > d.config.Context {
			return nil, llm.At("text", i, llm.Unaskable{Err: fmt.Errorf("it has %d tokens, the model's context %d", n,
				d.config.Context)})
		}
		if tok.AddBOS() {
			seqs[i].From = 1
		}
	}
	if pools {
		whole := make([][]int32, len(seqs))
		for i, seq := range seqs {
			whole[i] = seq.Tokens
			if end, ok := tok.End(); ok {
				whole[i] = append(whole[i], end)
			}
		}
		return model.Pooled(ctx, whole)
	}
	return model.MeanHidden(ctx, seqs)
}

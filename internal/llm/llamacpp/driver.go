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
	"context"
	"errors"
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

// Driver is one model. It is safe for concurrent use. Each of its parts does one thing.
type Driver struct {
	fleet     *fleet     // the servers: who does the work while some are unreachable
	encoder   *encoder   // tokens of texts
	chats     *chats     // tokens of conversations
	scoring   *scoring   // log-probabilities
	generator *generator // texts
	hidden    *hidden    // vectors
	pin       *pin       // the digest of the weights
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
	f, err := newFleet(o)
	if err != nil {
		return nil, err
	}
	if err := f.meetAll(ctx, o.URLs); err != nil {
		return nil, err
	}
	f.share()
	d := assemble(f, o.Digest)
	if err := d.learn(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// assemble makes a driver of servers that were met.
func assemble(f *fleet, digest func(path string) (string, error)) *Driver {
	e := &encoder{fleet: f}
	c := &chats{encoder: e}
	p := &pin{fleet: f, digest: digest}
	f.examine, f.sameFile = (&examiner{e}).offers, p.holds
	return &Driver{fleet: f, encoder: e, chats: c, pin: p, hidden: &hidden{e}, generator: &generator{c},
		scoring: &scoring{e, f.facts.vocab <= largestGrammar}}
}

// learn asks for what the parts have to know before they answer.
func (d *Driver) learn(ctx context.Context) error {
	for _, ask := range []func(context.Context) error{d.encoder.learn, d.chats.learn, (&examiner{d.encoder}).learn} {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Capabilities depend on how the server was started.
func (d *Driver) Capabilities() llm.Capabilities {
	return capabilities(d.fleet.offer, d.chats.template != "")
}

func capabilities(o offer, template bool) llm.Capabilities {
	c := llm.Capabilities{Generate: o.scores, Score: o.scores, Tokenize: true, Embed: o.pooling != noPooling}
	c.Chat = o.scores && template
	c.ChatChoices = c.Chat
	if o.pooling == eachToken {
		c.Trace = llm.WantFinal
	}
	return c
}

// Tokenize encodes text on the server, with BOS in front where the model wants one. An EOS that some models want at the end
// of a text is left out, since it says that the text is over.
func (d *Driver) Tokenize(ctx context.Context, text string) ([]llm.Token, error) {
	return d.encoder.spans(ctx, text)
}

// Vocabulary tells what the server said when it was opened.
func (d *Driver) Vocabulary(ctx context.Context) (llm.Vocabulary, error) {
	return d.encoder.describe(ctx)
}

// Score computes log-probabilities of given tokens. Sequences with equal Tokens[:From] share the evaluation of it, unless
// From is 1.
func (d *Driver) Score(ctx context.Context, seqs []llm.Sequence) ([]llm.Scores, error) {
	return d.scoring.score(ctx, seqs)
}

// Probe scores a fixed text as Score does, and token by token from the distribution over the vocabulary.
func (d *Driver) Probe(ctx context.Context, now func() time.Time) (llm.ProbeReport, error) {
	return d.scoring.probe(ctx, now)
}

// Generate continues prompts. Greedy continuations take the likeliest token, others draw from the whole softmax divided by
// the temperature. Text is the model's bytes, put together from its tokens: it may end inside a character. Tokens
// counts what was chosen, also the tokens that a stop text cut off, but not the end of sequence.
func (d *Driver) Generate(ctx context.Context, reqs []llm.GenerateRequest) ([]llm.Generation, error) {
	return d.generator.answer(ctx, reqs)
}

// RenderChat applies the server's chat template to one user message.
func (d *Driver) RenderChat(ctx context.Context, user string) (llm.Rendered, error) {
	return d.chats.render(ctx, user)
}

// TokenizeChat encodes what RenderChat wrote, and what was put behind it.
func (d *Driver) TokenizeChat(ctx context.Context, r llm.Rendered) ([]llm.Token, error) {
	return d.chats.tokens(ctx, r)
}

// Embed gives one vector a text, not normalised. A server that pools does it over all tokens that the model wants, special
// ones included; of a server with --pooling none it is the mean over the text's own tokens, BOS left out.
func (d *Driver) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return d.hidden.embed(ctx, texts)
}

// Trace shows hidden states after the final norm, which is all that a server shows, if it was started with --embeddings
// --pooling none. Layers, Hidden and Heads of the traces are 0.
func (d *Driver) Trace(ctx context.Context, seqs [][]int32, want llm.Want, visit func(i int, t *llm.Trace) error) error {
	return d.hidden.trace(ctx, seqs, want, visit)
}

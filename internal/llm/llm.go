// Package llm says what sdmap asks of a language model, and nothing about how it is answered.
//
// A Driver is small: it identifies the model and generates text. What more a backend can do, it offers as optional
// interfaces of one method (Scorer, Tokenizer, Tracer, Embedder); a study that needs what its backend cannot give is refused
// when it is checked, not when it runs. Requests come in batches, because the engines behind them share work inside a
// batch; a reply never depends on what else was in its batch.
//
// Log-probabilities are natural logarithms (nats) everywhere.
package llm

import "context"

// Identity is what a model's numbers depend on. It goes into every key, so it holds the digest of the weights and never a
// tag or a path.
type Identity struct {
	Weights string   // "sha256:<hex>" of the model file; empty if the backend cannot say (then Unpinned)
	Engine  string   // engine and version of its meaning, such as "llamacpp/1"
	Route   string   // how numbers are obtained, such as "in-process f32"
	Options []string // further facts that change numbers, sorted, "name=value"

	Unpinned bool // the backend may change weights behind our back; reports say so
}

// Capabilities is what a driver offers.
type Capabilities struct {
	Generate bool // texts; encoders write none

	Score, Embed, Choose bool

	Tokenize bool `json:"Tokenise"` // as stores of earlier releases spell it

	Chat        bool // requests with Chat are answered; without it they are errors
	ChatChoices bool // the template's tokens are told, so that choices can be scored behind it

	Trace Want // the parts of a trace that can be asked for; 0 if none can
}

// Offers says whether c has all that need has.
func (c Capabilities) Offers(need Capabilities) bool {
	both := Capabilities{
		Generate: c.Generate && need.Generate, Score: c.Score && need.Score, Embed: c.Embed && need.Embed,
		Choose: c.Choose && need.Choose, Tokenize: c.Tokenize && need.Tokenize, Chat: c.Chat && need.Chat,
		ChatChoices: c.ChatChoices && need.ChatChoices, Trace: c.Trace & need.Trace,
	}
	return both == need
}

// Capable is implemented by a driver that offers less than its methods say, because of its model or of how its server was
// started.
type Capable interface{ Capabilities() Capabilities }

// CapabilitiesOf is what d says of itself, else the optional interfaces that it implements.
func CapabilitiesOf(d Driver) Capabilities {
	if c, ok := d.(Capable); ok {
		return c.Capabilities()
	}
	c := Capabilities{Generate: true}
	_, c.Score = d.(Scorer)
	_, c.Tokenize = d.(Tokenizer)
	_, c.Embed = d.(Embedder)
	_, c.Choose = d.(Chooser)
	_, c.Chat = d.(Chatter)
	c.ChatChoices = c.Chat && c.Score
	if _, ok := d.(Tracer); ok {
		c.Trace = WantAll
	}
	return c
}

// Driver is one model behind one backend. It is safe for concurrent use.
type Driver interface {
	// Identify never needs the weights in memory: plans are made from it.
	Identify(ctx context.Context) (Identity, error)
	// Generate answers every request in order. An error names the first request that failed; of a driver without that
	// capability all do.
	Generate(ctx context.Context, reqs []GenerateRequest) ([]Generation, error)
}

// GenerateRequest asks for a continuation of Prompt.
type GenerateRequest struct {
	Prompt      string
	MaxTokens   int
	Stop        []string // generation ends before the first of these; the stop text is not returned
	Temperature float64  // 0 is greedy (ties: lowest token id)
	Seed        uint64   // for Temperature > 0
	// Chat: the prompt is one user message and the model's own chat template is applied, up to the beginning of the answer.
	// Special tokens written in the prompt stay text. A model without a template answers with an error.
	Chat bool
}

// Generation is the continuation that was given.
type Generation struct {
	Text   string
	Tokens int
	Reason string // "stop", "eos", "length", "context", or "repeat" where a server breaks off what repeats itself
}

// Token is one token of an encoded text and the bytes [Start, End) of the text that it stands for. Spans tile the text;
// tokens that add nothing to it (BOS, a space put in front) have Start == End.
type Token struct {
	ID         int32
	Start, End int
}

// Tokenizer encodes text as the model would see it, with BOS in front where the model wants one. Special tokens written
// in the text stay text.
type Tokenizer interface {
	Tokenize(ctx context.Context, text string) ([]Token, error)
	// Vocabulary gives the ids that callers need by name and the longest sequence that the model takes.
	Vocabulary(ctx context.Context) (Vocabulary, error)
}

// Rendered is a conversation as a model's chat template writes it.
type Rendered struct {
	Text      string
	Untrusted []Span // what came from the messages; they ascend and do not overlap
}

// Span is the half-open range of bytes [Start, End).
type Span struct{ Start, End int }

// Chatter knows the model's own chat template.
type Chatter interface {
	// RenderChat writes a conversation of one user message, up to the beginning of the answer. The error says what keeps
	// the model from it, such as having no template.
	RenderChat(ctx context.Context, user string) (Rendered, error)
	// TokenizeChat encodes it. Special tokens that the template writes are parsed; those that untrusted spans hold, or
	// would complete, stay text. BOS stands in front once where the model wants one.
	TokenizeChat(ctx context.Context, r Rendered) ([]Token, error)
}

// Vocabulary holds the facts about a model's tokens that scoring needs.
type Vocabulary struct {
	Size     int
	BOS, EOS int32 // -1 if there is none
	AddBOS   bool
	Context  int // tokens
}

// Sequence asks for the log-probabilities of Tokens[From:], each given all tokens before it. From is at least 1.
type Sequence struct {
	Tokens []int32
	From   int
}

// Scores holds one log-probability (nats) for each token of Sequence.Tokens[From:].
type Scores []float64

// Scorer computes exact log-probabilities of given tokens. Prefixes that sequences of one call share are computed once
// where that changes no number: llama-server evaluates a context once for all its continuations, and no other prefix.
type Scorer interface {
	Score(ctx context.Context, seqs []Sequence) ([]Scores, error)
}

// Want says which parts of a trace are computed; what is not asked for costs nothing.
type Want uint8

const (
	WantResidual  Want = 1 << iota // residual stream after the embedding and after every block
	WantGate                       // MLP gate before its activation function
	WantAttention                  // attention weights
	WantLens                       // log-probabilities read from every residual through the final norm
	WantFinal                      // hidden states after the final norm: what servers can show
	WantInputs                     // what goes into the matrices of every block

	// WantAll is what a driver that has the whole model offers.
	WantAll = WantResidual | WantGate | WantAttention | WantLens | WantFinal | WantInputs
)

// Trace is what happened inside the model on one sequence of T tokens. All slices are row-major and are valid only
// during the visit.
type Trace struct {
	T, Layers, Width, Hidden, Heads, Vocab int

	Channels int // inputs of a block's matrices: 2 Width + Heads x head size + Hidden

	Residual  [][]float32 // Layers+1 entries of T x Width; entry 0 is the embedding
	Gate      [][]float32 // Layers entries of T x Hidden
	Attention [][]float32 // Layers entries of Heads x T x T; row t holds weights of the keys 0..t (encoders: all), 0 elsewhere
	Lens      [][]float32 // Layers+1 entries of T x Vocab, nats
	Final     []float32   // T x Width

	// Inputs has Layers entries of T x Channels: for each token, one after the other, what goes into the matrices of queries,
	// keys and values (Width), of attention's output (Heads x head size), of the MLP's gate and up (Width) and of its down
	// (Hidden).
	Inputs [][]float32
}

// Tracer runs sequences and shows their traces, one at a time and in order.
type Tracer interface {
	Trace(ctx context.Context, seqs [][]int32, want Want, visit func(i int, t *Trace) error) error
}

// ChooseRequest asks which of lettered answers comes first. Prompt lists them and ends where the letter belongs.
type ChooseRequest struct {
	Prompt  string
	Letters []string // "A", "B", ...
}

// LetterScore is the log-probability (nats) of a letter as the answer's first token: the most likely token that is the letter,
// with or without a space in front. Backends show only their most likely tokens; Seen is false for a letter not among them.
type LetterScore struct {
	LogProb float64
	Seen    bool
}

// Chooser is for backends that cannot score given text: it reads which letter the model would begin its answer with. What
// it gives is no score of the answers' own words, and is labelled so.
type Chooser interface {
	// Choose gives one score a letter for every request.
	Choose(ctx context.Context, reqs []ChooseRequest) ([][]LetterScore, error)
}

// Embedder turns texts into vectors of one length. Truncation is an error.
type Embedder interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Remarker is a Driver that has something to say of its model that a user should know, a sentence each.
type Remarker interface {
	Remarks(ctx context.Context) ([]string, error)
}

// Local is implemented by drivers whose model may be a file on this machine.
type Local interface {
	// LocalFile is the path of the model's file, of a split model that of its first part. The error says why there is none.
	LocalFile(ctx context.Context) (string, error)
}

// Model is a model of a study: its name there, who made it, and the driver that answers for it.
type Model struct {
	ID      string // as the study names it
	Lineage string // checkpoints and sizes of one training effort share it; resampling keeps them together
	Driver
}

package ollama

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ollama/ollama/api"

	"sdmap/internal/llm"
)

// Generate continues prompts. Text is valid UTF-8: bytes that are no characters are lost in Ollama's replies.
//
// Ollama does not tell a stop text from the end of sequence. Where stop texts are given, the reason is "stop" for both, and
// Tokens may count the end. It breaks off a reply in which one token comes more than 30 times on end; the reason is then
// "repeat".
func (d *Driver) Generate(ctx context.Context, reqs []llm.GenerateRequest) ([]llm.Generation, error) {
	prompts := make([]int, len(reqs))
	for i, req := range reqs {
		var err error
		if err = check(req); err == nil && req.Chat && !d.model.chats {
			err = fmt.Errorf("%s has no chat template; ask without chat = true, or give it a TEMPLATE by a Modelfile",
				d.model.name)
		}
		if err == nil {
			prompts[i], err = d.promptTokens(ctx, req.Prompt, req.Chat)
		}
		if err != nil {
			return nil, llm.At("request", i, err)
		}
	}
	out := make([]llm.Generation, len(reqs))
	err := d.each(ctx, len(reqs), "request", func(ctx context.Context, i int) error {
		req := reqs[i]
		options := d.options(req.Temperature, req.Seed, req.MaxTokens)
		options["stop"] = append([]string{}, req.Stop...) // not nil: it replaces those of the Modelfile
		reply, err := d.ask(ctx, api.GenerateRequest{Prompt: req.Prompt, Raw: !req.Chat, Options: options, Logprobs: true})
		if err == nil {
			out[i], err = generation(req, reply)
		}
		if err == nil && reply.Done {
			err = d.readWhole(prompts[i], reply.PromptEvalCount)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// check refuses requests that Ollama would answer otherwise than asked.
func check(req llm.GenerateRequest) error {
	switch {
	case req.MaxTokens < 1: // 0 is without limit for Ollama
		return fmt.Errorf("%d tokens are asked for; at least 1 is needed", req.MaxTokens)
	case !(req.Temperature >= 0 && req.Temperature <= math.MaxFloat32):
		return fmt.Errorf("the temperature is %v; at least 0 is needed", req.Temperature)
	}
	for j, stop := range req.Stop {
		if stop == "" || !utf8.ValidString(stop) {
			return fmt.Errorf("stop text %d is %q; text is needed", j, stop)
		}
	}
	return checkText(req.Prompt)
}

func checkText(text string) error {
	if text == "" {
		return llm.Unaskable{Err: errors.New("the text is empty, which Ollama does not answer")}
	}
	if !utf8.ValidString(text) {
		return llm.Unaskable{Err: errors.New("the text is not UTF-8; Ollama's interface, which is JSON, cannot carry it")}
	}
	return nil
}

// promptTokens is how many tokens the server must find in a prompt, -1 if that cannot be known: Ollama's chat templates are
// its own.
func (d *Driver) promptTokens(ctx context.Context, prompt string, chat bool) (int, error) {
	if d.blob == nil || chat {
		return -1, ctx.Err()
	}
	tokens, err := d.blob.Tokenize(ctx, prompt)
	if err == nil && len(tokens) > d.opts.Context {
		err = llm.Unaskable{Err: fmt.Errorf("the prompt has %d tokens, the context %d", len(tokens), d.opts.Context)}
	}
	return len(tokens), err
}

// readWhole compares the number of tokens that the server has read with what it should have read. A server that does not
// know `truncate` cuts prompts to the context silently; every server takes special tokens written in a text for what they
// stand for.
func (d *Driver) readWhole(want, got int) error {
	switch {
	case want < 0 && got >= d.opts.Context:
		return llm.Unaskable{Err: fmt.Errorf("the server read %d tokens, which is the whole context: the prompt was "+
			"cut, or leaves "+
			"no place for a reply", got)}
	case want >= 0 && got != want:
		return llm.Unaskable{Err: fmt.Errorf("the server read %d tokens, but the text has %d: it was cut, or has special tokens "+
			"written in it (such as <|im_end|>), which Ollama does not take for text", got, want)}
	}
	return nil
}

// options are all that act on sampling, neutral but for those given, and those under which the server loads the model, which
// must not change from request to request.
func (d *Driver) options(temperature float64, seed uint64, tokens int) map[string]any {
	o := d.loadOptions()
	o["temperature"] = temperature
	o["seed"] = foldSeed(seed)
	o["num_predict"] = tokens
	o["top_k"], o["top_p"], o["min_p"], o["typical_p"] = 0, 1.0, 0.0, 1.0
	o["repeat_last_n"], o["repeat_penalty"], o["presence_penalty"], o["frequency_penalty"] = 0, 1.0, 0.0, 0.0
	o["stop"] = []string{}
	return o
}

func (d *Driver) loadOptions() map[string]any {
	o := map[string]any{"num_ctx": d.opts.Context}
	if d.opts.Threads > 0 {
		o["num_thread"] = d.opts.Threads
	}
	return o
}

// foldSeed brings a seed into the 31 bits that Ollama takes; it draws one itself where all 32 are set.
func foldSeed(seed uint64) int { return int((seed ^ seed>>31 ^ seed>>62) & math.MaxInt32) }

// ask sends one request for text and gives the whole reply.
func (d *Driver) ask(ctx context.Context, req api.GenerateRequest) (api.GenerateResponse, error) {
	no := false
	req.Model, req.Stream, req.Truncate, req.Shift = d.model.name, &no, &no, &no
	// Else models that can think do, and Ollama takes what they say between their tags out of the reply, in raw mode too.
	req.Think = &api.ThinkValue{Value: false}
	if d.opts.KeepAlive > 0 {
		req.KeepAlive = &api.Duration{Duration: d.opts.KeepAlive}
	}
	var reply api.GenerateResponse
	replies := 0
	err := d.client.Generate(ctx, &req, func(r api.GenerateResponse) error { reply = r; replies++; return nil })
	if err == nil && replies != 1 {
		err = fmt.Errorf("%d replies came where 1 was expected", replies) // the client is silent about a line that is too long
	}
	return reply, d.explain(err)
}

// Final is for remote.Options.Final: a model that cannot be loaded is not loaded by asking again.
func Final(_ int, body []byte) bool {
	return slices.ContainsFunc([]string{"error loading model", "unable to load model", "requires more system memory"},
		func(reason string) bool { return bytes.Contains(body, []byte(reason)) })
}

// explain says whose error it is.
func (d *Driver) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	err = fmt.Errorf("Ollama at %s, model %s: %w", d.server, d.model.name, err)
	if strings.Contains(err.Error(), tooLong) {
		return llm.Unaskable{Err: err}
	}
	return err
}

// tooLong is what Ollama says of a text that it would have to cut.
const tooLong = "input length exceeds the context length"

// generation reads a reply.
func generation(req llm.GenerateRequest, r api.GenerateResponse) (llm.Generation, error) {
	g := llm.Generation{Text: r.Response, Tokens: r.EvalCount}
	switch {
	case !r.Done && repeats(r.Logprobs):
		g.Reason, g.Tokens = "repeat", min(len(r.Logprobs), req.MaxTokens)
		return g, nil
	case !r.Done:
		return g, fmt.Errorf("the reply is not complete: %.100q", r.Response)
	case r.EvalCount < 1 || r.EvalCount > req.MaxTokens:
		return g, fmt.Errorf("the server generated %d tokens where 1 to %d were asked for", r.EvalCount, req.MaxTokens)
	}
	switch r.DoneReason {
	case "stop":
		if g.Reason = "stop"; len(req.Stop) == 0 {
			g.Reason = "eos"
			g.Tokens--
		}
	case "length":
		if g.Reason = "length"; r.EvalCount < req.MaxTokens {
			g.Reason = "context"
		}
	default:
		return g, fmt.Errorf("the reply ends for the reason %q, which is not known", r.DoneReason)
	}
	return g, nil
}

const mostRepeats = 30 // Ollama's own limit (llm/server.go there, Completion)

// repeats says whether the last tokens are one and the same, blanks aside, more often than Ollama allows.
func repeats(tokens []api.Logprob) bool {
	if len(tokens) <= mostRepeats {
		return false
	}
	last := tokens[len(tokens)-1-mostRepeats:]
	return !slices.ContainsFunc(last, func(t api.Logprob) bool {
		return strings.TrimSpace(t.Token) != strings.TrimSpace(last[0].Token)
	})
}

// each calls do for 0 to n-1, several at once where the study says so, then makes sure that all of it came from the model
// that the driver was opened for. The error is the first in order, and names what it belongs to.
func (d *Driver) each(ctx context.Context, n int, what string, do func(ctx context.Context, i int) error) error {
	if n == 0 {
		return ctx.Err()
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make([]error, n)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, max(1, d.opts.Parallel)) {
		workers.Go(func() {
			for i := range next {
				if failed[i] = do(inner, i); failed[i] != nil {
					cancel()
				}
			}
		})
	}
	for i := 0; i < n && inner.Err() == nil; i++ {
		next <- i
	}
	close(next)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	// Those that were cancelled because another one failed say nothing.
	for i, err := range failed {
		if err != nil && !errors.Is(err, context.Canceled) {
			return llm.At(what, i, err)
		}
	}
	return d.pinned(ctx)
}

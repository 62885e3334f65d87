package ollama

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ollama/ollama/api"

	"sdmap/internal/llm"
)

const (
	shown     = 20   // most tokens that Ollama shows the log-probabilities of
	draws     = 8    // requests before it is given up
	scattered = 1000 // a temperature at which every token is drawn about as often as any other
)

// Choose reads which letter the model would begin its answer with, from the 20 likeliest first tokens.
func (d *Driver) Choose(ctx context.Context, reqs []llm.ChooseRequest) ([][]llm.LetterScore, error) {
	for i, req := range reqs {
		err := checkText(req.Prompt)
		if err == nil && len(req.Letters) == 0 {
			err = errors.New("there are no letters to choose from")
		}
		if err != nil {
			return nil, llm.At("request", i, err)
		}
	}
	out := make([][]llm.LetterScore, len(reqs))
	err := d.each(ctx, len(reqs), "request", func(ctx context.Context, i int) error {
		first, err := d.firstTokens(ctx, reqs[i].Prompt)
		if err == nil {
			out[i] = letters(first, reqs[i].Letters)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// firstTokens asks for the likeliest tokens after prompt. Ollama shows them beside a token that it has generated; nothing
// comes beside the end of sequence and beside half a character. Where the likeliest token is one of these, others are drawn
// until something comes: what is shown is the same beside all of them, since temperature does not act on it.
func (d *Driver) firstTokens(ctx context.Context, prompt string) ([]api.TokenLogprob, error) {
	for draw := range draws {
		top, err := d.firstTokensOf(ctx, prompt, draw)
		if err != nil || top != nil {
			return top, err
		}
	}
	return nil, fmt.Errorf("Ollama gave no log-probabilities in %d requests", draws)
}

// firstTokensOf asks once: draw 0 for the likeliest token, the others for tokens drawn. It gives nil where nothing is shown.
func (d *Driver) firstTokensOf(ctx context.Context, prompt string, draw int) ([]api.TokenLogprob, error) {
	want, err := d.promptTokens(ctx, prompt, false)
	if err != nil {
		return nil, err
	}
	temperature := 0.0
	if draw > 0 {
		temperature = scattered
	}
	reply, err := d.ask(ctx, api.GenerateRequest{Prompt: prompt, Raw: true, Logprobs: true, TopLogprobs: shown,
		Options: d.options(temperature, uint64(draw), 1)})
	if err != nil {
		return nil, err
	}
	switch {
	case !reply.Done:
		return nil, fmt.Errorf("the reply is not complete: %.100q", reply.Response)
	case len(reply.Logprobs) == 0 && reply.Response != "":
		return nil, fmt.Errorf("Ollama %s gives no log-probabilities; it does from 0.12.11 on", d.version)
	}
	if err := d.readWhole(want, reply.PromptEvalCount); err != nil || len(reply.Logprobs) == 0 {
		return nil, err
	}
	top := reply.Logprobs[0].TopLogprobs
	return top, checkTop(top)
}

// checkTop refuses what is no beginning of a distribution in descending order.
func checkTop(top []api.TokenLogprob) error {
	if len(top) == 0 {
		return errors.New("the reply has no likeliest tokens")
	}
	if len(top) > shown {
		return fmt.Errorf("the reply has %d likeliest tokens; %d were asked for", len(top), shown)
	}
	sum := 0.0
	for i, t := range top {
		if math.IsNaN(t.Logprob) || t.Logprob > 1e-6 || (i > 0 && t.Logprob > top[i-1].Logprob) {
			return fmt.Errorf("token %d of the likeliest ones, %.40q, has the log-probability %v", i, t.Token, t.Logprob)
		}
		sum += math.Exp(t.Logprob)
	}
	if sum > 1+1e-3 {
		return fmt.Errorf("the probabilities of the likeliest tokens sum to %v", sum)
	}
	return nil
}

// letters finds each letter, with or without a space in front, among the likeliest tokens, which are in descending order.
func letters(top []api.TokenLogprob, wanted []string) []llm.LetterScore {
	out := make([]llm.LetterScore, len(wanted))
	for i, letter := range wanted {
		for _, t := range top {
			if t.Token == letter || t.Token == " "+letter {
				out[i] = llm.LetterScore{LogProb: t.Logprob, Seen: true}
				break
			}
		}
	}
	return out
}

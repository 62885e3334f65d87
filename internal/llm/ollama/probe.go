package ollama

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ollama/ollama/api"

	"sdmap/internal/llm"
)

// What the two routes of a probe may differ by, in nats: several times what was seen on the planted models.
const (
	// F16 and F32 weights: ggml rounds activations to F16, and keeps keys and values as F16; 0.003 to 0.02 seen
	floorHalf      = 0.1
	floorQuantised = 0.5  // it rounds activations to 8 bits, too; 0.14 seen with Q8_0
	floorSame      = 1e-3 // the same numbers twice, but for what the server has in memory when it is asked
)

const compared = 5 // tokens after each beginning of the text

// Probe compares what Ollama and the model's file give for the likeliest tokens after beginnings of a fixed text. Without
// the file it compares what Ollama shows beside the likeliest token and beside one drawn, which Choose takes for the same.
func (d *Driver) Probe(ctx context.Context, now func() time.Time) (llm.ProbeReport, error) {
	r := llm.ProbeReport{RouteA: "Ollama's likeliest tokens", RouteB: "Ollama's beside a token drawn", Floor: floorSame}
	if d.blob != nil {
		r.RouteA, r.RouteB, r.Floor = "the file in this process", "Ollama's likeliest tokens", floorHalf
		if d.model.quantised {
			r.Floor = floorQuantised
		}
	}
	if !d.model.generates {
		return r, errors.New("the model only embeds; there is nothing to compare")
	}
	var a, b []float64
	for _, text := range beginnings(llm.ProbeText) {
		top, err := d.firstTokens(ctx, text)
		if err != nil {
			return r, err
		}
		compare := d.compareDrawn
		if d.blob != nil {
			compare = d.compareFile
		}
		start := now()
		own, other, err := compare(ctx, text, top)
		if err != nil {
			return r, err
		}
		r.TokensPerSecond += now().Sub(start).Seconds() // seconds, until the end
		a, b = append(a, own...), append(b, other...)
	}
	if r.TokensPerSecond > 0 {
		r.TokensPerSecond = float64(len(a)) / r.TokensPerSecond
	}
	return r, d.explain(r.Judge(a, b))
}

// beginnings are texts that end after each third word.
func beginnings(text string) (out []string) {
	words := strings.Fields(text)
	for n := 3; n <= len(words); n += 3 {
		out = append(out, strings.Join(words[:n], " "))
	}
	return out
}

// compareFile gives the file's and the server's log-probabilities of the first of top that are one token after text.
func (d *Driver) compareFile(ctx context.Context, text string, top []api.TokenLogprob) (file, server []float64, err error) {
	before, err := d.blob.Tokenize(ctx, text)
	if err != nil {
		return nil, nil, err
	}
	var seqs []llm.Sequence
	for _, t := range top {
		after, err := d.blob.Tokenize(ctx, text+t.Token)
		if err != nil {
			return nil, nil, err
		}
		if len(seqs) == compared || len(after) != len(before)+1 || !slices.Equal(after[:len(before)], before) {
			continue // enough; or it merges with the text, or is half a character
		}
		ids := make([]int32, len(after))
		for i, token := range after {
			ids[i] = token.ID
		}
		seqs, server = append(seqs, llm.Sequence{Tokens: ids, From: len(before)}), append(server, t.Logprob)
	}
	scores, err := d.blob.Score(ctx, seqs)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range scores {
		file = append(file, s[0])
	}
	return file, server, nil
}

// compareDrawn gives the log-probabilities of the first of top, and those of the same tokens beside a token drawn.
func (d *Driver) compareDrawn(ctx context.Context, text string, top []api.TokenLogprob) (likeliest, drawn []float64, err error) {
	var other []api.TokenLogprob
	for draw := 1; other == nil && draw < draws; draw++ {
		if other, err = d.firstTokensOf(ctx, text, draw); err != nil {
			return nil, nil, err
		}
	}
	for _, t := range top[:min(compared, len(top))] {
		at := slices.IndexFunc(other, func(o api.TokenLogprob) bool { return o.Token == t.Token })
		if at >= 0 {
			likeliest, drawn = append(likeliest, t.Logprob), append(drawn, other[at].Logprob)
		}
	}
	return likeliest, drawn, nil
}

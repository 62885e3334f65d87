// Package llmtest is the suite that every driver passes.
//
//	func TestConformance(t *testing.T) {
//		llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t) }, llmtest.Options{})
//	}
//
// Run tests what the interfaces of package llm promise: identities are stable, spans tile the text, log-probabilities add
// up to a distribution and do not depend on the batch, generation follows the scores, traces agree with the scores,
// wrong requests and cancelled contexts are errors. It asks only for what the driver offers; a capability that a driver
// is meant to have is named in Options.Capabilities, so that losing it fails.
package llmtest

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"sdmap/internal/llm"
)

// Options tells the suite what to expect of a driver.
type Options struct {
	Capabilities llm.Capabilities // must be exactly these
	Texts        []string         // to tokenize and to score; the suite's own if empty
	Tolerance    float64          // nats between two routes to one log-probability; 0 asks for equal bits
	Unpinned     bool             // the identity has no digest
	UTF8         bool             // the driver sends texts as JSON: those that are not UTF-8 must be errors

	// Decode gives the text of ids that continue a prompt. With it, generation is compared with the scores.
	Decode func(ids []int32) string
}

// texts are short, so that models with short contexts can take them, and awkward.
var texts = []string{
	"The sum of 7 and 5 is 12.",
	"a",
	"  two spaces,\ttab\nand newline ",
	"Zażółć gęślą jaźń — 漢字 🙂",
	"not UTF-8: \xff\xfe\x80",
	"<s>[INST] special tokens stay text </s><|endoftext|>",
}

// suite is one run: a driver and what it offers.
type suite struct {
	Options
	driver    llm.Driver
	scorer    llm.Scorer
	tokenizer llm.Tokenizer
	tracer    llm.Tracer
	embedder  llm.Embedder
	chooser   llm.Chooser
}

// Run runs the whole suite. open is called twice: two drivers of one model must agree.
func Run(t *testing.T, open func(t *testing.T) llm.Driver, opts Options) {
	if len(opts.Texts) == 0 {
		opts.Texts = texts
	}
	if opts.UTF8 {
		opts.Texts = slices.DeleteFunc(slices.Clone(opts.Texts), func(text string) bool { return !utf8.ValidString(text) })
	}
	s := &suite{Options: opts, driver: open(t)}
	got := llm.CapabilitiesOf(s.driver)
	if got != opts.Capabilities {
		t.Errorf("the driver offers %+v; it should offer %+v", got, opts.Capabilities)
	}
	if got.Score {
		s.scorer, _ = s.driver.(llm.Scorer)
	}
	if got.Tokenize {
		s.tokenizer, _ = s.driver.(llm.Tokenizer)
	}
	if got.Trace != 0 {
		s.tracer, _ = s.driver.(llm.Tracer)
	}
	if got.Embed {
		s.embedder, _ = s.driver.(llm.Embedder)
	}
	if got.Choose {
		s.chooser, _ = s.driver.(llm.Chooser)
	}
	t.Run("Identify", func(t *testing.T) { s.identify(t, open(t)) })
	t.Run("Generate", s.generate)
	t.Run("GenerateStops", s.generateStops)
	t.Run("GenerateRefuses", s.generateRefuses)
	if s.UTF8 {
		t.Run("RefusesBytes", s.refusesBytes)
	}
	if s.tokenizer != nil {
		t.Run("Tokenize", s.tokenize)
	}
	if s.scorer != nil && s.tokenizer != nil {
		t.Run("ScoreBatches", s.scoreBatches)
		t.Run("ScoreSumsToOne", s.scoreSumsToOne)
		t.Run("ScoreRefuses", s.scoreRefuses)
		if s.Decode != nil {
			t.Run("GenerateFollowsScore", s.generateFollowsScore)
		}
	}
	if s.tracer != nil && s.tokenizer != nil {
		t.Run("TraceShapes", s.traceShapes)
		t.Run("TraceRefuses", s.traceRefuses)
		if s.scorer != nil {
			t.Run("LensAgreesWithScore", s.lensAgreesWithScore)
		}
	}
	if s.embedder != nil {
		t.Run("Embed", s.embed)
	}
	if s.chooser != nil {
		t.Run("Choose", s.choose)
	}
	if _, ok := s.driver.(llm.Prober); ok && s.scorer != nil {
		t.Run("Probe", s.probe)
	}
	if _, ok := s.driver.(llm.Chatter); ok {
		t.Run("Chat", s.chat)
	}
	t.Run("Concurrent", s.concurrent)
	t.Run("Cancelled", s.cancelled)
}

func (s *suite) identify(t *testing.T, again llm.Driver) {
	first, err := s.driver.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Identify(t.Context())
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("identities of one model differ: %+v, %+v (%v)", first, second, err)
	}
	if first.Engine == "" || first.Route == "" {
		t.Errorf("engine and route must be named: %+v", first)
	}
	if (first.Weights == "") != s.Unpinned || first.Unpinned != s.Unpinned {
		t.Errorf("the digest of the weights must be there unless the model is unpinned: %+v", first)
	}
}

// probe: a sound model passes its driver's check of itself, and the report says what was done.
func (s *suite) probe(t *testing.T) {
	seconds := int64(0)
	r, err := s.driver.(llm.Prober).Probe(t.Context(), func() time.Time { seconds++; return time.Unix(seconds, 0) })
	if err != nil {
		t.Error(err)
	}
	if r.Tokens < 10 || r.RouteA == "" || r.RouteB == "" || r.RouteA == r.RouteB || r.Floor <= 0 || r.MaxDiff > r.Floor ||
		r.TokensPerSecond <= 0 {
		t.Errorf("the probe reports %+v", r)
	}
	t.Logf("%s against %s: %.2g nats of %.2g", r.RouteA, r.RouteB, r.MaxDiff, r.Floor)
}

// refusesBytes: a text that cannot be sent as it is must not be sent changed.
func (s *suite) refusesBytes(t *testing.T) {
	const text = "not UTF-8: \xff\xfe\x80"
	if got, err := s.driver.Generate(t.Context(), []llm.GenerateRequest{{Prompt: text, MaxTokens: 1}}); err == nil {
		t.Errorf("a prompt that is not UTF-8 gives %+v", got)
	}
	if s.tokenizer != nil {
		if got, err := s.tokenizer.Tokenize(t.Context(), text); err == nil {
			t.Errorf("a text that is not UTF-8 has tokens: %v", got)
		}
	}
	if s.embedder != nil {
		if got, err := s.embedder.Embed(t.Context(), []string{text}); err == nil {
			t.Errorf("a text that is not UTF-8 has the embedding %v", got)
		}
	}
}

// concurrent asks the same of one driver from several goroutines.
func (s *suite) concurrent(t *testing.T) {
	reqs := s.requests()
	want, err := s.driver.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	var seqs []llm.Sequence
	var scores []llm.Scores
	if s.scorer != nil && s.tokenizer != nil {
		seqs = s.sequences(t)
		scores = s.score(t, seqs)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := s.driver.Generate(t.Context(), reqs)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("concurrent generation gives %+v, %v; alone %+v", got, err, want)
			}
			if seqs == nil {
				return
			}
			if got, err := s.scorer.Score(t.Context(), seqs); err != nil || !reflect.DeepEqual(got, scores) {
				t.Errorf("concurrent scores are %v, %v; alone %v", got, err, scores)
			}
		})
	}
	group.Wait()
}

// cancelled calls everything with a context that has ended.
func (s *suite) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refused := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s ignores that its context has ended", what)
		}
	}
	_, err := s.driver.Generate(ctx, s.requests())
	refused("Generate", err)
	if s.tokenizer != nil && s.scorer != nil {
		_, err := s.scorer.Score(ctx, s.sequences(t))
		refused("Score", err)
	}
	if s.tokenizer != nil && s.tracer != nil {
		visit := func(int, *llm.Trace) error { t.Error("Trace shows something after its context has ended"); return nil }
		refused("Trace", s.tracer.Trace(ctx, [][]int32{s.tokens(t, s.Texts[0])}, llm.WantResidual, visit))
	}
	if s.embedder != nil {
		_, err := s.embedder.Embed(ctx, s.Texts)
		refused("Embed", err)
	}
	if s.chooser != nil {
		_, err := s.chooser.Choose(ctx, []llm.ChooseRequest{{Prompt: s.Texts[0], Letters: []string{"A", "B"}}})
		refused("Choose", err)
	}
}

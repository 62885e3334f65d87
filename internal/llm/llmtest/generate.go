package llmtest

import (
	"reflect"
	"strings"
	"testing"

	"sdmap/internal/llm"
)

// requests are greedy and sampled continuations of the texts.
func (s *suite) requests() (reqs []llm.GenerateRequest) {
	for i, text := range s.Texts {
		reqs = append(reqs, llm.GenerateRequest{Prompt: text, MaxTokens: 3 + i%4},
			llm.GenerateRequest{Prompt: text, MaxTokens: 6, Temperature: 0.9, Seed: uint64(i)})
	}
	return reqs
}

// generate: answers come in order, within their limit, and equal whatever the batch.
func (s *suite) generate(t *testing.T) {
	reqs := s.requests()
	batch, err := s.driver.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	if len(batch) != len(reqs) {
		t.Fatalf("%d requests get %d answers", len(reqs), len(batch))
	}
	for i, req := range reqs {
		alone, err := s.driver.Generate(t.Context(), reqs[i:i+1])
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(alone[0], batch[i]) {
			t.Errorf("request %d alone gives %+v; in a batch %+v", i, alone[0], batch[i])
		}
		if batch[i].Tokens > req.MaxTokens || (batch[i].Reason == "length") != (batch[i].Tokens == req.MaxTokens) {
			t.Errorf("request %d for %d tokens gives %+v", i, req.MaxTokens, batch[i])
		}
		switch batch[i].Reason {
		case "eos", "length", "context":
		default:
			t.Errorf("request %d ends for the reason %q", i, batch[i].Reason)
		}
	}
}

// generateStops: with a stop text, the answer is the same one cut before it.
func (s *suite) generateStops(t *testing.T) {
	req, text := llm.GenerateRequest{MaxTokens: 12}, ""
	for _, req.Prompt = range s.Texts {
		free, err := s.driver.Generate(t.Context(), []llm.GenerateRequest{req})
		if err != nil {
			t.Fatal(err)
		}
		if text = free[0].Text; len(text) > 1 {
			break
		}
	}
	if len(text) < 2 {
		t.Fatal("no text is continued by two bytes, so that nothing can be stopped")
	}
	for _, stop := range []string{text[:1], text[len(text)/2:], text[len(text)-1:]} {
		req.Stop = []string{"\x00never said", stop}
		got, err := s.driver.Generate(t.Context(), []llm.GenerateRequest{req})
		if err != nil {
			t.Fatal(err)
		}
		if want := text[:strings.Index(text, stop)]; got[0].Text != want || got[0].Reason != "stop" {
			t.Errorf("stop at %q gives %+v; want %q of %q", stop, got[0], want, text)
		}
	}
}

func (s *suite) generateRefuses(t *testing.T) {
	good := llm.GenerateRequest{Prompt: s.Texts[0], MaxTokens: 1}
	for what, change := range map[string]func(*llm.GenerateRequest){
		"no tokens":              func(r *llm.GenerateRequest) { r.MaxTokens = 0 },
		"a negative temperature": func(r *llm.GenerateRequest) { r.Temperature = -1 },
		"an empty stop text":     func(r *llm.GenerateRequest) { r.Stop = []string{""} },
	} {
		bad := good
		change(&bad)
		if _, err := s.driver.Generate(t.Context(), []llm.GenerateRequest{good, bad}); err == nil {
			t.Errorf("%s is no error", what)
		} else if !strings.Contains(err.Error(), "1") {
			t.Errorf("%s: the error does not say that it is request 1: %v", what, err)
		}
	}
	if !s.Capabilities.Chat {
		inChat := good
		inChat.Chat = true
		if _, err := s.driver.Generate(t.Context(), []llm.GenerateRequest{good, inChat}); err == nil {
			t.Error("a driver that does not offer Chat answers a request with it, so it leaves the template out")
		}
	}
	if s.tokenizer == nil {
		return
	}
	tooLong := good
	tooLong.Prompt = strings.Repeat(s.Texts[0]+" ", s.vocabulary(t).Context)
	if _, err := s.driver.Generate(t.Context(), []llm.GenerateRequest{tooLong}); err == nil {
		t.Error("a prompt longer than the context is no error")
	}
}

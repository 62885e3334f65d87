package llamacpp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sdmap/internal/llm/remote"
)

// wire sends requests to servers and reads their replies.
type wire struct {
	client      *remote.Client
	signs       *remote.Client // asks for signs of life, on connections of its own; nil where there is no other server to turn to
	idleTimeout time.Duration  // after which a server is asked for one
}

func (w *wire) get(ctx context.Context, s *server, path string, to any) error {
	return w.ask(ctx, s, path, to, func(ctx context.Context) (remote.Reply, error) { return w.client.Get(ctx, s.url+path) })
}

func (w *wire) post(ctx context.Context, s *server, path string, request, to any) error {
	return w.ask(ctx, s, path, to, func(ctx context.Context) (remote.Reply, error) {
		return w.client.Post(ctx, s.url+path, request)
	})
}

// ask has send send a request, and reads the reply.
func (w *wire) ask(ctx context.Context, s *server, path string, to any, send func(context.Context) (remote.Reply, error)) error {
	ctx, stop := w.watched(ctx, s)
	defer stop()
	reply, err := send(ctx)
	if u, silent := errors.AsType[remote.Unreachable](context.Cause(ctx)); err != nil && silent {
		return u
	}
	if err != nil {
		return err
	}
	return decode(s.url+path, reply, to)
}

// watched gives a context for a request that ends if others could do its work and the server shows no sign of life: a server that
// works for long still does, one that hangs or was cut off from the network does not. The cause is then remote.Unreachable.
func (w *wire) watched(ctx context.Context, s *server) (context.Context, context.CancelFunc) {
	if w.signs == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	every := w.idleTimeout
	go func() {
		for {
			select {
			case <-time.After(every):
			case <-ctx.Done():
				return
			}
			_, err := w.signs.Get(ctx, s.url+"/health")
			if u, gone := errors.AsType[remote.Unreachable](err); gone {
				cancel(remote.Unreachable{URL: u.URL, Err: fmt.Errorf("no sign of life: %w", u.Err)})
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

func (w *wire) complete(ctx context.Context, s slot, req completionRequest) (completion, error) {
	var c completion
	err := w.post(ctx, s.server, "/completion", req, &c)
	return c, err
}

// decode reads a reply, or the error that it is.
func decode(where string, reply remote.Reply, to any) error {
	if reply.Status != 200 {
		var e struct{ Error struct{ Message string } }
		if json.Unmarshal(reply.Body, &e) != nil || e.Error.Message == "" {
			e.Error.Message = string(reply.Body)
		}
		return apiError{where, reply.Status, remote.Excerpt([]byte(e.Error.Message))}
	}
	if err := json.Unmarshal(reply.Body, to); err != nil {
		return fmt.Errorf("%s: the reply of %d bytes cannot be read: %w", where, len(reply.Body), err)
	}
	return nil
}

// apiError is an answer that is none: the server's own words.
type apiError struct {
	where   string // server and path
	status  int
	message string
}

func (e apiError) Error() string {
	text := fmt.Sprintf("%s answers %d: %s", e.where, e.status, e.message)
	if strings.Contains(e.message, "too large to process") {
		text += " (start llama-server with larger -b and -ub)"
	}
	return text
}

// Messages of llama-server by which its last words are known.
const (
	grammarRefused = "Unexpected empty grammar stack"
	noRoom         = "Context size has been exceeded"
	inputTooLarge  = "too large to process"
	noLogits       = "does not support logits" // an encoder
)

// final says of failures whether asking again is in vain.
func final(status int, body []byte) bool {
	if status == 501 {
		return true
	}
	message := string(body)
	return status == 500 && slices.ContainsFunc([]string{grammarRefused, noRoom, inputTooLarge, noLogits},
		func(s string) bool { return strings.Contains(message, s) })
}

func asAPIError(err error) (apiError, bool) { return errors.AsType[apiError](err) }

func isRefusal(err error, message string) bool {
	e, ok := asAPIError(err)
	return ok && strings.Contains(e.message, message)
}

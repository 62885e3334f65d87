package llamacpp

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"sdmap/internal/gguf"
)

// facts are what a server says of itself and what has to be equal for all servers of one model.
type facts struct {
	build, ftype, template string
	bos, eos               string // as text; "" if there is none
	context                int    // tokens of a slot
	trained                int    // tokens of a sequence, by the model's metadata
	vocab, width           int
	params, size           int64 // numbers, bytes of all tensors
	adapters               string
}

func (f facts) String() string {
	return fmt.Sprintf("build %s, %s, %d parameters in %d bytes, vocabulary of %d, context of %d tokens, chat "+
		"template sha256:%.4x",
		f.build, f.ftype, f.params, f.size, f.vocab, f.context, sha256.Sum256([]byte(f.template)))
}

// server is one llama-server.
type server struct {
	url         string // scheme and host, and a path if there is one, without the last slash
	local       bool   // on this machine
	path        string // of the model, as the server was told
	slots       int    // 0 of a server that was unreachable from the beginning
	facts       facts
	room        room
	answers     []float64 // what it gives for fixed requests: log-probabilities, an embedding
	fingerprint string    // their digest

	unreachable error     // why it is not asked; nil if it is. This and the next are guarded by the fleet's mu
	looked      time.Time // when it was last seen to be unreachable
}

func (s *server) met() bool { return s.slots > 0 }

func (s *server) asked() bool { return s.unreachable == nil }

// maxSlots of one server that are believed.
const maxSlots = 4096

// properties is the reply to GET /props, as far as it matters.
type properties struct {
	Slots     int    `json:"total_slots"`
	ModelPath string `json:"model_path"`
	FileType  string `json:"model_ftype"`
	BOS       string `json:"bos_token"`
	EOS       string `json:"eos_token"`
	Build     string `json:"build_info"`
	Template  string `json:"chat_template"`
	Defaults  struct {
		Context int `json:"n_ctx"`
	} `json:"default_generation_settings"`
}

// models is the reply to GET /v1/models.
type models struct {
	Data []struct {
		Meta *struct {
			Vocab   int   `json:"n_vocab"`
			Trained int   `json:"n_ctx_train"`
			Width   int   `json:"n_embd"`
			Params  int64 `json:"n_params"`
			Size    int64 `json:"size"`
		} `json:"meta"`
	} `json:"data"`
}

// newServer is one that was not asked yet.
func newServer(address string) (*server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("%q is no address of a server; write one as \"http://127.0.0.1:8080\"", address)
	}
	s := &server{url: strings.TrimRight(u.String(), "/")}
	ip := net.ParseIP(u.Hostname())
	s.local = strings.EqualFold(u.Hostname(), "localhost") || (ip != nil && ip.IsLoopback())
	return s, nil
}

// meet asks the server at address who it is. Its error comes with the server, if the address is one.
func (w *wire) meet(ctx context.Context, address string) (*server, error) {
	s, err := newServer(address)
	if err != nil {
		return nil, err
	}
	var props properties
	if err := w.get(ctx, s, "/props", &props); err != nil {
		return s, err
	}
	var m models
	if err := w.get(ctx, s, "/v1/models", &m); err != nil {
		return s, err
	}
	if len(m.Data) != 1 || m.Data[0].Meta == nil {
		return nil, fmt.Errorf("%s: /v1/models does not describe one loaded model; is this a llama-server with one model?", s.url)
	}
	meta := m.Data[0].Meta
	s.facts = facts{build: props.Build, ftype: props.FileType, template: props.Template, bos: props.BOS, eos: props.EOS,
		context: props.Defaults.Context, trained: meta.Trained, vocab: meta.Vocab, width: meta.Width,
		params: meta.Params, size: meta.Size}
	if props.Slots < 1 || props.Slots > maxSlots || s.facts.context < 2 || s.facts.vocab < 1 || s.facts.vocab > 1<<24 ||
		s.facts.width < 1 {
		return nil, fmt.Errorf("%s: /props and /v1/models make no sense: %d slots, %s", s.url, props.Slots, s.facts)
	}
	if s.facts.adapters, err = w.adapters(ctx, s); err != nil {
		return s, err
	}
	s.path, s.slots = props.ModelPath, props.Slots
	s.room = newRoom(s.slots, s.facts.context)
	return s, nil
}

// adapters lists what changes the model's weights while the server runs, with its scale; empty if nothing does.
func (w *wire) adapters(ctx context.Context, s *server) (string, error) {
	var list []struct {
		Path  string  `json:"path"`
		Scale float64 `json:"scale"`
	}
	if err := w.get(ctx, s, "/lora-adapters", &list); err != nil {
		_, err = offered(err)
		return "", err
	}
	var names []string
	for _, a := range list {
		names = append(names, fmt.Sprintf("%q x %g", a.Path, a.Scale))
	}
	return strings.Join(names, " + "), nil
}

// sameWeights says whether the file at the server's path has as many parameters, in as many bytes, as the server tells of its
// model. It is a guard against another file of that name, as beside a server in a container, against one that was exchanged while
// the server runs, and against the first of several parts.
func (s *server) sameWeights() bool {
	file, err := gguf.Open(s.path)
	if err != nil {
		return false
	}
	defer file.Close()
	var params, size int64
	for _, t := range file.Tensors() {
		n := int64(1)
		for _, d := range t.Dims {
			n *= int64(d)
		}
		params += n
		size += t.Bytes()
	}
	return params == s.facts.params && size == s.facts.size
}

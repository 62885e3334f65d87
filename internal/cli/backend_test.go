package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/study"
)

// parrot is a backend that no other package knows: its models answer with the first word of what they are asked.
func parrot() backend.Kind {
	return backend.Kind{
		Backend: study.Backend{Name: "parrot", Is: "a parrot", Address: "http://127.0.0.1:3",
			Named: "Its name, such as polly.",
			Keys: []study.Key{{Name: study.KeyModel, Doc: []string{"what the parrot is called."}},
				{Name: study.KeyURL, Doc: []string{study.WhereServersListen}}}},
		Start: func(study.Model, string) (command, key string) { return "whistle", study.KeyURL },
		Modes: func() []llm.Mode {
			return []llm.Mode{{Backend: "parrot", Typed: "whistle", Pinned: "its ring",
				Capabilities: llm.CapabilitiesOf(bird{})}}
		},
		Pin: func(llm.Identity) string { return "give it a ring" },
		Open: func(_ context.Context, _ *backend.Env, m study.Model) (backend.Opened, error) {
			return backend.Opened{Driver: bird{m.Name}, Asks: action.Pool{Name: m.URL[0], Width: 1}}, nil
		},
	}
}

type bird struct{ name string }

func (b bird) Identify(context.Context) (llm.Identity, error) {
	return llm.Identity{Engine: "parrot/1", Route: "air", Options: []string{"name=" + b.name}, Unpinned: true}, nil
}

func (b bird) Generate(_ context.Context, reqs []llm.GenerateRequest) ([]llm.Generation, error) {
	out := make([]llm.Generation, len(reqs))
	for i, r := range reqs {
		out[i] = llm.Generation{Text: strings.Fields(r.Prompt)[0], Tokens: 1, Reason: "stop"}
	}
	return out, nil
}

// with runs a command of a program that has the parrot, too.
func with(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	e, out, said := env(t, args...)
	a := newApp(*e)
	a.backends = append(a.backends, parrot())
	return execute(a), out.String(), said.String()
}

// A backend is one value: studies, help, check, doctor and run know of it from its line in the list alone.
func TestABackendIsOneValue(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "study.toml")
	benchmark := "[[benchmarks]]\nid = \"b\"\nsource = \"b.jsonl\"\ntask = \"generate\"\n"
	rows := `{"question": "yes or no?", "answer": "yes"}` + "\n" + `{"question": "no or yes?", "answer": "yes"}` + "\n"
	write := func(models string) {
		t.Helper()
		for path, text := range map[string]string{file: benchmark + models, filepath.Join(dir, "b.jsonl"): rows} {
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	says := func(wantCode int, parts []string, args ...string) {
		t.Helper()
		code, out, said := with(t, args...)
		for _, part := range parts {
			if code != wantCode || !strings.Contains(out+said, part) {
				t.Errorf("%v: exit code %d, want %d with %q:\n%s%s", args, code, wantCode, part, out, said)
			}
		}
	}
	says(0, []string{"one of gguf, llamacpp, ollama, parrot", "parrot: what the parrot is called.",
		"http://127.0.0.1:3 for parrot",
		"none; ollama and parrot needs it", "llamacpp, ollama, parrot: where the server listens."}, "help", "study")
	says(0, []string{"parrot, whistle\n", "texts       yes", "choices     no", "pinned by   its ring"}, "help", "backends")

	write("[[models]]\nbackend = \"parrot\"\npath = \"x.gguf\"\n")
	says(exitStudy, []string{`"path" means nothing for backend "parrot"`, `with backend = "parrot" needs "model"`,
		"Its name, such as polly."}, "check", file)
	write("[[models]]\nbackend = \"parrot\"\nmodel = \"polly\"\nurl = [\"http://127.0.0.1:3\", \"http://127.0.0.1:4\"]\n")
	says(exitStudy, []string{"a parrot has one server", "Only a llama-server can be"}, "check", file)

	write("[[models]]\nbackend = \"parrot\"\nmodel = \"polly\"\n[[models]]\nbackend = \"parrot\"\nmodel = \"coco\"\n")
	says(exitOK, []string{"is valid: 1 benchmark with 2 items, 2 models"}, "check", file)
	says(exitOK, []string{"polly (parrot)", "unpinned", "give it a ring", "yes, by http://127.0.0.1:3", "parrot/1"}, "doctor",
		file)
	says(exitOK, []string{"computed"}, "run", "-o", filepath.Join(dir, "report"), file)
	page, err := os.ReadFile(filepath.Join(dir, "report", "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"parrot/1", "polly", "coco"} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the report does not mention %q", part)
		}
	}
	scores, err := os.ReadFile(filepath.Join(dir, "report", "tables", "scores.csv"))
	if err != nil || !strings.Contains(string(scores), "0.5") {
		t.Errorf("half of the answers are right: %s, %v", scores, err)
	}
}

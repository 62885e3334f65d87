package llamacpp

import "sdmap/internal/llm"

// Modes is what this package offers, by how the server was started.
func Modes() []llm.Mode {
	const pinned = "the file's digest, where this machine can read it"
	var out []llm.Mode
	for _, m := range []struct {
		how     string
		pooling pooling
	}{
		{"llama-server", noPooling},
		{"llama-server --embeddings --pooling mean", byServer},
		{"llama-server --embeddings --pooling none", eachToken},
	} {
		d := &Driver{scores: true, pooling: m.pooling, template: "its own"}
		out = append(out, llm.Mode{Backend: "llamacpp", How: m.how, Pinned: pinned, Capabilities: d.Capabilities()})
	}
	return out
}

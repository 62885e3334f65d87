package ollama

import "sdmap/internal/llm"

// Modes is what this package offers, with a readable file behind the model, for which blob stands, and without.
func Modes(blob Blob) []llm.Mode {
	with := &Driver{opts: Options{EmbedByServer: true}, blob: blob, model: model{generates: true, chats: true}}
	without := &Driver{model: model{generates: true, chats: true}}
	return []llm.Mode{
		{Backend: "ollama", How: "measure = \"blob\": its file, run in this process", Pinned: "the file's digest",
			Capabilities: with.Capabilities()},
		{Backend: "ollama", How: "measure = \"option_letters\"", Pinned: "the manifest's digest",
			Capabilities: without.Capabilities()},
	}
}

// Weights is the digest of the model's file as its name tells it, empty where that is not known.
func (d *Driver) Weights() string { return d.model.weights }

package inprocess

import (
	"sdmap/internal/llm"
	"sdmap/internal/transformer"
)

// Modes is what this package offers.
func Modes() []llm.Mode {
	const pinned = "the file's digest"
	encoder := &Driver{config: transformer.Config{Traits: transformer.Traits{Encoder: true}}}
	return []llm.Mode{
		{Backend: "gguf", How: "a file, run in this process", Pinned: pinned,
			Capabilities: llm.CapabilitiesOf(&Driver{chats: true})},
		{Backend: "gguf", How: "a file of an encoder (BERT), under [[embedders]]", Pinned: pinned,
			Capabilities: llm.CapabilitiesOf(encoder)},
	}
}

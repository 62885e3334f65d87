package embedded

import "sdmap/internal/llm"

// Modes is what this package offers.
func Modes() []llm.Mode {
	return []llm.Mode{{Backend: "gguf", How: "a file, run in this process", Pinned: "the file's digest", Capabilities: llm.CapabilitiesOf(&Driver{chats: true})}}
}

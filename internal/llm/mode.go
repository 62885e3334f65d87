package llm

// Mode is a way to use a backend, and what a driver offers then. The documentation's table is made of modes.
type Mode struct {
	Backend string // as a study names it
	How     string // "a GGUF file in this process"
	Pinned  string // what tells one set of weights from another
	Capabilities
}

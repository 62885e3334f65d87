package llm

import "strings"

// Mode is a way to use a backend, and what a driver offers then. The documentation's table is made of modes.
type Mode struct {
	Backend string // as a study names it
	Typed   string // the command, or the key of the study, that makes it: `measure = "blob"`; empty where nothing has to be typed
	How     string // what happens then: "a file, run in this process"
	Pinned  string // what tells one set of weights from another
	Capabilities
}

// Text is how the backend is used in words, with what is typed as typed shows it.
func (m Mode) Text(typed func(string) string) string {
	if m.Typed == "" {
		return m.How
	}
	return strings.TrimSuffix(typed(m.Typed)+": "+m.How, ": ")
}

// Package backends is the list of all that answers for models. A new one is a line here.
package backends

import (
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/llm/llamacpp"
	"sdmap/internal/llm/ollama"
	"sdmap/internal/study"
)

// List is backends in the order of the documentation; the first is what a study means that names none.
type List []backend.Kind

// All is every backend of this program.
func All() List { return List{inprocess.Kind(), llamacpp.Kind(), ollama.Kind()} }

// Format is what studies may say whose models these backends answer for.
func (l List) Format() *study.Format { return study.FormatOf(l.Described()) }

// Described is what studies may say of each.
func (l List) Described() (out []study.Backend) {
	for _, k := range l {
		out = append(out, k.Backend)
	}
	return out
}

// Find is the backend of a name. There is none for models that are known by their scores alone.
func (l List) Find(name string) (backend.Kind, bool) {
	for _, k := range l {
		if k.Name == name {
			return k, true
		}
	}
	return backend.Kind{}, false
}

// Modes are those of all, in order.
func (l List) Modes() []llm.Mode {
	var out []llm.Mode
	for _, k := range l {
		out = append(out, k.Modes()...)
	}
	return out
}

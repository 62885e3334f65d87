package chat

import "time"

// machine renders one template.
type machine struct {
	parts               []text // what was written, to be joined
	steps, bytes, depth int
	now                 time.Time
	flow                flow
	captured            text // what a filter block or set block has caught, while its filters run
}

// flow says what the statements after the one that has run do.
type flow int

const (
	going flow = iota
	breaking
	continuing
)

// step counts a unit of work.
func (m *machine) step(at int) {
	if m.steps++; m.steps > maxSteps {
		fail(at, "the template takes more than %d steps", maxSteps)
	}
}

// charge counts bytes made.
func (m *machine) charge(at, n int) {
	if m.bytes -= n; m.bytes < 0 || n < 0 {
		fail(at, "the template makes more text than is allowed (%d MiB and 64 bytes per byte of conversation)", maxBytes>>20)
	}
}

// nest counts a level of nesting until the returned function is called.
func (m *machine) nest(at int) func() {
	if m.depth++; m.depth > maxDepth {
		fail(at, "the template is nested more than %d levels deep", maxDepth)
	}
	return func() { m.depth-- }
}

// listOf is a new list, which is charged for.
func (m *machine) listOf(at int, items []value) *list {
	m.charge(at, 16*len(items))
	return &list{items: items}
}

// scope holds the variables of a template, a loop's round or a macro's call. Reading looks outwards, setting does not.
type scope struct {
	names map[string]value
	outer *scope
}

func newScope(names map[string]value) *scope { return &scope{names: names} }

func (s *scope) inner() *scope { return &scope{names: map[string]value{}, outer: s} }

func (s *scope) get(name string) value {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v
		}
	}
	return undefined{name}
}

// run runs statements until one of them leaves the loop's round.
func (m *machine) run(body []statement, s *scope) {
	for _, one := range body {
		one.run(m, s)
		if m.flow != going {
			return
		}
	}
}

// capture runs statements and returns what they write.
func (m *machine) capture(at int, body []statement, s *scope) text {
	defer m.nest(at)()
	outer := m.parts
	m.parts = nil
	m.run(body, s)
	out := join(m.parts, text{})
	m.charge(at, len(out.s))
	m.parts = outer
	return out
}

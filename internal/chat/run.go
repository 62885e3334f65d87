package chat

import "unicode/utf8"

func (n *textNode) run(m *machine, _ *scope) { m.write(n.place(), n.s) }

func (n *printNode) run(m *machine, s *scope) {
	m.write(n.x.place(), m.str(n.x.place(), n.x.eval(m, s)))
}

func (m *machine) write(at int, t text) {
	m.step(at)
	m.charge(at, len(t.s))
	m.parts = append(m.parts, t)
}

func (n *jumpNode) run(m *machine, _ *scope) { m.flow = n.kind }

func (n *ifNode) run(m *machine, s *scope) {
	defer m.nest(n.test.place())()
	m.step(n.test.place())
	if truth(n.test.eval(m, s)) {
		m.run(n.then, s)
		return
	}
	m.run(n.els, s)
}

func (n *forNode) run(m *machine, s *scope) {
	defer m.nest(n.place())()
	var items []value
	for _, item := range m.items(n.place(), n.over.eval(m, s)) {
		m.step(n.place())
		if n.filter != nil {
			round := s.inner()
			n.bind(m, round, item)
			if !truth(n.filter.eval(m, round)) {
				continue
			}
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		m.run(n.els, s)
		return
	}
	for i, item := range items {
		m.step(n.place())
		round := s.inner()
		round.names["loop"] = loopOf(items, i)
		n.bind(m, round, item)
		m.run(n.body, round)
		leave := m.flow == breaking
		m.flow = going
		if leave {
			return
		}
	}
}

func (n *forNode) bind(m *machine, s *scope, item value) { assign(m, n.place(), s, n.targets, item) }

// assign gives names their values; several names share out the items of v.
func assign(m *machine, at int, s *scope, names []string, v value) {
	if len(names) == 1 {
		s.names[names[0]] = v
		return
	}
	items := m.items(at, v)
	if len(items) != len(names) {
		fail(at, "%d values for %d names", len(items), len(names))
	}
	for i, name := range names {
		s.names[name] = items[i]
	}
}

// loopOf is the variable loop in the round of item i.
func loopOf(items []value, i int) value {
	d := newDict()
	n := int64(len(items))
	set := func(name string, v value) { d.set(plain(name), v) }
	set("index", int64(i+1))
	set("index0", int64(i))
	set("revindex", n-int64(i))
	set("revindex0", n-int64(i)-1)
	set("first", i == 0)
	set("last", i == len(items)-1)
	set("length", n)
	set("depth", int64(1))
	set("depth0", int64(0))
	set("previtem", undefined{"there is no previous item"})
	if i > 0 {
		set("previtem", items[i-1])
	}
	set("nextitem", undefined{"there is no next item"})
	if i+1 < len(items) {
		set("nextitem", items[i+1])
	}
	set("cycle", &function{"cycle", func(m *machine, c call) value {
		if len(c.args) == 0 {
			fail(c.at, "cycle needs an argument")
		}
		return c.args[i%len(c.args)]
	}})
	return d
}

// items goes through what v holds: a list's items, a dict's keys, a text's characters.
func (m *machine) items(at int, v value) []value {
	switch v := v.(type) {
	case undefined:
		return nil
	case *list:
		return v.items
	case *dict:
		return v.keys
	case text:
		out := make([]value, 0, len(v.s))
		m.charge(at, 64*len(v.s))
		for i, size := 0, 0; i < len(v.s); i += size {
			_, size = utf8.DecodeRuneInString(v.s[i:])
			out = append(out, v.slice(i, i+size))
		}
		return out
	}
	fail(at, "a value of type %s has no items to go through", typeName(v))
	return nil
}

func (n *setNode) run(m *machine, s *scope) {
	m.step(n.place())
	v := n.x.eval(m, s)
	if n.attribute != "" {
		setAttribute(n.place(), s, n.targets[0], n.attribute, v)
		return
	}
	assign(m, n.place(), s, n.targets, v)
}

func setAttribute(at int, s *scope, target, attribute string, v value) {
	ns, ok := s.get(target).(*namespace)
	if !ok {
		fail(at, "%s is no namespace, so %s.%s cannot be set", target, target, attribute)
	}
	ns.set(plain(attribute), v)
}

func (n *setBlockNode) run(m *machine, s *scope) {
	var v value = m.capture(n.place(), n.body, s.inner())
	if n.filters != nil {
		v = m.filtered(v.(text), n.filters, s)
	}
	if n.attribute != "" {
		setAttribute(n.place(), s, n.target, n.attribute, v)
		return
	}
	s.names[n.target] = v
}

func (n *filterNode) run(m *machine, s *scope) {
	m.write(n.place(), m.str(n.place(), m.filtered(m.capture(n.place(), n.body, s.inner()), n.filters, s)))
}

// filtered applies filters to what was captured.
func (m *machine) filtered(t text, filters expr, s *scope) value {
	outer := m.captured
	m.captured = t
	v := filters.eval(m, s)
	m.captured = outer
	return v
}

func (n *macroNode) run(m *machine, s *scope) {
	m.step(n.place())
	s.names[n.name] = &function{n.name, func(m *machine, c call) value {
		defer m.nest(c.at)()
		inner := s.inner()
		if len(c.args) > len(n.parameters) {
			fail(c.at, "macro %s takes %d arguments, not %d", n.name, len(n.parameters), len(c.args))
		}
		for i, parameter := range n.parameters {
			v, given := c.named[parameter.name]
			switch {
			case i < len(c.args):
				v = c.args[i]
			case given:
			case parameter.def != nil:
				v = parameter.def.eval(m, inner)
			default:
				v = undefined{parameter.name}
			}
			inner.names[parameter.name] = v
		}
		return m.capture(c.at, n.body, inner)
	}}
}

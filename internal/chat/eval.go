package chat

import (
	"math"
	"strings"
	"unicode/utf8"
)

func (x *constant) eval(m *machine, _ *scope) value { return x.v }

func (x *variable) eval(m *machine, s *scope) value {
	m.step(x.place())
	return s.get(x.name)
}

func (x captured) eval(m *machine, _ *scope) value { return m.captured }

func (x *sequence) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	items := make([]value, len(x.items))
	for i, item := range x.items {
		items[i] = item.eval(m, s)
	}
	out := m.listOf(x.place(), items)
	out.tuple = x.tuple
	return out
}

func (x *mapping) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	d := newDict()
	m.charge(x.place(), 16*len(x.keys))
	for i, key := range x.keys {
		k := key.eval(m, s)
		if _, ok := hashed(k); !ok {
			fail(key.place(), "a value of type %s cannot be a key", typeName(k))
		}
		d.set(k, x.values[i].eval(m, s))
	}
	return d
}

func (x *choice) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	m.step(x.place())
	if truth(x.test.eval(m, s)) {
		return x.then.eval(m, s)
	}
	if x.els == nil {
		return undefined{"the value of an if without else"}
	}
	return x.els.eval(m, s)
}

func (x *unary) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	m.step(x.place())
	v := x.x.eval(m, s)
	if x.op == "not" {
		return !truth(v)
	}
	if i, ok := intOf(v); ok && i != math.MinInt64 {
		if x.op == "-" {
			return -i
		}
		return i
	}
	f, ok := v.(float64)
	if !ok {
		fail(x.place(), "%s cannot stand before a value of type %s", x.op, typeName(v))
	}
	if x.op == "-" {
		return -f
	}
	return f
}

func (x *concatenation) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	parts := make([]text, len(x.parts))
	size := 0
	for i, part := range x.parts {
		parts[i] = m.str(part.place(), part.eval(m, s))
		size += len(parts[i].s)
	}
	m.charge(x.place(), size)
	return join(parts, text{})
}

func (x *comparison) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	left := x.first.eval(m, s)
	for _, c := range x.rest {
		right := c.x.eval(m, s)
		if !m.compare(x.place(), c.op, left, right) {
			return false
		}
		left = right
	}
	return true
}

// compare is one of the operators of comparison.
func (m *machine) compare(at int, op string, a, b value) bool {
	m.step(at)
	switch op {
	case "==":
		return m.equal(at, a, b)
	case "!=":
		return !m.equal(at, a, b)
	case "in":
		return m.contains(at, b, a)
	case "not in":
		return !m.contains(at, b, a)
	}
	order := m.order(at, a, b)
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// order compares numbers with numbers and texts with texts.
func (m *machine) order(at int, a, b value) int {
	m.step(at)
	if x, y := numberOf(a), numberOf(b); isNumber(a) && isNumber(b) {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	x, ok := a.(text)
	y, also := b.(text)
	if !ok || !also {
		fail(at, "values of types %s and %s have no order", typeName(a), typeName(b))
	}
	m.charge(at, min(len(x.s), len(y.s)))
	return strings.Compare(x.s, y.s)
}

// contains is the operator in.
func (m *machine) contains(at int, whole, part value) bool {
	switch whole := whole.(type) {
	case text:
		part, ok := part.(text)
		if !ok {
			fail(at, "in a text only a text can be looked for")
		}
		m.charge(at, len(whole.s))
		return strings.Contains(whole.s, part.s)
	case *dict:
		_, ok := whole.get(part)
		return ok
	}
	for _, item := range m.items(at, whole) {
		if m.equal(at, item, part) {
			return true
		}
	}
	return false
}

func (x *member) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	m.step(x.place())
	v := x.x.eval(m, s)
	if u, ok := v.(undefined); ok {
		fail(x.place(), "%q is undefined", u.name)
	}
	key := x.index.eval(m, s)
	if x.attribute {
		return m.attribute(v, key.(text).s)
	}
	return m.item(x.place(), v, key)
}

// attribute is v.name: of a dict a method before an entry.
func (m *machine) attribute(v value, name string) value {
	if method, ok := methodOf(v, name); ok {
		return method
	}
	d, ok := v.(*dict)
	if ns, is := v.(*namespace); is {
		d, ok = ns.dict, true
	}
	if ok {
		if entry, known := d.get(plain(name)); known {
			return entry
		}
	}
	return undefined{typeName(v) + "." + name}
}

// item is v[key].
func (m *machine) item(at int, v, key value) value {
	if d, ok := v.(*dict); ok {
		if entry, known := d.get(key); known {
			return entry
		}
	}
	if name, ok := key.(text); ok {
		return m.attribute(v, name.s)
	}
	i, isIndex := intOf(key)
	if !isIndex {
		return undefined{"an item of a " + typeName(v)}
	}
	switch v := v.(type) {
	case *list:
		if i < 0 {
			i += int64(len(v.items))
		}
		if i >= 0 && i < int64(len(v.items)) {
			return v.items[i]
		}
	case text:
		m.charge(at, len(v.s))
		if i < 0 {
			i += runeCount(v)
		}
		for from, size := 0, 0; i >= 0 && from < len(v.s); from += size {
			if _, size = utf8.DecodeRuneInString(v.s[from:]); i == 0 {
				return v.slice(from, from+size)
			}
			i--
		}
	}
	return undefined{"an item of a " + typeName(v)}
}

func (x *slicing) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	m.step(x.place())
	v := x.x.eval(m, s)
	var items []value
	switch v.(type) {
	case *list, text:
		items = m.items(x.place(), v)
	default:
		fail(x.place(), "a value of type %s cannot be sliced", typeName(v))
	}
	picked := m.pick(x, items, s)
	if t, ok := v.(text); ok {
		if x.step == nil || len(picked) == 0 {
			return sliceOf(t, items, picked)
		}
		parts := make([]text, len(picked))
		for i, p := range picked {
			parts[i] = p.(text)
		}
		m.charge(x.place(), len(t.s))
		return join(parts, text{})
	}
	out := m.listOf(x.place(), picked)
	out.tuple = v.(*list).tuple
	return out
}

// sliceOf is the part of t that the picked characters, which are neighbours in items, make.
func sliceOf(t text, items, picked []value) text {
	if len(picked) == 0 {
		return text{}
	}
	start, end := 0, 0
	for i := range items {
		if &items[i] == &picked[0] {
			break
		}
		start += len(items[i].(text).s)
	}
	end = start
	for _, p := range picked {
		end += len(p.(text).s)
	}
	return t.slice(start, end)
}

// pick is Python's items[start:stop:step].
func (m *machine) pick(x *slicing, items []value, s *scope) []value {
	n := int64(len(items))
	bound := func(e expr, def, low, high int64) int64 {
		if e == nil {
			return def
		}
		v := e.eval(m, s)
		if v == nil {
			return def
		}
		i, ok := intOf(v)
		if !ok {
			fail(e.place(), "a value of type %s cannot bound a slice", typeName(v))
		}
		if i < 0 {
			i += n
		}
		return max(low, min(high, i))
	}
	step := int64(1)
	if x.step != nil {
		if v, ok := intOf(x.step.eval(m, s)); ok {
			step = v
		}
	}
	if step == 0 {
		fail(x.place(), "the step of a slice is 0")
	}
	step = max(-n-1, min(n+1, step))
	if step == 1 {
		start := bound(x.start, 0, 0, n)
		return items[start:max(start, bound(x.stop, n, 0, n))]
	}
	var out []value
	if step > 0 {
		stop := bound(x.stop, n, 0, n)
		for i := bound(x.start, 0, 0, n); i < stop; i += step {
			out = append(out, items[i])
		}
		return out
	}
	stop := bound(x.stop, -1, -1, n-1)
	for i := bound(x.start, n-1, -1, n-1); i > stop; i += step {
		out = append(out, items[i])
	}
	return out
}

// call is what a function is called with.
type call struct {
	at    int
	args  []value
	named map[string]value
	order []string // the names in the order of the call
}

func (x *calling) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	m.step(x.place())
	callee := x.x.eval(m, s)
	f, ok := callee.(*function)
	if !ok {
		if u, is := callee.(undefined); is {
			fail(x.place(), "%q is undefined or not supported, so it cannot be called", u.name)
		}
		fail(x.place(), "a value of type %s cannot be called", typeName(callee))
	}
	return f.call(m, m.call(x.place(), x.args, s))
}

func (m *machine) call(at int, a arguments, s *scope) call {
	c := call{at: at, named: map[string]value{}, order: a.names}
	for _, arg := range a.positional {
		c.args = append(c.args, arg.eval(m, s))
	}
	for i, name := range a.names {
		c.named[name] = a.named[i].eval(m, s)
	}
	return c
}

// arg is argument i, or the one of that name, or def.
func (c call) arg(i int, name string, def value) value {
	if i < len(c.args) {
		return c.args[i]
	}
	if v, ok := c.named[name]; ok {
		return v
	}
	return def
}

// textArg is arg where it must be a text.
func (c call) textArg(i int, name string, def value) text {
	v := c.arg(i, name, def)
	t, ok := v.(text)
	if !ok {
		fail(c.at, "argument %d, %s, must be a text, not a value of type %s", i+1, name, typeName(v))
	}
	return t
}

// intArg is arg where it must be an integer.
func (c call) intArg(i int, name string, def int64) int64 {
	v := c.arg(i, name, def)
	n, ok := intOf(v)
	if !ok {
		fail(c.at, "argument %d, %s, must be an integer, not a value of type %s", i+1, name, typeName(v))
	}
	return n
}

// runeCount is the length of a text.
func runeCount(t text) int64 { return int64(utf8.RuneCountInString(t.s)) }

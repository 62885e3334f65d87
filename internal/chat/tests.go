package chat

// tests are what can stand behind "is".
var tests = map[string]func(m *machine, v value, c call) bool{
	"defined":   func(m *machine, v value, c call) bool { return !isUndefined(v) },
	"undefined": func(m *machine, v value, c call) bool { return isUndefined(v) },
	"none":      func(m *machine, v value, c call) bool { return v == nil },
	"true":      func(m *machine, v value, c call) bool { return v == true },
	"false":     func(m *machine, v value, c call) bool { return v == false },
	"boolean":   func(m *machine, v value, c call) bool { return typeName(v) == "bool" },
	"integer":   func(m *machine, v value, c call) bool { return typeName(v) == "int" },
	"float":     func(m *machine, v value, c call) bool { return typeName(v) == "float" },
	"number":    func(m *machine, v value, c call) bool { return isNumber(v) },
	"string":    func(m *machine, v value, c call) bool { return typeName(v) == "str" },
	"mapping":   func(m *machine, v value, c call) bool { return typeName(v) == "dict" },
	"callable":  func(m *machine, v value, c call) bool { return typeName(v) == "function" },
	"sequence":  isIterable, "iterable": isIterable,
	"odd":         func(m *machine, v value, c call) bool { return remainder(c, v, 2) == 1 },
	"even":        func(m *machine, v value, c call) bool { return remainder(c, v, 2) == 0 },
	"divisibleby": func(m *machine, v value, c call) bool { return remainder(c, v, c.intArg(0, "num", 0)) == 0 },
	"in":          func(m *machine, v value, c call) bool { return m.contains(c.at, c.arg(0, "seq", undefined{}), v) },
	"eq":          compares("=="), "equalto": compares("=="), "ne": compares("!="), "lt": compares("<"),
	"lessthan": compares("<"),
	"le":       compares("<="), "gt": compares(">"), "greaterthan": compares(">"), "ge": compares(">="),
}

func isUndefined(v value) bool {
	_, ok := v.(undefined)
	return ok
}

// isIterable is true of what items goes through; Jinja calls dicts and undefined values sequences too.
func isIterable(_ *machine, v value, _ call) bool {
	switch v.(type) {
	case text, *list, *dict, undefined:
		return true
	}
	return false
}

func compares(op string) func(m *machine, v value, c call) bool {
	return func(m *machine, v value, c call) bool {
		return m.compare(c.at, op, v, c.arg(0, "other", undefined{"other"}))
	}
}

func remainder(c call, v value, n int64) int64 {
	i, ok := intOf(v)
	if !ok || n == 0 {
		fail(c.at, "the test needs whole numbers, and no division by zero")
	}
	return (i%n + n) % n
}

func (x *tested) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	v := x.x.eval(m, s)
	return m.test(x.name, v, m.call(x.place(), x.args, s)) != x.not
}

func (m *machine) test(name string, v value, c call) bool {
	m.step(c.at)
	f, ok := tests[name]
	if !ok {
		fail(c.at, "the test %q is not supported; supported: %s", name, supported(tests))
	}
	return f(m, v, c)
}

package chat

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// filters are what can stand behind "|".
var filters map[string]func(m *machine, v value, c call) value

func init() { // a table that filters look into themselves
	filters = map[string]func(m *machine, v value, c call) value{
		"trim":       func(m *machine, v value, c call) value { return m.str(c.at, v).trim(cutset(c), true, true) },
		"lower":      func(m *machine, v value, c call) value { return m.changed(c.at, m.str(c.at, v), strings.ToLower) },
		"upper":      func(m *machine, v value, c call) value { return m.changed(c.at, m.str(c.at, v), strings.ToUpper) },
		"capitalize": func(m *machine, v value, c call) value { return m.changed(c.at, m.str(c.at, v), capitalised) },
		"string":     func(m *machine, v value, c call) value { return m.str(c.at, v) },
		"safe":       func(m *machine, v value, c call) value { return m.str(c.at, v) },
		"replace": func(m *machine, v value, c call) value {
			return m.replaced(c.at, m.str(c.at, v), c.textArg(0, "old", nil), c.textArg(1, "new", nil),
				int(c.intArg(2, "count", -1)))
		},
		"indent": indent, "tojson": toJSON,
		"length": length, "count": length,
		"default": defaulted, "d": defaulted,
		"join":  joinFilter,
		"list":  func(m *machine, v value, c call) value { return m.listOf(c.at, slices.Clone(m.items(c.at, v))) },
		"items": itemsFilter, "dictsort": dictSort,
		"first": func(m *machine, v value, c call) value { return end(m.items(c.at, v), 0) },
		"last":  func(m *machine, v value, c call) value { items := m.items(c.at, v); return end(items, len(items)-1) },
		"min":   func(m *machine, v value, c call) value { return m.extreme(c, v, -1) },
		"max":   func(m *machine, v value, c call) value { return m.extreme(c, v, 1) },
		"sum":   sum, "int": toInt, "float": toFloat, "abs": abs, "round": round,
		"reverse": reversed, "sort": sorted, "unique": unique, "map": mapped,
		"select":     func(m *machine, v value, c call) value { return m.selected(v, c, false, true) },
		"reject":     func(m *machine, v value, c call) value { return m.selected(v, c, false, false) },
		"selectattr": func(m *machine, v value, c call) value { return m.selected(v, c, true, true) },
		"rejectattr": func(m *machine, v value, c call) value { return m.selected(v, c, true, false) },
	}
}

func (x *filtering) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	v := x.x.eval(m, s)
	return m.filter(x.name, v, m.call(x.place(), x.args, s))
}

func (m *machine) filter(name string, v value, c call) value {
	m.step(c.at)
	f, ok := filters[name]
	if !ok {
		fail(c.at, "the filter %q is not supported; supported: %s", name, supported(filters))
	}
	if t, ok := v.(text); ok {
		m.charge(c.at, len(t.s)) // for the time that it takes
	}
	return f(m, v, c)
}

func length(m *machine, v value, c call) value {
	switch v := v.(type) {
	case text:
		return runeCount(v)
	case *list, *dict, undefined:
		return int64(len(m.items(c.at, v)))
	}
	fail(c.at, "a value of type %s has no length", typeName(v))
	return nil
}

func defaulted(m *machine, v value, c call) value {
	if isUndefined(v) || truth(c.arg(1, "boolean", false)) && !truth(v) {
		return c.arg(0, "default_value", text{})
	}
	return v
}

func joinFilter(m *machine, v value, c call) value {
	if attribute := c.arg(1, "attribute", nil); attribute != nil {
		v = m.attributes(c.at, v, attribute)
	}
	return m.joinItems(c.at, v, m.str(c.at, c.arg(0, "d", text{})))
}

// path is v's attribute of that name, which may have dots.
func (m *machine) path(at int, v, name value) value {
	if _, isIndex := intOf(name); isIndex {
		return m.item(at, v, name)
	}
	t, ok := name.(text)
	if !ok {
		fail(at, "the name of an attribute is a text, not a value of type %s", typeName(name))
	}
	for part := range strings.SplitSeq(t.s, ".") {
		m.step(at)
		if isUndefined(v) {
			return v
		}
		if n, err := strconv.ParseInt(part, 10, 64); err == nil {
			v = m.item(at, v, n)
			continue
		}
		v = m.item(at, v, plain(part))
	}
	return v
}

// attributes is the attribute of each item of v.
func (m *machine) attributes(at int, v, name value) *list {
	var out []value
	for _, item := range m.items(at, v) {
		out = append(out, m.path(at, item, name))
	}
	return m.listOf(at, out)
}

// mapped is map('filter', ...) or map(attribute='name', default=...).
func mapped(m *machine, v value, c call) value {
	if attribute, ok := c.named["attribute"]; ok {
		out := m.attributes(c.at, v, attribute)
		for i, item := range out.items {
			if def, ok := c.named["default"]; ok && isUndefined(item) {
				out.items[i] = def
			}
		}
		return out
	}
	name := c.textArg(0, "filter", nil).s
	if len(c.args) == 0 {
		fail(c.at, "map needs the name of a filter, or attribute=")
	}
	inner := call{at: c.at, args: c.args[1:], named: c.named, order: c.order}
	var out []value
	for _, item := range m.items(c.at, v) {
		out = append(out, m.filter(name, item, inner))
	}
	return m.listOf(c.at, out)
}

// selected keeps the items for which a test, of the item or of an attribute of it, gives want.
func (m *machine) selected(v value, c call, byAttribute, want bool) value {
	args := c.args
	var attribute value
	if byAttribute {
		if len(args) == 0 {
			fail(c.at, "the name of the attribute is missing")
		}
		attribute, args = args[0], args[1:]
	}
	name := ""
	if len(args) > 0 {
		name = call{at: c.at, args: args}.textArg(0, "test", nil).s
		args = args[1:]
	}
	var out []value
	for _, item := range m.items(c.at, v) {
		m.step(c.at)
		looked := item
		if byAttribute {
			looked = m.path(c.at, item, attribute)
		}
		is := false
		if name == "" {
			is = truth(looked)
		} else {
			is = m.test(name, looked, call{at: c.at, args: args})
		}
		if is == want {
			out = append(out, item)
		}
	}
	return m.listOf(c.at, out)
}

func end(items []value, i int) value {
	if i < 0 || i >= len(items) {
		return undefined{"an item of an empty sequence"}
	}
	return items[i]
}

func itemsFilter(m *machine, v value, c call) value {
	switch v := v.(type) {
	case *dict:
		return m.pairs(c.at, v)
	case undefined:
		return &list{}
	}
	fail(c.at, "a value of type %s has no entries", typeName(v))
	return nil
}

func dictSort(m *machine, v value, c call) value {
	pairs := itemsFilter(m, v, c).(*list)
	m.sort(c.at, pairs.items, func(v value) value { return folded(v.(*list).items[0]) })
	return pairs
}

func sorted(m *machine, v value, c call) value {
	out := m.listOf(c.at, slices.Clone(m.items(c.at, v)))
	attribute, exact := c.arg(2, "attribute", nil), truth(c.arg(1, "case_sensitive", false))
	m.sort(c.at, out.items, func(v value) value {
		if attribute != nil {
			v = m.path(c.at, v, attribute)
		}
		if exact {
			return v
		}
		return folded(v)
	})
	if truth(c.arg(0, "reverse", false)) {
		slices.Reverse(out.items)
	}
	return out
}

// sort sorts items by their keys and keeps the order of equals.
func (m *machine) sort(at int, items []value, key func(value) value) {
	slices.SortStableFunc(items, func(a, b value) int { return m.order(at, key(a), key(b)) })
}

// folded is v without case, as Jinja sorts.
func folded(v value) value {
	if t, ok := v.(text); ok {
		return made(strings.ToLower(t.s), t)
	}
	return v
}

func unique(m *machine, v value, c call) value {
	var out []value
	for _, item := range m.items(c.at, v) {
		if !slices.ContainsFunc(out, func(x value) bool { return m.equal(c.at, folded(x), folded(item)) }) {
			out = append(out, item)
		}
	}
	return m.listOf(c.at, out)
}

func reversed(m *machine, v value, c call) value {
	items := slices.Clone(m.items(c.at, v))
	slices.Reverse(items)
	if t, ok := v.(text); ok {
		parts := make([]text, len(items))
		for i, item := range items {
			parts[i] = item.(text)
		}
		m.charge(c.at, len(t.s))
		return join(parts, text{})
	}
	return m.listOf(c.at, items)
}

func (m *machine) extreme(c call, v value, sign int) value {
	items := m.items(c.at, v)
	best := end(items, 0)
	for _, item := range items {
		if sign*m.order(c.at, folded(item), folded(best)) > 0 {
			best = item
		}
	}
	return best
}

func sum(m *machine, v value, c call) value {
	var total value = int64(0)
	for _, item := range m.items(c.at, v) {
		add := &binary{at(c.at), "+", &constant{at(c.at), total}, &constant{at(c.at), item}}
		total = add.eval(m, nil)
	}
	return total
}

func toInt(m *machine, v value, c call) value {
	switch v := v.(type) {
	case text:
		s := strings.TrimSpace(v.s)
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<63 {
			return int64(f)
		}
	case float64:
		if math.Abs(v) < 1<<63 {
			return int64(v)
		}
	case int64, bool:
		n, _ := intOf(v)
		return n
	}
	return c.arg(0, "default", int64(0))
}

func toFloat(m *machine, v value, c call) value {
	if isNumber(v) {
		return numberOf(v)
	}
	if t, ok := v.(text); ok {
		if f, err := strconv.ParseFloat(strings.TrimSpace(t.s), 64); err == nil {
			return f
		}
	}
	return c.arg(0, "default", 0.0)
}

func abs(m *machine, v value, c call) value {
	if n, ok := intOf(v); ok {
		return max(n, -n)
	}
	if f, ok := v.(float64); ok {
		return math.Abs(f)
	}
	fail(c.at, "a value of type %s has no absolute value", typeName(v))
	return nil
}

func round(m *machine, v value, c call) value {
	if !isNumber(v) || len(c.args) > 1 || len(c.named) > 0 {
		fail(c.at, "round takes a number, and the number of its places")
	}
	scale := math.Pow(10, float64(min(15, max(0, c.intArg(0, "precision", 0)))))
	return math.RoundToEven(numberOf(v)*scale) / scale
}

// indent puts blanks in front of all lines but the first and empty ones.
func indent(m *machine, v value, c call) value {
	t := m.str(c.at, v)
	width := strings.Repeat(" ", int(max(0, min(c.intArg(0, "width", 4), 1000))))
	blank := truth(c.arg(2, "blank", false))
	lines := t.split("\n", -1)
	m.charge(c.at, len(t.s)+len(lines)*(64+len(width)))
	for i, line := range lines {
		if (i > 0 || truth(c.arg(1, "first", false))) && (line.s != "" || blank) {
			lines[i] = join([]text{plain(width), line}, text{})
		}
	}
	return join(lines, plain("\n"))
}

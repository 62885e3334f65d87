package chat

import (
	"slices"
	"strconv"
	"strings"
)

// From the loosest to the tightest: a if b else c; or; and; not; comparisons; + -; ~; * / // %; **; - +; x.y x[y] x(y);
// x|filter, x is test.

// tuple is an expression, or expressions with commas between.
func (p *parser) tuple() expr {
	x := p.expression()
	if p.is(operator, ",") {
		return p.tupleFrom(x)
	}
	return x
}

func (p *parser) tupleFrom(first expr) expr {
	t := &sequence{at: at(first.place()), items: []expr{first}, tuple: true}
	for p.accept(operator, ",") {
		if k := p.now().kind; k == blockEnd || k == printEnd || p.is(operator, ")") || p.is(operator, "=") {
			break
		}
		t.items = append(t.items, p.expression())
	}
	return t
}

func (p *parser) expression() expr {
	defer p.nest()()
	x := p.or()
	for p.is(name, "if") {
		c := &choice{at: at(p.next().at), then: x, test: p.or()}
		if p.accept(name, "else") {
			c.els = p.expression()
		}
		x = c
	}
	return x
}

func (p *parser) or() expr {
	x := p.and()
	for p.is(name, "or") {
		x = &binary{at(p.next().at), "or", x, p.and()}
		x = p.deep(x)
	}
	return x
}

func (p *parser) and() expr {
	x := p.not()
	for p.is(name, "and") {
		x = &binary{at(p.next().at), "and", x, p.not()}
		x = p.deep(x)
	}
	return x
}

func (p *parser) not() expr {
	if p.is(name, "not") {
		defer p.nest()()
		return &unary{at(p.next().at), "not", p.not()}
	}
	return p.compare()
}

func (p *parser) compare() expr {
	x := p.math(0)
	var c *comparison
	for {
		t, op := p.now(), ""
		switch {
		case t.kind == operator && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, t.text):
			op = t.text
		case p.is(name, "in"):
			op = "in"
		case p.is(name, "not") && p.tokens[p.i+1].kind == name && p.tokens[p.i+1].text == "in":
			p.next()
			op = "not in"
		default:
			if c != nil {
				return c
			}
			return x
		}
		p.next()
		if c == nil {
			c = &comparison{at: at(t.at), first: x}
		}
		c.rest = append(c.rest, compared{op, p.math(0)})
	}
}

// The operators of arithmetic by level; "~" between the levels.
var arithmetic = [][]string{{"+", "-"}, {"~"}, {"*", "/", "//", "%"}, {"**"}}

func (p *parser) math(level int) expr {
	if level == len(arithmetic) {
		return p.unary(true)
	}
	x := p.math(level + 1)
	for p.now().kind == operator && slices.Contains(arithmetic[level], p.now().text) {
		t := p.next()
		right := p.math(level + 1)
		if t.text != "~" {
			x = p.deep(&binary{at(t.at), t.text, x, right})
			continue
		}
		if c, ok := x.(*concatenation); ok {
			c.parts = append(c.parts, right)
			continue
		}
		x = &concatenation{at(t.at), []expr{x, right}}
	}
	return x
}

// deep counts the operators of a chain such as a + b + c, which nest to the left.
func (p *parser) deep(x expr) expr {
	n := 0
	for b, ok := x.(*binary); ok; b, ok = b.left.(*binary) {
		if n++; n > maxDepth {
			fail(x.place(), "more than %d operators in a row", maxDepth)
		}
	}
	return x
}

func (p *parser) unary(filters bool) expr {
	defer p.nest()()
	var x expr
	if t := p.now(); p.is(operator, "-") || p.is(operator, "+") {
		p.next()
		x = &unary{at(t.at), t.text, p.unary(false)}
	} else {
		x = p.primary()
	}
	x = p.postfix(x)
	if filters {
		x = p.filterOrTest(x)
	}
	return x
}

var constants = map[string]value{"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil}

func (p *parser) primary() expr {
	t := p.next()
	switch t.kind {
	case name:
		if v, ok := constants[t.text]; ok {
			return &constant{at(t.at), v}
		}
		if slices.Contains(reserved, t.text) {
			fail(t.at, "unexpected %q", t.text)
		}
		return &variable{at(t.at), t.text}
	case stringLiteral:
		s := t.text
		for p.now().kind == stringLiteral {
			s += p.next().text
		}
		return &constant{at(t.at), plain(s)}
	case integer:
		v, err := strconv.ParseInt(strings.ReplaceAll(t.text, "_", ""), 10, 64)
		if err != nil {
			fail(t.at, "the number %s is too large", t.text)
		}
		return &constant{at(t.at), v}
	case float:
		v, err := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
		if err != nil {
			fail(t.at, "the number %s is too large", t.text)
		}
		return &constant{at(t.at), v}
	case operator:
		switch t.text {
		case "(":
			return p.parenthesis(t.at)
		case "[":
			return &sequence{at(t.at), p.expressions("]"), false}
		case "{":
			return p.mapping(t.at)
		}
	case endOfSource:
		fail(t.at, "the template ends where an expression should stand")
	}
	fail(t.at, "%q where an expression should stand", t.text)
	return nil
}

func (p *parser) parenthesis(place int) expr {
	if p.accept(operator, ")") {
		return &sequence{at: at(place), tuple: true}
	}
	x := p.tuple()
	p.expect(operator, ")", ")")
	return x
}

// expressions takes expressions with commas between, up to and with end.
func (p *parser) expressions(end string) []expr {
	var out []expr
	for !p.accept(operator, end) {
		if len(out) > 0 {
			p.expect(operator, ",", ", or "+end)
			if p.accept(operator, end) {
				break
			}
		}
		out = append(out, p.expression())
	}
	return out
}

func (p *parser) mapping(place int) expr {
	d := &mapping{at: at(place)}
	for !p.accept(operator, "}") {
		if len(d.keys) > 0 {
			p.expect(operator, ",", ", or }")
			if p.accept(operator, "}") {
				break
			}
		}
		d.keys = append(d.keys, p.expression())
		p.expect(operator, ":", ":")
		d.values = append(d.values, p.expression())
	}
	return d
}

// postfix takes attributes, items and calls behind x.
func (p *parser) postfix(x expr) expr {
	for n := 0; ; n++ {
		if n > maxDepth {
			fail(p.now().at, "more than %d attributes, items and calls in a row", maxDepth)
		}
		t := p.now()
		switch {
		case p.accept(operator, "."):
			attribute := p.next()
			if attribute.kind != name && attribute.kind != integer {
				fail(attribute.at, "%q where the name of an attribute should stand", attribute.text)
			}
			x = &member{at(t.at), x, &constant{at(attribute.at), attributeKey(attribute)}, attribute.kind == name}
		case p.accept(operator, "["):
			x = p.subscript(t.at, x)
		case p.accept(operator, "("):
			x = &calling{at(t.at), x, p.arguments()}
		default:
			return x
		}
	}
}

func attributeKey(t token) value {
	if t.kind == integer {
		n, _ := strconv.ParseInt(t.text, 10, 64)
		return n
	}
	return plain(t.text)
}

// subscript takes what stands behind x[, and ].
func (p *parser) subscript(place int, x expr) expr {
	var parts [3]expr
	n := 0
	for !p.accept(operator, "]") {
		if p.accept(operator, ":") {
			if n++; n > 2 {
				fail(p.now().at, "a slice has at most two colons")
			}
			continue
		}
		if parts[n] != nil {
			fail(p.now().at, "%q where ] should stand", p.now().text)
		}
		parts[n] = p.expression()
	}
	if n > 0 {
		return &slicing{at(place), x, parts[0], parts[1], parts[2]}
	}
	if parts[0] == nil {
		fail(place, "the index is missing")
	}
	return &member{at(place), x, parts[0], false}
}

// filterOrTest takes filters, tests and calls behind x.
func (p *parser) filterOrTest(x expr) expr {
	for n := 0; ; n++ {
		if n > maxDepth {
			fail(p.now().at, "more than %d filters in a row", maxDepth)
		}
		t := p.now()
		switch {
		case p.accept(operator, "|"):
			x = p.filter(x)
		case p.accept(name, "is"):
			x = p.test(t.at, x)
		case p.accept(operator, "("):
			x = &calling{at(t.at), x, p.arguments()}
		default:
			return x
		}
	}
}

func (p *parser) test(place int, x expr) expr {
	n := &tested{at: at(place), x: x, not: p.accept(name, "not")}
	n.name = p.expect(name, "", "the name of a test").text
	t := p.now()
	bare := t.kind == name && !slices.Contains([]string{"else", "or", "and", "is", "if", "in", "not"}, t.text) ||
		t.kind == stringLiteral || t.kind == integer || t.kind == float || p.is(operator, "[") || p.is(operator, "{")
	switch {
	case p.accept(operator, "("):
		n.args = p.arguments()
	case bare:
		n.args.positional = []expr{p.postfix(p.primary())}
	}
	return n
}

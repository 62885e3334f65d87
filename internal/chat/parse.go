package chat

import (
	"slices"
	"strings"
)

// parser makes the tree of a template.
type parser struct {
	tokens []token
	i      int
	depth  int
	loops  int // for loops around the place that is parsed
}

func parse(tokens []token) []statement {
	p := &parser{tokens: tokens}
	body := p.body()
	if !p.is(endOfSource, "") {
		fail(p.now().at, "unexpected %q", p.now().text)
	}
	return body
}

func (p *parser) now() token { return p.tokens[p.i] }

func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != endOfSource {
		p.i++
	}
	return t
}

// is says whether the next token is of kind k and, unless text is "", reads text.
func (p *parser) is(k kind, text string) bool {
	t := p.now()
	return t.kind == k && (text == "" || t.text == text)
}

func (p *parser) accept(k kind, text string) bool {
	if !p.is(k, text) {
		return false
	}
	p.i++
	return true
}

func (p *parser) expect(k kind, text, what string) token {
	if !p.is(k, text) {
		t := p.now()
		if t.kind == endOfSource {
			fail(t.at, "the template ends where %s should stand", what)
		}
		fail(t.at, "%q where %s should stand", t.text, what)
	}
	return p.next()
}

// nest counts a level of nesting until the returned function is called.
func (p *parser) nest() func() {
	if p.depth++; p.depth > maxDepth {
		fail(p.now().at, "the template is nested more than %d levels deep", maxDepth)
	}
	return func() { p.depth-- }
}

// body takes statements up to a block with one of the names, which it leaves, or to the end.
func (p *parser) body(ends ...string) []statement {
	defer p.nest()()
	var out []statement
	for {
		switch t := p.now(); t.kind {
		case endOfSource:
			if len(ends) > 0 {
				fail(t.at, "the template ends where {%% %s %%} should stand", ends[len(ends)-1])
			}
			return out
		case data:
			p.next()
			out = append(out, &textNode{at(t.at), plain(t.text)})
		case printBegin:
			p.next()
			out = append(out, &printNode{p.tuple()})
			p.expect(printEnd, "", "}}")
		default:
			block := p.tokens[p.i+1]
			if block.kind == name && slices.Contains(ends, block.text) {
				return out
			}
			p.next()
			if s := p.statement(); s != nil {
				out = append(out, s...)
			}
		}
	}
}

// end takes {% name %}.
func (p *parser) end(ends string) {
	p.expect(blockBegin, "", "{% "+ends+" %}")
	p.expect(name, ends, ends)
	p.expect(blockEnd, "", "%}")
}

// supportedStatements are for messages.
const supportedStatements = "if, for, set, macro, filter, raw, generation, break, continue"

// statement takes what stands behind {%.
func (p *parser) statement() []statement {
	t := p.expect(name, "", "the name of a statement")
	one := func(s statement) []statement { return []statement{s} }
	switch t.text {
	case "if":
		return one(p.ifStatement())
	case "for":
		return one(p.forStatement())
	case "set":
		return one(p.set(t.at))
	case "macro":
		return one(p.macro(t.at))
	case "filter":
		filters := p.filters(captured{at(t.at)}, true)
		p.expect(blockEnd, "", "%}")
		body := p.body("endfilter")
		p.end("endfilter")
		return one(&filterNode{at(t.at), body, filters})
	case "generation": // marks what the assistant said, for training; it changes no text
		p.expect(blockEnd, "", "%}")
		body := p.body("endgeneration")
		p.end("endgeneration")
		return body
	case "break", "continue":
		if p.loops == 0 {
			fail(t.at, "%s stands outside of a loop", t.text)
		}
		p.expect(blockEnd, "", "%}")
		return one(&jumpNode{map[string]flow{"break": breaking, "continue": continuing}[t.text]})
	}
	fail(t.at, "the statement %q is not supported; supported: %s", t.text, supportedStatements)
	return nil
}

// ifStatement takes what stands behind {% if or {% elif, up to and with endif.
func (p *parser) ifStatement() statement {
	defer p.nest()()
	n := &ifNode{test: p.tuple()}
	p.expect(blockEnd, "", "%}")
	n.then = p.body("elif", "else", "endif")
	p.expect(blockBegin, "", "{% endif %}")
	switch t := p.next(); t.text {
	case "elif":
		n.els = []statement{p.ifStatement()}
		return n
	case "else":
		p.expect(blockEnd, "", "%}")
		n.els = p.body("endif")
		p.end("endif")
		return n
	}
	p.expect(blockEnd, "", "%}")
	return n
}

func (p *parser) forStatement() statement {
	n := &forNode{at: at(p.now().at), targets: p.targets()}
	p.expect(name, "in", "in")
	n.over = p.or()
	if p.is(operator, ",") { // {% for x in 1, 2 %}
		n.over = p.tupleFrom(n.over)
	}
	if p.accept(name, "if") {
		n.filter = p.expression()
	}
	if p.is(name, "recursive") {
		fail(p.now().at, "recursive loops are not supported; write a macro")
	}
	p.expect(blockEnd, "", "%}")
	p.loops++
	n.body = p.body("else", "endfor")
	p.loops--
	if p.tokens[p.i+1].text == "else" {
		p.i += 2
		p.expect(blockEnd, "", "%}")
		n.els = p.body("endfor")
	}
	p.end("endfor")
	return n
}

var reserved = []string{"true", "false", "none", "True", "False", "None", "and", "or", "not", "if", "else", "elif", "in", "is"}

func (p *parser) targetName() string {
	t := p.expect(name, "", "a name")
	if slices.Contains(reserved, t.text) {
		fail(t.at, "%q cannot be assigned to", t.text)
	}
	return t.text
}

// targets takes a name, or names with commas between, in parentheses or not.
func (p *parser) targets() []string {
	open := p.accept(operator, "(")
	out := []string{p.targetName()}
	for p.accept(operator, ",") {
		if p.now().kind != name || p.is(name, "in") {
			break
		}
		out = append(out, p.targetName())
	}
	if open {
		p.expect(operator, ")", ")")
	}
	return out
}

func (p *parser) set(place int) statement {
	targets, attribute := p.targets(), ""
	if len(targets) == 1 && p.accept(operator, ".") {
		attribute = p.expect(name, "", "the name of an attribute").text
	}
	if p.accept(operator, "=") {
		x := p.tuple()
		p.expect(blockEnd, "", "%}")
		return &setNode{at(place), targets, attribute, x}
	}
	if len(targets) > 1 {
		fail(p.now().at, "%q where = should stand", p.now().text)
	}
	n := &setBlockNode{at: at(place), target: targets[0], attribute: attribute}
	if p.accept(operator, "|") {
		n.filters = p.filters(captured{at(place)}, true)
	}
	p.expect(blockEnd, "", "%}")
	n.body = p.body("endset")
	p.end("endset")
	return n
}

func (p *parser) macro(place int) statement {
	n := &macroNode{at: at(place), name: p.targetName()}
	p.expect(operator, "(", "(")
	for !p.accept(operator, ")") {
		if len(n.parameters) > 0 {
			p.expect(operator, ",", ", or )")
		}
		one := parameter{name: p.targetName()}
		if p.accept(operator, "=") {
			one.def = p.expression()
		}
		n.parameters = append(n.parameters, one)
	}
	p.expect(blockEnd, "", "%}")
	loops := p.loops
	p.loops = 0
	n.body = p.body("endmacro")
	p.loops = loops
	p.end("endmacro")
	return n
}

// filters takes filters behind x: "a|b(1)|c". With bare, the first comes without |.
func (p *parser) filters(x expr, bare bool) expr {
	for n := 0; bare || p.accept(operator, "|"); n++ {
		if n > maxDepth {
			fail(p.now().at, "more than %d filters in a row", maxDepth)
		}
		x, bare = p.filter(x), false
	}
	return x
}

// filter takes one filter, behind |.
func (p *parser) filter(x expr) expr {
	t := p.expect(name, "", "the name of a filter")
	f := &filtering{at: at(t.at), x: x, name: t.text}
	if p.accept(operator, "(") {
		f.args = p.arguments()
	}
	return f
}

// arguments takes the arguments behind (, and ).
func (p *parser) arguments() arguments {
	var a arguments
	for first := true; !p.accept(operator, ")"); first = false {
		if !first {
			p.expect(operator, ",", ", or )")
			if p.accept(operator, ")") {
				break
			}
		}
		if strings.HasPrefix(p.now().text, "*") && p.now().kind == operator {
			fail(p.now().at, "arguments with * are not supported")
		}
		if p.now().kind == name && p.tokens[p.i+1].kind == operator && p.tokens[p.i+1].text == "=" {
			a.names = append(a.names, p.next().text)
			p.next()
			a.named = append(a.named, p.expression())
			continue
		}
		if len(a.names) > 0 {
			fail(p.now().at, "an argument without a name behind one with a name")
		}
		a.positional = append(a.positional, p.expression())
	}
	return a
}

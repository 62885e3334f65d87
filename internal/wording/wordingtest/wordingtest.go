// Package wordingtest holds what a package says to what it does: a rule that the code changes alone fails a test.
//
// Check reads the package's source. Every number that decides something has a name; every such name goes into a text, by
// fmt.Sprintf or package wording, exactly and not rounded; and no text states a number of its own. Options renders a text and
// changes the options one by one: it must follow each.
//
// The opinion: what need not be said is listed, each with its reason, and the list is kept as short as it is true: an entry
// that is no longer needed fails too.
package wordingtest

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Exempt lists what a package need not say, and why.
type Exempt struct {
	Constants map[string]string // by name
	Numbers   map[string]string // that need no name: "0.5 in NormalScores"
	Texts     map[string]string // phrases that state a number which no constant holds: "half of the models"
}

// Check fails for every rule of the package in the current folder that its texts need not follow.
func Check(t *testing.T, exempt Exempt) {
	t.Helper()
	report(t, check(read(t, "."), exempt))
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults {
		t.Error(f)
	}
}

func check(p *source, exempt Exempt) []string {
	var faults []string
	for _, kind := range []struct {
		found  []fault
		exempt map[string]string
		what   string
	}{{p.constants(), exempt.Constants, "constant"}, {p.numbers(), exempt.Numbers, "number"},
		{p.texts(exempt.Texts), nil, "text"}} {
		for _, f := range kind.found {
			if kind.exempt[f.key] == "" {
				faults = append(faults, p.at(f.pos)+f.text)
			}
		}
		for key := range kind.exempt {
			if !slices.ContainsFunc(kind.found, func(f fault) bool { return f.key == key }) {
				faults = append(faults, kind.what+" "+key+" needs no exemption")
			}
		}
	}
	return append(faults, p.unused(exempt.Texts)...)
}

// fault is something that a text need not follow.
type fault struct {
	key  string
	pos  token.Pos
	text string
}

// constants are those with a number that no text is made from, or only after rounding.
func (p *source) constants() []fault {
	said, rounded := map[types.Object]bool{}, map[types.Object]string{}
	p.inspect(func(n ast.Node, _ []ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || !says(call) {
			return
		}
		for i, arg := range call.Args {
			for _, c := range p.constantsIn(arg, true) {
				said[c] = true
			}
			for _, c := range p.constantsIn(arg, false) {
				if verb := verbOf(call, i); strings.Contains(verb, ".") {
					rounded[c] = verb
				}
			}
		}
	})
	var out []fault
	for _, c := range p.declared() {
		switch {
		case !said[c]:
			out = append(out, fault{c.Name(), c.Pos(), "constant " + c.Name() + " is said in no text: state it in methods.go, " +
				"or exempt it with the reason"})
		case rounded[c] != "":
			out = append(out, fault{c.Name(), c.Pos(), "constant " + c.Name() + " is rounded by " + rounded[c] +
				": say it by %g or wording.Number"})
		}
	}
	return out
}

// says tells whether a call makes text.
func says(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := f.X.(*ast.Ident)
	return ok && (of.Name == "wording" || of.Name == "fmt" && slices.Contains([]string{"Sprintf", "Sprint", "Errorf"},
		f.Sel.Name))
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z%]`)

// verbOf is the verb of a format that prints an argument; empty where there is none.
func verbOf(call *ast.CallExpr, arg int) string {
	format, ok := text(call.Args[0])
	if !ok || arg == 0 {
		return ""
	}
	var verbs []string
	for _, v := range verb.FindAllString(format, -1) {
		if v != "%%" {
			verbs = append(verbs, v)
		}
	}
	if arg > len(verbs) {
		return ""
	}
	return verbs[arg-1]
}

// text is the value of a literal, or of literals joined by +.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, okX := text(e.X)
		y, okY := text(e.Y)
		return x + y, okX || okY
	}
	return "", false
}

const (
	rounding = 1e-6 // numbers below it keep rounding from deciding
	small    = 2    // whole numbers up to it need no name: pairs, halves, both sides
)

// numbers are those that decide and have no name: fractions anywhere, and whole numbers that something is compared with.
func (p *source) numbers() []fault {
	var out []fault
	p.inspect(func(n ast.Node, above []ast.Node) {
		l, ok := n.(*ast.BasicLit)
		if !ok || l.Kind != token.INT && l.Kind != token.FLOAT || named(above) {
			return
		}
		v, _ := constant.Float64Val(constant.ToFloat(constant.MakeFromLiteral(l.Value, l.Kind, 0)))
		whole := v == float64(int(v))
		if v < rounding || whole && (v <= small || !compared(above)) {
			return
		}
		key := l.Value + " in " + function(above)
		out = append(out, fault{key, l.Pos(), "number " + key + " has no name: make it a constant, or exempt it with the reason"})
	})
	return out
}

func named(above []ast.Node) bool {
	return slices.ContainsFunc(above, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		return ok && d.Tok == token.CONST
	})
}

// compared tells whether a number stands in a comparison, min or max, itself or in arithmetic.
func compared(above []ast.Node) bool {
	for _, n := range slices.Backward(above) {
		switch n := n.(type) {
		case *ast.ParenExpr, *ast.UnaryExpr:
		case *ast.BinaryExpr:
			if n.Op == token.LSS || n.Op == token.LEQ || n.Op == token.GTR || n.Op == token.GEQ || n.Op == token.EQL ||
				n.Op == token.NEQ {
				return true
			}
		case *ast.CallExpr:
			f, ok := n.Fun.(*ast.Ident)
			if ok && (f.Name == "min" || f.Name == "max") {
				return true
			}
			if !ok || f.Name != "int" && f.Name != "float64" {
				return false
			}
		default:
			return false
		}
	}
	return false
}

func function(above []ast.Node) string {
	for _, n := range above {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f.Name.Name
		}
	}
	return "a declaration"
}

var (
	harmless = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z%]|\[@[^\]]*\]|\b(18|19|20)\d\d\b`)
	stated   = regexp.MustCompile(`(?i)\b(three|four|five|six|seven|eight|nine|ten|eleven|twelve|` +
		`third|quarter|fifth|tenth|twice)\b|\bhalf of\b|[3-9]|[0-9][0-9]|[0-9]\.[0-9]`)
)

// texts are literals that state a number: words and digits from three on, fractions, "half of". 0, 1 and 2 stand in formulas.
func (p *source) texts(exempt map[string]string) []fault {
	var out []fault
	p.inspect(func(n ast.Node, above []ast.Node) {
		s, ok := sentence(n)
		if !ok {
			return
		}
		for phrase := range exempt {
			s = strings.ReplaceAll(s, phrase, "")
		}
		if found := stated.FindString(harmless.ReplaceAllString(s, "")); found != "" {
			out = append(out, fault{s, n.Pos(), "a text states " + strconv.Quote(found) +
				" as a literal: print the constant, or exempt the phrase with the reason"})
		}
	})
	return out
}

// sentence is the text of a literal that people read: three words or more.
func sentence(n ast.Node) (string, bool) {
	l, ok := n.(*ast.BasicLit)
	if !ok {
		return "", false
	}
	s, ok := text(l)
	return s, ok && len(strings.Fields(s)) > 2
}

// unused are exempt phrases that stand in no text.
func (p *source) unused(exempt map[string]string) []string {
	var out []string
	for phrase := range exempt {
		found := false
		p.inspect(func(n ast.Node, _ []ast.Node) {
			s, ok := sentence(n)
			found = found || ok && strings.Contains(s, phrase)
		})
		if !found {
			out = append(out, "the phrase "+strconv.Quote(phrase)+" needs no exemption: no text has it")
		}
	}
	return out
}

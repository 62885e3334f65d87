package chat

// The tree of a template. Statements run, expressions evaluate; each knows where it stands in the source.

type (
	statement interface{ run(m *machine, s *scope) }
	expr      interface {
		eval(m *machine, s *scope) value
		place() int
	}
)

// at is the byte of the source at which a node stands.
type at int

func (a at) place() int { return int(a) }

type (
	textNode struct {
		at
		s text
	}
	printNode struct{ x expr }
	ifNode    struct {
		test      expr
		then, els []statement
	}
	forNode struct {
		at
		targets      []string
		over, filter expr // filter may be nil
		body, els    []statement
	}
	setNode struct {
		at
		targets   []string
		attribute string // of targets[0], a namespace; "" if none
		x         expr
	}
	setBlockNode struct {
		at
		target, attribute string
		body              []statement
		filters           expr // what is applied to the captured text; may be nil
	}
	filterNode struct {
		at
		body    []statement
		filters expr
	}
	macroNode struct {
		at
		name       string
		parameters []parameter
		body       []statement
	}
	jumpNode struct{ kind flow } // break or continue
)

type parameter struct {
	name string
	def  expr // nil: none
}

type (
	constant struct {
		at
		v value
	}
	variable struct {
		at
		name string
	}
	captured struct{ at } // the text that a filter block or set block has caught
	sequence struct {
		at
		items []expr
		tuple bool
	}
	mapping struct {
		at
		keys, values []expr
	}
	member struct { // x.name, x[index]
		at
		x, index  expr
		attribute bool
	}
	slicing struct { // x[start:stop:step], each may be nil
		at
		x, start, stop, step expr
	}
	calling struct {
		at
		x    expr
		args arguments
	}
	filtering struct {
		at
		x    expr
		name string
		args arguments
	}
	tested struct {
		at
		x    expr
		name string
		not  bool
		args arguments
	}
	unary struct {
		at
		op string // "not", "-", "+"
		x  expr
	}
	binary struct {
		at
		op          string // "and", "or" and the arithmetic operators
		left, right expr
	}
	comparison struct {
		at
		first expr
		rest  []compared
	}
	compared struct {
		op string // "==", "!=", "<", "<=", ">", ">=", "in", "not in"
		x  expr
	}
	concatenation struct {
		at
		parts []expr
	}
	choice struct { // then if test else els; els may be nil
		at
		test, then, els expr
	}
)

// arguments are those of a call, filter or test.
type arguments struct {
	positional []expr
	names      []string
	named      []expr
}

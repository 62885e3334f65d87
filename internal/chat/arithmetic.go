package chat

import (
	"math"
	"math/big"
)

func (x *binary) eval(m *machine, s *scope) value {
	defer m.nest(x.place())()
	m.step(x.place())
	left := x.left.eval(m, s)
	switch x.op {
	case "and":
		if !truth(left) {
			return left
		}
		return x.right.eval(m, s)
	case "or":
		if truth(left) {
			return left
		}
		return x.right.eval(m, s)
	}
	right := x.right.eval(m, s)
	if v, ok := m.joined(x, left, right); ok {
		return v
	}
	if !isNumber(left) || !isNumber(right) {
		for _, v := range []value{left, right} {
			if u, ok := v.(undefined); ok {
				fail(x.place(), "%q is undefined", u.name)
			}
		}
		fail(x.place(), "%s cannot stand between values of types %s and %s", x.op, typeName(left), typeName(right))
	}
	a, isInt := intOf(left)
	b, alsoInt := intOf(right)
	if isInt && alsoInt && x.op != "/" && !(x.op == "**" && b < 0) {
		return integers(x.place(), x.op, a, b)
	}
	return floats(x.place(), x.op, numberOf(left), numberOf(right))
}

// joined is + of two texts or lists, and * of a text or list and a number.
func (m *machine) joined(x *binary, left, right value) (value, bool) {
	if x.op == "*" {
		if _, ok := intOf(left); ok {
			left, right = right, left
		}
		n, ok := intOf(right)
		if !ok {
			return nil, false
		}
		n = max(0, min(n, maxBytes))
		switch v := left.(type) {
		case text:
			m.charge(x.place(), len(v.s)*int(n))
			parts := make([]text, 0)
			for range n {
				m.step(x.place())
				parts = append(parts, v)
			}
			return join(parts, text{}), true
		case *list:
			m.charge(x.place(), 8*len(v.items)*int(n))
			out := &list{tuple: v.tuple}
			for range n {
				m.step(x.place())
				out.items = append(out.items, v.items...)
			}
			return out, true
		}
		return nil, false
	}
	if x.op != "+" {
		return nil, false
	}
	switch a := left.(type) {
	case text:
		if b, ok := right.(text); ok {
			m.charge(x.place(), len(a.s)+len(b.s))
			return join([]text{a, b}, text{}), true
		}
	case *list:
		if b, ok := right.(*list); ok && a.tuple == b.tuple {
			out := m.listOf(x.place(), append(append([]value{}, a.items...), b.items...))
			out.tuple = a.tuple
			return out, true
		}
	}
	return nil, false
}

// integers computes with Python's integers, of which those that do not fit 64 bits are refused.
func integers(at int, op string, a, b int64) value {
	x, y, z := big.NewInt(a), big.NewInt(b), new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "**":
		if b > 64 && a != 0 && a != 1 && a != -1 {
			fail(at, "the number is too large")
		}
		z.Exp(x, big.NewInt(min(b, 64+b%2)), nil)
	default:
		if b == 0 {
			fail(at, "division by zero")
		}
		remainder := new(big.Int)
		z.DivMod(x, y, remainder) // Euclidean; Python rounds down
		if b < 0 && remainder.Sign() != 0 {
			z.Sub(z, big.NewInt(1))
			remainder.Add(remainder, y)
		}
		if op == "%" {
			z = remainder
		}
	}
	if !z.IsInt64() {
		fail(at, "the number is too large")
	}
	return z.Int64()
}

func floats(at int, op string, a, b float64) value {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "**":
		return math.Pow(a, b)
	}
	if b == 0 {
		fail(at, "division by zero")
	}
	switch op {
	case "//":
		return math.Floor(a / b)
	case "%":
		r := math.Mod(a, b)
		if r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r
	}
	return a / b
}

package chat

import "strings"

// text is a string that knows which of its bytes came from outside.
type text struct {
	s         string
	untrusted []Span // ascending, not overlapping, not empty
}

func plain(s string) text { return text{s: s} }

func untrusted(s string) text {
	if s == "" {
		return text{}
	}
	return text{s, []Span{{0, len(s)}}}
}

// made is a string that was computed from texts in a way that does not say which byte came from where: it is untrusted as a
// whole if any of them is in part.
func made(s string, from ...text) text {
	for _, t := range from {
		if len(t.untrusted) > 0 {
			return untrusted(s)
		}
	}
	return plain(s)
}

// slice is t's bytes [i, j).
func (t text) slice(i, j int) text {
	out := text{s: t.s[i:j]}
	for _, f := range t.untrusted {
		if start, end := max(f.Start, i), min(f.End, j); start < end {
			out.untrusted = append(out.untrusted, Span{start - i, end - i})
		}
	}
	return out
}

// join puts texts together.
func join(parts []text, separator text) text {
	if len(parts) == 1 {
		return parts[0]
	}
	var b strings.Builder
	var out text
	add := func(t text) {
		out.untrusted = appendShifted(out.untrusted, t.untrusted, b.Len())
		b.WriteString(t.s)
	}
	for i, part := range parts {
		if i > 0 {
			add(separator)
		}
		add(part)
	}
	out.s = b.String()
	return out
}

// appendShifted adds spans, moved by offset, to those that end at or before it.
func appendShifted(spans, more []Span, offset int) []Span {
	for _, s := range more {
		s.Start, s.End = s.Start+offset, s.End+offset
		if n := len(spans); n > 0 && spans[n-1].End == s.Start {
			spans = append(spans[:n-1:n-1], Span{spans[n-1].Start, s.End})
			continue
		}
		spans = append(spans, s)
	}
	return spans
}

// split cuts t at the separator, at most n times if n >= 0.
func (t text) split(separator string, n int) []text {
	var out []text
	at := 0
	for n != 0 {
		i := strings.Index(t.s[at:], separator)
		if i < 0 {
			break
		}
		out = append(out, t.slice(at, at+i))
		at += i + len(separator)
		n--
	}
	return append(out, t.slice(at, len(t.s)))
}

// fields cuts t at white space, at most n times if n >= 0.
func (t text) fields(n int) []text {
	var out []text
	rest := t.trim(isSpace, true, false)
	for rest.s != "" {
		end := strings.IndexFunc(rest.s, isSpace)
		if end < 0 || n == 0 {
			return append(out, rest)
		}
		out = append(out, rest.slice(0, end))
		rest = rest.slice(end, len(rest.s)).trim(isSpace, true, false)
		n--
	}
	return out
}

// trim takes the characters that cut accepts off the ends.
func (t text) trim(cut func(rune) bool, left, right bool) text {
	start, end := 0, len(t.s)
	if left {
		start = end - len(strings.TrimLeftFunc(t.s, cut))
	}
	if right {
		end = start + len(strings.TrimRightFunc(t.s[start:], cut))
	}
	return t.slice(start, end)
}

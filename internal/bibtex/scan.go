package bibtex

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"sdmap/internal/diag"
)

// deepest bounds braces inside each other.
const deepest = 50

// months are the macros that every style of BibTeX defines.
var months = map[string]string{"jan": "January", "feb": "February", "mar": "March", "apr": "April", "may": "May", "jun": "June",
	"jul": "July", "aug": "August", "sep": "September", "oct": "October", "nov": "November", "dec": "December"}

// scanner walks over the text.
type scanner struct {
	src string
	at  int
}

// rawEntry is an entry as it is written.
type rawEntry struct {
	kind, key   string
	fields      map[string]rawValue
	start, stop int
}

// rawValue is a field's value with its braces and commands, macros filled in.
type rawValue struct {
	text        string
	start, stop int
}

// next passes text up to the next "@" and over it. What stands between entries is a comment; an address of mail in it begins no
// entry.
func (s *scanner) next() bool {
	for {
		i := strings.IndexByte(s.src[s.at:], '@')
		if i < 0 {
			s.at = len(s.src)
			return false
		}
		s.at += i + 1
		if before, _ := utf8.DecodeLastRuneInString(s.src[:s.at-1]); !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			return true
		}
	}
}

func (s *scanner) blank() {
	for s.at < len(s.src) && strings.IndexByte(" \t\r\n", s.src[s.at]) >= 0 {
		s.at++
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.src) {
		return s.src[s.at]
	}
	return 0
}

// word reads a name: all up to white space or a character that means something.
func (s *scanner) word() string {
	start := s.at
	for s.at < len(s.src) && strings.IndexByte(" \t\r\n{}()\",=#%@", s.src[s.at]) < 0 {
		s.at++
	}
	return s.src[start:s.at]
}

// entry reads what follows an "@". The key of what is no entry (a comment, a macro) is empty.
func (r *reader) entry() (rawEntry, error) {
	e := rawEntry{fields: map[string]rawValue{}, start: r.at - 1}
	e.kind = strings.ToLower(r.word())
	r.blank()
	open := r.peek()
	if e.kind == "comment" && open != '{' && open != '(' {
		return rawEntry{}, nil
	}
	if open != '{' && open != '(' {
		return e, errors.New("the entry has no opening brace")
	}
	if e.kind == "comment" || e.kind == "preamble" {
		_, err := r.braced(open)
		return rawEntry{}, err
	}
	r.at++
	closing := map[byte]byte{'{': '}', '(': ')'}[open]
	if e.kind != "string" {
		r.blank()
		start := r.at
		for r.at < len(r.src) && strings.IndexByte(", \t\r\n{\"=@", r.src[r.at]) < 0 && r.src[r.at] != closing {
			r.at++
		}
		e.key = r.src[start:r.at]
		r.blank()
		switch c := r.peek(); {
		case e.key == "" || c == '=':
			return e, errors.New("the entry has no key")
		case c == ',':
			r.at++
		case c != closing:
			return e, fmt.Errorf("entry %q: a comma or the end of the entry is missing behind the key", e.key)
		}
	}
	err := r.fields(&e, closing)
	e.stop = r.at
	if err == nil && e.kind == "string" {
		for name, v := range e.fields {
			r.macros[name] = v.text
		}
		return rawEntry{}, nil
	}
	return e, err
}

// fields reads name = value, with commas between and perhaps one behind, up to the closing character.
func (r *reader) fields(e *rawEntry, closing byte) error {
	for {
		r.blank()
		if r.at >= len(r.src) {
			return fmt.Errorf("entry %q is not closed", e.key)
		}
		if r.peek() == closing {
			r.at++
			return nil
		}
		start := r.at
		name := strings.ToLower(r.word())
		r.blank()
		if name == "" || r.peek() != '=' {
			return fmt.Errorf("entry %q: a field is a name, an equals sign and a value", e.key)
		}
		r.at++
		v, err := r.value()
		if err != nil {
			return fmt.Errorf("entry %q, field %q: %w", e.key, name, err)
		}
		if _, twice := e.fields[name]; twice {
			r.tell(diag.Warning, start, r.at, fmt.Sprintf("entry %q has the field %q twice", e.key, name),
				"The first one counts, as in BibTeX.")
		} else {
			e.fields[name] = v
		}
		r.blank()
		switch r.peek() {
		case ',':
			r.at++
		case closing:
		default:
			return fmt.Errorf("entry %q: a comma or the end of the entry is missing behind the field %q", e.key, name)
		}
	}
}

// value reads pieces joined by "#": in braces, in quotes, numbers and macros.
func (r *reader) value() (rawValue, error) {
	r.blank()
	v := rawValue{start: r.at}
	var b strings.Builder
	for {
		r.blank()
		start := r.at
		switch c := r.peek(); c {
		case '{':
			text, err := r.braced('{')
			if err != nil {
				return v, err
			}
			b.WriteString(text)
		case '"':
			text, err := r.quoted()
			if err != nil {
				return v, err
			}
			b.WriteString(text)
		default:
			word := r.word()
			macro, defined := r.macros[strings.ToLower(word)]
			switch {
			case word == "":
				return v, errors.New("the value is missing")
			case strings.Trim(word, "0123456789") == "":
				b.WriteString(word)
			case defined && !r.lend(macro):
				return v, errors.New(tooMuchLent)
			case defined:
				b.WriteString(macro)
			default:
				r.tell(diag.Warning, start, r.at, fmt.Sprintf("no macro is called %q", word),
					`It stays as it is. Put text into braces, or define it: @string{`+word+` = "…"}.`)
				b.WriteString(word)
			}
		}
		v.stop = r.at
		r.blank()
		if r.peek() != '#' {
			v.text = b.String()
			return v, nil
		}
		r.at++
	}
}

// braced reads what is between an opening character and the one that closes it. Braces count even behind a backslash.
func (s *scanner) braced(open byte) (string, error) {
	s.at++
	start, depth := s.at, 0
	for ; s.at < len(s.src); s.at++ {
		switch c := s.src[s.at]; {
		case c == '{':
			if depth++; depth > deepest {
				return "", fmt.Errorf("more than %d braces stand inside each other", deepest)
			}
		case depth == 0 && (c == '}' && open == '{' || c == ')' && open == '('):
			s.at++
			return s.src[start : s.at-1], nil
		case c == '}':
			depth--
		}
	}
	return "", errors.New("the value is not closed")
}

// quoted reads a value in quotes; a quote inside braces is part of it.
func (s *scanner) quoted() (string, error) {
	s.at++
	start, depth := s.at, 0
	for ; s.at < len(s.src); s.at++ {
		switch c := s.src[s.at]; {
		case c == '{':
			if depth++; depth > deepest {
				return "", fmt.Errorf("more than %d braces stand inside each other", deepest)
			}
		case c == '}':
			if depth--; depth < 0 {
				return "", errors.New("a brace closes that was not opened")
			}
		case c == '"' && depth == 0:
			s.at++
			return s.src[start : s.at-1], nil
		}
	}
	return "", errors.New("the value is not closed")
}

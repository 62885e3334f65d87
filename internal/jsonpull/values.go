package jsonpull

import (
	"crypto/sha256"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// mostNames bounds how many names of members are remembered, and how long they are.
const mostNames, longestName = 4096, 4096

// Object calls each for every member of the object that comes next, standing before its value, which is passed over where each
// does not take it.
func (r *Reader) Object(each func(name string) error) error {
	return r.members('{', '}', "an object in braces", func() error {
		if r.Next() != '"' {
			return r.wrong("a name in quotes")
		}
		name, err := r.name()
		if err != nil {
			return err
		}
		if r.Next() != ':' {
			return r.wrong("a colon")
		}
		r.at++
		return r.taken(func() error { return each(name) })
	})
}

// Array calls each for every element of the list that comes next, likewise.
func (r *Reader) Array(each func(i int) error) error {
	i := 0
	return r.members('[', ']', "a list in brackets", func() error {
		i++
		return r.taken(func() error { return each(i - 1) })
	})
}

func (r *Reader) members(open, end byte, what string, each func() error) error {
	if r.Next() != open {
		return r.wrong(what)
	}
	if r.depth++; r.depth > deepest {
		return r.broken("it is nested deeper than %d", deepest)
	}
	r.at++
	if r.Next() == end {
		r.at++
		r.depth--
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		switch r.Next() {
		case ',':
			r.at++
		case end:
			r.at++
			r.depth--
			return nil
		default:
			return r.wrong("a comma or " + strconv.QuoteRune(rune(end)))
		}
	}
}

// taken has a value read, or passes over it.
func (r *Reader) taken(each func() error) error {
	r.Next()
	before := r.position()
	if err := each(); err != nil || r.position() != before {
		return err
	}
	return r.Skip()
}

// name is that of a member; names that come again share memory.
func (r *Reader) name() (string, error) {
	raw, err := r.Raw(longestName)
	if err != nil {
		return "", err
	}
	if known, there := r.names[string(raw)]; there {
		return known, nil
	}
	name, err := r.unquoted(raw)
	if err == nil && len(r.names) < mostNames {
		r.names[string(raw)] = name
	}
	return name, err
}

// Raw is the next value as it is written, valid until the next call; one longer than most is passed over, and a fault.
func (r *Reader) Raw(most int) ([]byte, error) {
	r.Next()
	r.keeping, r.keepFrom, r.kept, r.most, r.tooLong = true, r.at, r.kept[:0], most, false
	err := r.Skip()
	r.keeping = false
	switch {
	case err != nil:
		return nil, err
	case r.tooLong || len(r.kept)+r.at-r.keepFrom > most:
		return nil, r.broken("a value is longer than %d bytes", most)
	case len(r.kept) == 0:
		return r.buf[r.keepFrom:r.at], nil
	}
	r.kept = append(r.kept, r.buf[:r.at]...)
	return r.kept, nil
}

// Text is the next value, a text; a number or a word as it is written, and nothing for null.
func (r *Reader) Text(most int) (string, error) {
	raw, err := r.Raw(most)
	switch {
	case err != nil:
		return "", err
	case raw[0] == '"':
		return r.unquoted(raw)
	case string(raw) == "null":
		return "", nil
	}
	return string(raw), nil
}

func (r *Reader) unquoted(raw []byte) (string, error) {
	for _, c := range raw {
		if c == '\\' {
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return "", r.broken("a text has an escape that JSON does not know")
			}
			return s, nil
		}
	}
	return strings.ToValidUTF8(string(raw[1:len(raw)-1]), "\uFFFD"), nil
}

// longestNumber bounds the digits of a number.
const longestNumber = 1000

// Number is the next value, a number, or a text that is one; NaN for null. False and true are 0 and 1; whatever else there is is
// passed over and false.
func (r *Reader) Number() (x float64, ok bool, err error) {
	if c := r.Next(); c == '{' || c == '[' {
		return math.NaN(), false, r.Skip()
	}
	raw, err := r.Raw(longestNumber)
	if err != nil {
		return math.NaN(), false, err
	}
	switch string(raw) {
	case "null":
		return math.NaN(), true, nil
	case "true":
		return 1, true, nil
	case "false":
		return 0, true, nil
	case "0", "0.0":
		return 0, true, nil
	case "1", "1.0":
		return 1, true, nil
	}
	if raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	x, err = strconv.ParseFloat(string(raw), 64)
	if err != nil && !math.IsInf(x, 0) {
		return math.NaN(), false, nil
	}
	return x, true, nil
}

// Digest stands for the next value, of any length, as it is written.
func (r *Reader) Digest() (sum [16]byte, err error) {
	r.Next()
	r.hash, r.keeping, r.keepFrom = sha256.New(), true, r.at
	err = r.Skip()
	r.keep()
	copy(sum[:], r.hash.Sum(nil))
	r.hash, r.keeping = nil, false
	return sum, err
}

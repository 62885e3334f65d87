package rows

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// survey is what a first look at a file that begins with a brace finds.
type survey struct {
	single bool     // the file is one object
	lists  []string // its members that are lists of objects
	names  []string // the first of its members
}

const notFromHere = "the object is not JSON from here on: "

// members calls each for every member of the object that comes next, standing before its value.
func (s *scanner) members(each func(name string, first byte) (more bool, err error)) (all bool, err error) {
	s.next() // the opening brace
	for number := 1; ; number++ {
		c, err := s.peek()
		if err != nil {
			return false, err
		}
		if c == '}' && number == 1 {
			_, err := s.next()
			return true, err
		}
		if c != '"' {
			return false, s.broken(notFromHere + "a key in quotes is expected")
		}
		if err := s.value(true); err != nil {
			return false, err
		}
		name, err := (&parser{text: string(s.text)}).string()
		if err != nil {
			return false, s.broken(notFromHere + err.Error())
		}
		if c, err = s.peek(); err != nil || c != ':' {
			return false, firstOf(err, s.broken(notFromHere+"a colon is expected"))
		}
		s.next()
		if c, err = s.peek(); err != nil {
			return false, err
		}
		if more, err := each(name, c); err != nil || !more {
			return false, err
		}
		if c, err = s.peek(); err != nil || c != ',' && c != '}' {
			return false, firstOf(err, s.broken(notFromHere+"a comma or a closing brace is expected"))
		}
		if s.next(); c == '}' {
			return true, nil
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// mostNames is how many members of an object a message names.
const mostNames = 8

// look reads the first object of a file, and whether anything follows it.
func look(s *scanner) (found survey, err error) {
	_, err = s.members(func(name string, first byte) (bool, error) {
		if len(found.names) < mostNames {
			found.names = append(found.names, name)
		}
		if first != '[' {
			return true, s.value(false)
		}
		objects := false
		_, err := s.elements(func(number int) (bool, error) {
			c, err := s.peek()
			objects = objects || number == 1 && c == '{'
			return true, firstOf(err, s.value(false))
		})
		if objects && !slices.Contains(found.lists, name) {
			found.lists = append(found.lists, name)
		}
		return true, err
	})
	if err != nil {
		return survey{}, err
	}
	c, err := s.peek()
	found.single = c == 0
	return found, err
}

// readObjects reads a file that begins with a brace: JSON Lines, or one object with the list of rows inside. Which of them,
// only the end of the first object tells; then the file is read from its beginning again.
func readObjects(file io.ReaderAt, size int64, s *stream, o Options, visit func(Row) bool) error {
	found, fault := look(&scanner{in: s.in, line: s.blank + 1})
	broken, isBroken := errors.AsType[*Broken](fault)
	if fault != nil && !isBroken {
		return fault
	}
	again, err := open(file, size)
	if err != nil {
		return err
	}
	defer again.Close()
	if _, err := again.first(); err != nil {
		return err
	}
	switch {
	case isBroken && (o.List != "" || goesOn(again.in)):
		return broken
	case o.List != "" && !found.single:
		return &Broken{Reason: fmt.Sprintf("rows = %q names a list inside one object, and the file holds many objects",
			o.List)}
	case o.List == "" && !found.single:
		return readLines(again.in, again.blank, visit)
	case o.List == "" && len(found.lists) == 0: // the only row, over however many lines
		only := &scanner{in: again.in, line: again.blank + 1}
		if err := only.value(true); err != nil {
			return err
		}
		visit(new(parser).row(only.text, only.long, again.blank+1, 1))
		return nil
	}
	if inner, nested := strings.CutPrefix(o.List, "*."); nested {
		return readNested(&scanner{in: again.in, line: again.blank + 1}, inner, visit)
	}
	name, err := found.choose(o.List)
	if err != nil {
		return err
	}
	return readMember(&scanner{in: again.in, line: again.blank + 1}, name, visit)
}

// goesOn says whether the first line is one of an object that is written over many.
func goesOn(in *bufio.Reader) bool {
	head, _ := in.Peek(buffer)
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	line = bytes.TrimSpace(line)
	return len(line) == 0 || strings.IndexByte("{[,", line[len(line)-1]) >= 0
}

// choose is the list that holds the rows.
func (f survey) choose(name string) (string, error) {
	if name == "" && len(f.lists) == 1 {
		return f.lists[0], nil
	}
	if name != "" && slices.Contains(f.lists, name) {
		return name, nil
	}
	if len(f.lists) == 0 {
		return "", &Broken{Reason: fmt.Sprintf("the object has no list of rows; it has %s", strings.Join(f.names, ", "))}
	}
	return "", &Broken{Reason: fmt.Sprintf("the object has the lists %s: write rows = %q, or another of them, in the "+
		"benchmark's table", strings.Join(f.lists, ", "), f.lists[0])}
}

// readMember streams the list of this name inside the object that comes next.
func readMember(s *scanner, list string, visit func(Row) bool) error {
	_, err := s.members(func(name string, first byte) (bool, error) {
		if name != list || first != '[' {
			return true, s.value(false)
		}
		return s.rows(visit)
	})
	return err
}

// readNested streams the lists of this name inside the members of the object that comes next. A row has the other fields of its
// member, too, such as the passage that its questions are about. Its line is not known.
func readNested(s *scanner, list string, visit func(Row) bool) error {
	var p parser
	number := 0
	all, err := s.members(func(name string, first byte) (bool, error) {
		line := s.line
		if err := s.value(true); err != nil || first != '{' {
			return true, err
		}
		member := p.row(s.text, s.long, line, number)
		if member.Fault != "" {
			return false, &Broken{line, fmt.Sprintf("the member %q: %s", name, member.Fault)}
		}
		value, _ := member.Fields.Get(list)
		elements, _ := value.([]any)
		for _, e := range elements {
			number++
			if !visit(member.with(e, list, number)) {
				return false, nil
			}
		}
		return true, nil
	})
	if err == nil && all && number == 0 {
		err = &Broken{Reason: fmt.Sprintf("no member of the object has a list %q", list)}
	}
	return err
}

// with is an element of the member's list as a row.
func (m Row) with(element any, list string, number int) Row {
	r := Row{Number: number, Notes: m.Notes}
	fields, ok := element.(Object)
	if !ok {
		r.Fault = fmt.Sprintf("the row is %s; it must be an object in braces", KindOf(element))
		return r
	}
	r.Fields = slices.Clone(fields)
	for _, f := range m.Fields {
		if _, taken := fields.Get(f.Name); !taken && f.Name != list {
			r.Fields = append(r.Fields, f)
		}
	}
	return r
}

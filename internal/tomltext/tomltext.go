// Package tomltext reads TOML that people write: with the place of every key and value, and bounded before it is decoded.
//
// The pipeline: text -> one scan in linear time, which notes places and refuses what is out of bounds -> the decoder -> values
// and a tree of places of the same shape. A text that the decoder refuses, and one that is out of bounds, is a Fault with its
// place; the caller, who knows the file's name, makes a diagnostic of it.
package tomltext

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Fault is why a text cannot be read, and where: one line without a full stop, and more where there is more to say.
type Fault struct {
	At              Span
	Summary, Detail string
}

func (f *Fault) Error() string { return f.Summary }

// Decode reads src into a map or a struct and says where everything stands.
func Decode(src []byte, into any) (*Node, *Fault) {
	if !utf8.Valid(src) {
		i := len(src) - len(bytes.TrimLeftFunc(src, func(c rune) bool { return c != utf8.RuneError }))
		return nil, &Fault{Span{i, i}, "the file is not UTF-8", "Save it as UTF-8."}
	}
	root, fault := locate(src)
	if fault != nil {
		return nil, fault
	}
	if _, err := toml.Decode(string(src), into); err != nil {
		return nil, syntax(src, err)
	}
	return root, nil
}

// syntax is what the decoder says about text that is not TOML, or does not fit.
func syntax(src []byte, err error) *Fault {
	e, ok := errors.AsType[toml.ParseError](err)
	if !ok {
		return &Fault{Span{}, "the file is not TOML", err.Error()}
	}
	start := e.Position.Start
	if bytes.HasPrefix(src, []byte(byteOrderMark)) {
		start += len(byteOrderMark)
	}
	detail := ""
	if e.LastKey != "" {
		detail = fmt.Sprintf("The last key read was %q.", e.LastKey)
	}
	return &Fault{Span{start, start + e.Position.Len}, "the file is not TOML: " + e.Message, detail}
}

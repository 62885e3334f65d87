package gguf

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"sdmap/internal/files"
)

// Error is what every function of this package returns: what is wrong, where, and what to do about it.
type Error struct {
	File    string // path; empty for bytes in memory
	Key     string // the metadata key at fault, or
	Tensor  string // the tensor at fault, or neither: the file as a whole
	Problem string
	Remedy  string // may be empty

	Missing bool  // the key is not in the file, as opposed to unusable
	Cause   error // what the system said; may be nil
}

func (e *Error) Unwrap() error { return e.Cause }

// systemError reports a failed system call without repeating the path that it names.
func systemError(path string, err error) *Error {
	problem := err.Error()
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		problem = p.Err.Error()
	}
	if n, ok := errors.AsType[files.NotRegular](err); ok {
		problem = n.Problem()
	}
	return &Error{File: path, Problem: problem, Cause: err}
}

func (e *Error) Error() string {
	var parts []string
	if e.File != "" {
		parts = append(parts, e.File)
	}
	if e.Key != "" {
		parts = append(parts, "key "+quote(e.Key))
	}
	if e.Tensor != "" {
		parts = append(parts, "tensor "+quote(e.Tensor))
	}
	if len(parts) == 0 {
		parts = append(parts, "GGUF file")
	}
	text := strings.Join(append(parts, e.Problem), ": ")
	if e.Remedy != "" {
		text += " (" + e.Remedy + ")"
	}
	return text
}

// quote shows a name from the file harmlessly: escaped and of bounded length.
func quote(name string) string {
	const longest = 120
	if len(name) > longest {
		return fmt.Sprintf("%q...", name[:longest])
	}
	return fmt.Sprintf("%q", name)
}

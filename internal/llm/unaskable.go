package llm

import (
	"errors"
	"fmt"
)

// Unaskable is the error for a request whose text the model cannot take: it is longer than the model's context, or has bytes that
// the model has no tokens for. Other requests of the batch can be asked without it. What a server failed to do is no such error.
type Unaskable struct {
	Request int // of the batch; 0 where one text was given
	Err     error
}

func (u Unaskable) Error() string { return u.Err.Error() }

// Unwrap is what keeps the model from it.
func (u Unaskable) Unwrap() error { return u.Err }

// At says which request, or text, of a batch err is about; one that is Unaskable stays so.
func At(what string, i int, err error) error {
	at := fmt.Errorf("%s %d: %w", what, i, err)
	if _, ok := errors.AsType[Unaskable](err); ok {
		return Unaskable{i, at}
	}
	return at
}

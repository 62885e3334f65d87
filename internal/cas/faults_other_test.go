//go:build !unix

package cas

import "errors"

func mkfifo(string) error { return errors.ErrUnsupported }

//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package outdir

import (
	"errors"
	"os"
)

func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }

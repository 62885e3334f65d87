//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package outdir

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of an opened folder if nobody has it. An error says that there are no locks here.
func tryLock(dir *os.File) (held bool, err error) {
	err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	return err == nil, err
}

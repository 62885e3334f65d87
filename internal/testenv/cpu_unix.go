//go:build unix

package testenv

import (
	"syscall"
	"time"
)

// CPU is the processor time that this process has used: what benchmarks compare on a machine that does other work, too.
func CPU() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

//go:build linux || darwin

package main

import "syscall"

// addressSpace is how much memory this process may map (ulimit -v), in bytes; 0 without a limit.
func addressSpace() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &limit); err != nil || limit.Cur > 1<<50 {
		return 0
	}
	return int64(limit.Cur)
}

//go:build linux || dragonfly || openbsd || solaris

package cas

import "syscall"

func changeTime(s *syscall.Stat_t) syscall.Timespec { return s.Ctim }

//go:build linux || dragonfly || openbsd || solaris || darwin || freebsd || netbsd

package files

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// inode is the part of a file's face that only some systems have.
func inode(i os.FileInfo) string {
	s, ok := i.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("changed %d\ninode %d on %d\n", inodeChanged(i).UnixNano(), s.Ino, s.Dev)
}

// inodeChanged is when the inode changed last: content, length, owner, mode, number of names, or a time that was set.
func inodeChanged(i os.FileInfo) time.Time {
	s, ok := i.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	t := changeTime(s)
	return time.Unix(t.Unix())
}

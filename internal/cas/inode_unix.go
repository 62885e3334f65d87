//go:build unix

package cas

import (
	"fmt"
	"os"
	"syscall"
)

func inode(i os.FileInfo) string {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%d on %d", s.Ino, s.Dev)
	}
	return ""
}

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package gguf

import (
	"syscall"

	"sdmap/internal/files"
)

// mapFile maps a regular file read-only; release unmaps it.
func mapFile(path string) (data []byte, release func() error, err error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if err := checkSize(info.Size()); err != nil {
		return nil, nil, err
	}
	data, err = syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil { // some network and FUSE file systems cannot map
		return readFile(path)
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}

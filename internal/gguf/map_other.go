//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package gguf

func mapFile(path string) (data []byte, release func() error, err error) { return readFile(path) }

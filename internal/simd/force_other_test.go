//go:build !amd64 && !arm64

package simd

func onlyPortable() (undo func()) { return func() {} }

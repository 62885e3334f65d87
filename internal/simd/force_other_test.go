//go:build !amd64

package simd

func onlyPortable() (undo func()) { return func() {} }

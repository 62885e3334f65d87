//go:build !amd64

package gguf

// haveKernels is set by tests.
var haveKernels bool

func kernelOf(Type) kernel { return kernel{} }

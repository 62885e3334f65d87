//go:build !(linux || darwin)

package main

// addressSpace is not known here.
func addressSpace() int64 { return 0 }

//go:build !amd64

package gguf

const haveVectors = false

func widen8(*float32, *byte, int) { panic("gguf: there are no vectors of 8 on this processor") }

func scale32(*float32, *byte, int) { panic("gguf: there are no vectors of 8 on this processor") }

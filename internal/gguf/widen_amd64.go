package gguf

import "golang.org/x/sys/cpu"

var haveVectors = cpu.X86.HasAVX2 && cpu.X86.HasF16C

//go:noescape
func widen8(dst *float32, src *byte, n int)

//go:noescape
func scale32(dst *float32, src *byte, blocks int)

package cli

import (
	"fmt"
	"math"
	"runtime/debug"
)

const (
	// reservedSpace is what Go's runtime reserves of a process' address space before the program begins (about 1.2 GiB with Go
	// 1.26, seen in VmPeak of an empty program), whether it is used or not.
	reservedSpace = 5 << 28
	// leastSpace is what a small study needs on top of it.
	leastSpace = 3 << 28
	// ampleSpace is what no study of moderate size comes near.
	ampleSpace = 8 << 30
)

// fitMemory makes the most of a limit on address space: the heap is collected early. A program of Go that meets the limit all the
// same is ended by its runtime, with no chance to say why, so what that would mean is said before. Below what any study needs
// the error says so.
func (a *app) fitMemory() error {
	if a.AddressSpace == 0 {
		return nil
	}
	if a.AddressSpace < reservedSpace+leastSpace {
		return fmt.Errorf("this process may map %s of memory (ulimit -v), and at least %s are needed, of which %s are "+
			"only reserved. "+
			"Allow more: ulimit -v unlimited, or what your batch system calls virtual memory; nothing was run",
			bytesText(a.AddressSpace), bytesText(reservedSpace+leastSpace), bytesText(reservedSpace))
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT of the user's stands
		debug.SetMemoryLimit((a.AddressSpace - reservedSpace) * 3 / 4)
	}
	if a.AddressSpace < ampleSpace {
		a.say("warning: this process may map only %s of memory (ulimit -v). Should it end with \"out of memory\", nothing that "+
			"was computed is lost: "+
			"allow more, and the same command goes on from there.", bytesText(a.AddressSpace))
	}
	return nil
}

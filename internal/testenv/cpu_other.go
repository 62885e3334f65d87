//go:build !unix

package testenv

import "time"

var begin = time.Now()

// CPU is the time since the process began, where the processor time that it used is not at hand.
func CPU() time.Duration { return time.Since(begin) }

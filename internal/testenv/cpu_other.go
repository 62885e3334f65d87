//go:build !unix

package testenv

import "time"

// CPU is 0 where the processor time of a process is not at hand.
func CPU() time.Duration { return 0 }

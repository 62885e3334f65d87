package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"sdmap/internal/cas"
	"sdmap/internal/cli"
)

// What the program sdmap-faulty is told by its environment.
const (
	// "SEED KIND COUNT": after COUNT operations on the store (of reading only, for unreadable)
	faultsVariable = "SDMAP_TEST_FAULTS"
	acksVariable   = "SDMAP_TEST_ACKS" // a file to which each promise of the store is added as a line
)

// Kinds of faults.
const (
	faultKill       = "kill"       // the process is killed between two operations
	faultFull       = "full"       // every write fails from then on: no space left
	faultBroken     = "broken"     // every write fails from then on: input/output error
	faultOnce       = "once"       // one operation that writes fails, and the next would succeed
	faultUnreadable = "unreadable" // one read in twenty fails from then on
)

// faulty is sdmap with a store that goes wrong as it is told, and that writes down what it has promised.
func faulty() {
	env := environment()
	env.StoreHooks = cas.Hooks{Acknowledged: acknowledgements(os.Getenv(acksVariable))}
	if told := os.Getenv(faultsVariable); told != "" {
		env.StoreHooks.Before = faults(told)
	}
	os.Exit(cli.Main(env))
}

func acknowledgements(path string) func(what string, id cas.ActionID, key string) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		panic(err)
	}
	return func(what string, id cas.ActionID, key string) {
		if _, err := fmt.Fprintf(f, "%s %s %s\n", what, id, strconv.Quote(key)); err != nil { // one write, whole lines
			panic(err)
		}
	}
}

func faults(told string) func(op, name string) error {
	words := strings.Fields(told)
	seed, err := strconv.ParseUint(words[0], 10, 64)
	left, err2 := strconv.Atoi(words[2])
	if err != nil || err2 != nil {
		panic(told)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	var mu sync.Mutex
	return func(op, name string) error {
		mu.Lock()
		defer mu.Unlock()
		reads := op == "read" || op == "list"
		if reads != (words[1] == faultUnreadable) && words[1] != faultKill {
			return nil
		}
		if left--; left > 0 {
			return nil
		}
		cause := syscall.EIO
		switch words[1] {
		case faultKill:
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				self.Kill()
			}
			select {} // until it is so
		case faultFull:
			cause = syscall.ENOSPC
		case faultOnce:
			left = 1 << 60
		case faultUnreadable:
			if random.IntN(20) > 0 {
				return nil
			}
		}
		return &fs.PathError{Op: op, Path: name, Err: cause}
	}
}

// Command sdmap makes semantic disentanglement maps of language-model benchmarks. See `sdmap help`.
package main

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

	"sdmap/internal/cli"
)

func main() { os.Exit(cli.Main(environment())) }

// environment is the outside world as the program finds it.
func environment() cli.Env {
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // under nohup it stays ignored
		signal.Notify(interrupts, syscall.SIGHUP)
	}
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	width := 0
	if terminal {
		width, _, _ = term.GetSize(int(os.Stderr.Fd()))
	}
	executable, _ := os.Executable()
	return cli.Env{
		Args:         os.Args[1:],
		Stdin:        os.Stdin,
		Stdout:       os.Stdout,
		Stderr:       os.Stderr,
		Terminal:     terminal,
		Width:        width,
		Getenv:       os.Getenv,
		CacheDir:     os.UserCacheDir,
		Now:          time.Now,
		Version:      release,
		Revision:     revision(),
		Executable:   executable,
		Interrupts:   interrupts,
		Exit:         os.Exit,
		AddressSpace: addressSpace(),
	}
}

// release is the version that reports name. It is counted up when a release is made, so that a report's bytes do not
// depend on how the program was built.
const release = "0.1.0"

// revision is what the version control system said when this was built; empty where it was not asked.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

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

func main() { os.Exit(run()) }

func run() int {
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	width := 0
	if terminal {
		width, _, _ = term.GetSize(int(os.Stderr.Fd()))
	}
	executable, _ := os.Executable()
	return cli.Main(cli.Env{
		Args:       os.Args[1:],
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		Terminal:   terminal,
		Width:      width,
		Getenv:     os.Getenv,
		CacheDir:   os.UserCacheDir,
		Now:        time.Now,
		Version:    version(),
		Executable: executable,
		Interrupts: interrupts,
		Exit:       os.Exit,
	})
}

// version is what the module's build says.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

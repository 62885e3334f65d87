// Package cli is the command line: commands, flags, exit codes, and the only place where everything is wired together.
//
// The pipeline of `run`: study.toml -> check -> plan -> engine -> analysis -> report -> files, each step in the package of
// that name; here they are only put in a row. The program is a function of an Env: arguments, streams, environment and
// clock enter there and nowhere else.
//
// The opinion: stdout is data, stderr is conversation. Everything that can be wrong with a study is said at once, at its
// line, before any model is asked. What was computed is never lost, and the exit code says how it ended.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sdmap/internal/cas"
	"sdmap/internal/fetch"
	"sdmap/internal/llm/backends"
	"sdmap/internal/llm/remote"
	"sdmap/internal/session"
	"sdmap/internal/wording"
)

// Env is the outside world.
type Env struct {
	Args         []string // without the program's name
	Stdin        io.Reader
	Stdout       io.Writer
	Stderr       io.Writer
	Terminal     bool // Stderr is a terminal
	Width        int  // of the terminal, in characters; 0 where unknown
	Getenv       func(string) string
	CacheDir     func() (string, error) // the user's cache directory
	Now          func() time.Time
	Version      string           // of the release
	Revision     string           // of the source, where known
	Executable   string           // path of this program, whose digest stands for the meaning of all it computes
	Interrupts   <-chan os.Signal // the first finishes what is in flight
	Exit         func(code int)   // at the second
	AddressSpace int64            // bytes that this process may map; 0 without a limit
	StoreHooks   cas.Hooks        // for tests of what can go wrong with the store
	Network      fetch.Network    // that files are fetched by; nil is the network
}

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitStudy       = 3 // the study, or a file that it names, is invalid
	exitPartial     = 4 // some of it could be computed, and was reported; or a model's answers cannot be trusted
	exitUnreachable = 5 // a server is unreachable
	exitInterrupted = 130
)

// exitCodes are those of a session's errors.
var exitCodes = map[session.Kind]int{session.Failure: exitFailure, session.Invalid: exitStudy, session.Partial: exitPartial,
	session.Unreachable: exitUnreachable, session.Interrupted: exitInterrupted}

// coded is an error with its exit code. An empty message prints nothing: it was said before.
type coded struct {
	code int
	err  error
}

func (c coded) Error() string {
	if c.err == nil {
		return ""
	}
	return c.err.Error()
}
func (c coded) Unwrap() error { return c.err }

func usage(format string, args ...any) error { return coded{exitUsage, fmt.Errorf(format, args...)} }

// app is one call of the program.
type app struct {
	*console
	cache    string        // flag -cache
	workers  int           // flag -j
	recordTo string        // flag -record
	verify   bool          // flag -verify of run
	out      string        // flag -o
	force    bool          // flag -force
	wait     time.Duration // for servers that go away within a run; 0 is the standard
	started  bool          // a command took over from the parser of arguments

	backends backends.List
	recorder *remote.Recorder // to the file of -record; nil without

	keeping atomic.Bool // the command finishes what is in flight when it is interrupted
}

// Main runs one command and returns its exit code.
func Main(env Env) int { return execute(newApp(env)) }

func newApp(env Env) *app { return &app{console: &console{Env: env}, backends: backends.All()} }

// execute is Main, for an app that is prepared.
func execute(a *app) int {
	env := a.Env
	a.Stdout = plainWriter{env.Stdout, "\n"}
	root := a.root()
	root.SetArgs(longFlags(root, env.Args))
	root.SetIn(env.Stdin)
	root.SetOut(plainWriter{env.Stdout, "\n\t"}) // tabs are what shells read completions by
	root.SetErr(plainWriter{env.Stderr, "\n\t"})
	ctx, stop := a.interruptible()
	defer stop()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitFailure
	if c, ok := errors.AsType[coded](err); ok {
		code = c.code
	} else if e, ok := errors.AsType[session.Error](err); ok {
		code = exitCodes[e.Kind]
	} else if !a.started {
		code = exitUsage
	}
	if text := err.Error(); text != "" {
		a.say("sdmap: %s", text)
	}
	if code == exitUsage {
		a.say("Try: sdmap help")
	}
	return code
}

// world is what sessions on a store meet.
func (a *app) world(store *cas.Store) *session.World {
	return &session.World{Store: store, Backends: a.backends, Getenv: a.Getenv, Now: a.Now, Version: a.Version,
		Executable: a.Executable, Workers: a.workers, Verify: a.verify, Record: a.recorder, Wait: a.wait,
		Say: a.say, Faults: a.showFaults, Refused: a.refused, Progress: a.newProgress().show,
		Fetching: a.newProgress().fetching, Network: a.Network,
		Keeping: func() { a.keeping.Store(true) }}
}

// interruptible returns a context that is cancelled at the first interrupt, where the command keeps what it has; any other
// command, and the second interrupt, ends the program at once.
func (a *app) interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-a.Interrupts:
			}
			if n > 0 || !a.keeping.Load() {
				a.Exit(exitInterrupted)
				return
			}
			a.say("Finishing what is in flight; once more stops at once.")
			cancel()
		}
	}()
	return ctx, func() { close(done); cancel() }
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "sdmap",
		Short:         "Semantic disentanglement maps of language-model benchmarks",
		Long:          rootHelp,
		Version:       a.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          known,

		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.started = true
			return cmd.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetVersionTemplate(a.versionLine() + "\n")
	f := root.PersistentFlags()
	f.StringVar(&a.cache, "cache", "", "folder of the store (default $SDMAP_CACHE, else the user's cache folder)")
	root.AddCommand(a.initCmd(), a.checkCmd(), a.planCmd(), a.powerCmd(), a.runCmd(), a.reportCmd(), a.showCmd(), a.exportCmd(),
		a.whyCmd(), a.doctorCmd(), a.fetchCmd(), a.mirrorCmd(), a.cacheCmd(), a.versionCmd())
	root.AddCommand(a.topics()...)
	a.helpFor(root)
	plainUsage(root)
	return root
}

// known refuses what is no command, with those that it may have meant.
func known(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	if like := root.SuggestionsFor(args[0]); len(like) > 0 {
		text += "; did you mean sdmap " + strings.Join(like, ", or sdmap ") + "?"
	}
	return errors.New(text)
}

// command fills in what all commands share.
func (a *app) command(c *cobra.Command, run func(ctx context.Context, args []string) error) *cobra.Command {
	c.RunE = func(cmd *cobra.Command, args []string) error {
		a.started = true
		if err := a.fitMemory(); err != nil {
			return err
		}
		return run(cmd.Context(), args)
	}
	c.DisableFlagsInUseLine = true
	if fit := c.Args; fit != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if fit(cmd, args) == nil {
				return nil
			}
			return fmt.Errorf("%s here: %s", wording.Count(len(args), "argument"), cmd.UseLine())
		}
	}
	return c
}

func (a *app) workersFlag(f *pflag.FlagSet) {
	f.IntVarP(&a.workers, "workers", "j", 0, "processors to use, and actions at once (default all)")
}

func (a *app) jsonFlag(f *pflag.FlagSet) { f.BoolVar(&a.json, "json", false, "print JSON") }

// longFlags lets long flags be written with one dash, as Go programs have them: -json is --json.
func longFlags(root *cobra.Command, args []string) []string {
	known := map[string]bool{"help": true, "version": true}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		note := func(f *pflag.Flag) { known[f.Name] = true }
		c.PersistentFlags().VisitAll(note)
		c.Flags().VisitAll(note)
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(root)
	out := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && len(name) > 1 && known[name] {
			arg = "-" + arg
		}
		out = append(out, arg)
	}
	return out
}

// storeDir is where the store lies.
func (a *app) storeDir() (string, error) {
	if a.cache != "" {
		return a.cache, nil
	}
	if dir := a.Getenv("SDMAP_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := a.CacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the store: %w; set SDMAP_CACHE or use -cache", err)
	}
	return filepath.Join(dir, "sdmap"), nil
}

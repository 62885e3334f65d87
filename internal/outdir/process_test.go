//go:build unix

package outdir

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// child is set for processes that tests start to write reports: what to do, the folder, and what each kind of child needs.
const child = "SDMAP_OUTDIR_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(child); what != "" {
		if err := childMain(strings.Split(what, "\n")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func childMain(args []string) error {
	f := Folder{Path: args[1], Say: func(string, ...any) {}}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	switch args[0] {
	case "die": // before the change of that number
		f.Force = true
		f.step = func() {
			if n--; n < 0 {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		}
		return f.Write(context.Background(), report("2"), []byte("record"))
	case "full": // no file can be longer
		signal.Ignore(syscall.SIGXFSZ)
		var most syscall.Rlimit
		set(&most.Cur, n)
		set(&most.Max, n)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &most); err != nil {
			return err
		}
		return f.Write(context.Background(), report("2"), []byte("record"))
	case "stranger": // anybody but the superuser, who may write everywhere
		if os.Geteuid() == 0 {
			if err := syscall.Setuid(n); err != nil {
				return err
			}
		}
		return errors.Join(f.Check(context.Background(), nil), f.Write(context.Background(), report("2"), nil))
	case "crowd": // many reports one after the other
		for round := range 10 {
			if err := f.Check(context.Background(), []string{"figures/map.svg"}); err != nil {
				return err
			}
			version := fmt.Sprintf("%d.%d", n, round)
			record, err := Seal(fmt.Appendf(nil, "{\"version\": %q, \"sha256\": \"\"}", version))
			if err != nil {
				return err
			}
			if err := f.Write(context.Background(), report(version), record); err != nil {
				return err
			}
		}
	}
	return nil
}

// set is for numbers whose type depends on the system.
func set[T int64 | uint64](to *T, n int) { *to = T(n) }

func start(t *testing.T, what string, f Folder, n int) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	program, err := os.Executable()
	check(t, err)
	c := exec.Command(program)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%s\n%s\n%d", child, what, f.Path, n))
	said := &strings.Builder{}
	c.Stderr = said
	check(t, c.Start())
	return c, said
}

// A process is killed before each of its changes in turn. Every file is whole then, what others had is all there, and the next
// run writes its report without asking for anything.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	for n := 0; ; n++ {
		f, said := folder(t)
		check(t, f.Write(t.Context(), report("1"), nil))
		put(t, f, "figures/only-2.svg", "mine")
		put(t, f, "report.md", "my words")
		c, errs := start(t, "die", f, n)
		err := c.Wait()
		if err == nil && n > 20 {
			return // it had no more to do
		}
		if e, ok := errors.AsType[*exec.ExitError](err); !ok ||
			e.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("step %d: %v: %s", n, err, errs)
		}
		left := tree(t, f.Path)
		for name, text := range left {
			one, two := whole(report("1"))[name], whole(report("2"))[name]
			mine := text == "mine" || text == "my words" || text == "record"
			if text != one && text != two && !mine && name != Manifest && !strings.HasPrefix(name, ".sdmap-") {
				t.Errorf("step %d: %s is left as %q", n, name, text)
			}
		}
		for _, mine := range []string{"mine", "my words"} {
			if !slices.Contains(slices.Collect(maps.Values(left)), mine) {
				t.Errorf("step %d: %q is lost: %q", n, mine, left)
			}
		}
		after := report("3")
		check(t, f.Check(t.Context(), []string{"figures/map.svg"}))
		check(t, f.Write(t.Context(), after, nil))
		want := whole(after)
		for name, text := range tree(t, f.Path) {
			if text == "mine" || text == "my words" || name == Record {
				want[name] = text
			}
		}
		wantTree(t, f.Path, want)
		for _, line := range *said {
			if !strings.Contains(line, "report.md is not as sdmap wrote it") {
				t.Errorf("step %d: said %q", n, line)
			}
		}
	}
}

// Where there is no room for a file, the report that stood there stays whole, and one message says where and what to do.
func TestNoRoom(t *testing.T) {
	f, _ := folder(t)
	check(t, f.Write(t.Context(), report("1"), nil))
	for _, most := range []int{0, 5, 100, 300} {
		c, said := start(t, "full", f, most)
		if err := c.Wait(); err == nil {
			t.Errorf("%d bytes are enough", most)
		}
		if text := said.String(); strings.Count(text, "cannot be written") != 1 || !strings.Contains(text, f.Path) ||
			!strings.Contains(text, "with -o") {
			t.Errorf("%d bytes: %s", most, text)
		}
		wantTree(t, f.Path, whole(report("1")))
	}
}

// Many processes write into one folder: none fails, and whoever has the folder for himself finds one report there, whole.
func TestManyProcesses(t *testing.T) {
	t.Parallel()
	f, _ := folder(t)
	check(t, f.Write(t.Context(), report("first"), nil))
	wait := sync.WaitGroup{}
	for n := range 8 {
		c, said := start(t, "crowd", f, n)
		wait.Go(func() {
			if err := c.Wait(); err != nil {
				t.Errorf("process %d: %v: %s", n, err, said)
			}
		})
	}
	done := make(chan bool)
	go func() { wait.Wait(); close(done) }()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		case <-time.After(5 * time.Millisecond):
		}
		o, err := f.open(t.Context(), false)
		check(t, err)
		if o.alone || ended {
			wantWhole(t, f)
		}
		check(t, o.close())
	}
}

// wantWhole wants a report and its record, and nothing else.
func wantWhole(t *testing.T, f Folder) {
	t.Helper()
	got := tree(t, f.Path)
	version := got["report.json"]
	want := whole(report(version))
	if version != "first" {
		want[Record] = got[Record]
	}
	if !maps.Equal(got, want) || version != "first" && !strings.Contains(got[Record], `"version": "`+version+`"`) {
		t.Errorf("the folder holds %q", got)
	}
}

// A folder in which another process is at work is waited for, also if it is replaced meanwhile, until the user gives up.
func TestWaiting(t *testing.T) {
	t.Parallel()
	f, _ := folder(t)
	told := make(chan string, 1)
	f.Say = func(format string, args ...any) { told <- fmt.Sprintf(format, args...) }
	other, err := f.open(t.Context(), true)
	check(t, err)
	if !other.alone {
		t.Skip("the file system of temporary files has no locks")
	}
	ctx, giveUp := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Write(ctx, report("1"), nil) }()
	if line := <-told; !strings.Contains(line, "Waiting for another process") || !strings.Contains(line, f.Path) {
		t.Errorf("told %q", line)
	}
	giveUp()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	wantTree(t, f.Path, map[string]string{})

	go func() { done <- f.Write(t.Context(), report("1"), nil) }()
	<-told
	check(t, os.Rename(f.Path, f.Path+".moved"))
	check(t, other.close())
	select {
	case err := <-done:
		check(t, err)
	case <-time.After(time.Minute):
		t.Fatal("it waits on")
	}
	wantTree(t, f.Path, whole(report("1")))
	wantTree(t, f.Path+".moved", map[string]string{})
}

// Without locks nothing of another process is swept away, and all else is as ever.
func TestWithoutLocks(t *testing.T) {
	f, _ := folder(t)
	o, err := f.open(t.Context(), true)
	check(t, err)
	defer o.close()
	o.alone = false
	name, err := o.temporary(pieceOf(File{Page, []byte("of another process")}))
	check(t, err)
	o.sweep()
	if _, err := os.Stat(filepath.Join(f.Path, name)); err != nil {
		t.Error(err)
	}
}

// A folder in which nothing can be written is told before anything is computed, and is left as it was.
func TestUnwritableFolders(t *testing.T) {
	f, _ := folder(t)
	check(t, f.Write(t.Context(), report("1"), nil))
	check(t, os.Chmod(filepath.Dir(filepath.Dir(f.Path)), 0o755)) // strangers may look
	check(t, os.Chmod(f.Path, 0o555))
	defer os.Chmod(f.Path, 0o777)
	c, said := start(t, "stranger", f, 65534)
	if err := c.Wait(); err == nil {
		t.Error("no error")
	}
	if text := said.String(); strings.Count(text, f.Path) != 2 || strings.Count(text, "with -o") != 2 ||
		!strings.Contains(text, "Nothing was computed yet") {
		t.Error(text)
	}
	wantTree(t, f.Path, whole(report("1")))
}

// A file in place of the folder is named for what it is: no rights would help.
func TestFileInPlaceOfTheFolder(t *testing.T) {
	f, _ := folder(t)
	check(t, os.MkdirAll(filepath.Dir(f.Path), 0o777))
	check(t, os.WriteFile(f.Path, []byte("text"), 0o666))
	for _, path := range []string{f.Path, filepath.Join(f.Path, "below")} {
		g := f
		g.Path = path
		for what, err := range map[string]error{"check": g.Check(t.Context(), nil), "write": g.Write(t.Context(), report("1"), nil)} {
			if err == nil || !strings.Contains(err.Error(), "a file stands where a folder is needed") ||
				strings.Contains(err.Error(), "rights") {
				t.Errorf("%s %s: %v", what, path, err)
			}
		}
	}
}

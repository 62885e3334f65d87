//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/testenv"
)

// theStore is a small study, and the program that runs it on stores in a folder that every user may enter.
type theStore struct {
	*testing.T
	dir, program string
}

func newStoreTest(t *testing.T) theStore {
	t.Helper()
	dir, err := os.MkdirTemp("", "sdmap-store-*") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := theStore{t, dir, filepath.Join(dir, "sdmap")}
	program, err := exec.LookPath("sdmap")
	s.check(err)
	program, err = filepath.EvalSymlinks(program)
	s.check(err)
	if os.Link(program, s.program) != nil { // it is large, and the tests are many
		s.check(copyOf(program, s.program))
	}
	s.check(errors.Join(os.Chmod(dir, 0o755), os.Chmod(s.program, 0o755),
		plantStudy(filepath.Join(dir, "study"), "../../studies/planted", 4, "60", "sum.eq", "max.of", "flip.turn"),
		os.Mkdir(filepath.Join(dir, "reports"), 0o777), os.Chmod(filepath.Join(dir, "reports"), 0o777|fs.ModeSticky)))
	return s
}

func (s theStore) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s theStore) path(name string) string { return filepath.Join(s.dir, name) }

// user is who runs the program: numbers of a user and a group, and a umask. The zero value is whoever runs the test.
type user struct {
	id, group uint32
	umask     string
}

func (s theStore) command(u user, store string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(s.program, args...)
	if u.id != 0 {
		cmd = exec.Command("sh", append([]string{"-c", "umask " + u.umask + ` && exec "$0" "$@"`, s.program}, args...)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: u.id, Gid: u.group}}
	}
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "SDMAP_CACHE="+s.path(store), "HOME="+s.dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// run wants the program to end with that code, and returns what it said.
func (s theStore) run(code int, u user, store string, args ...string) string {
	s.Helper()
	cmd, out := s.command(u, store, args...)
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		s.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		s.Fatalf("%v ends with %d, want %d: %s", args, got, code, out)
	}
	return out.String()
}

func (s theStore) wants(text string, parts ...string) {
	s.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			s.Errorf("%q is not in: %s", p, text)
		}
	}
}

// asRoot skips where other users cannot be tried.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		testenv.Skip(t, "root", "only root can become other users and mount file systems")
	}
}

const theStudy = "study/study.toml"

// A byte that is changed in place, with size, inode and time of modification as before, makes a report stale.
func TestAStaleReportIsNoticed(t *testing.T) {
	t.Parallel()
	s := newStoreTest(t)
	benchmark := s.path("study/benchmarks/sum.eq.jsonl")
	old := time.Now().Add(-time.Hour)
	s.check(os.Chtimes(benchmark, old, old))
	time.Sleep(1100 * time.Millisecond) // until its digest is remembered
	s.run(0, user{}, "store", "run", "-o", "reports/r", theStudy)
	s.wants(s.run(0, user{}, "store", "run", "-o", "reports/r", theStudy), "Up to date")
	f, err := os.OpenFile(benchmark, os.O_RDWR, 0)
	s.check(err)
	data, err := io.ReadAll(f)
	s.check(err)
	at := bytes.Index(data, []byte(`"question"`)) + len(`"question": "`)
	_, err = f.WriteAt([]byte{data[at] ^ 1}, int64(at))
	s.check(errors.Join(err, f.Close(), os.Chtimes(benchmark, old, old)))
	if out := s.run(0, user{}, "store", "run", "-o", "reports/r", theStudy); strings.Contains(out, "Up to date") {
		t.Errorf("a changed byte is not noticed: %s", out)
	}
	verified := s.run(0, user{}, "store", "run", "-verify", "-o", "reports/r", theStudy)
	s.wants(verified, "Read and hashed again", "every result")
	if strings.Contains(verified, "again: 0 files") {
		t.Errorf("no file is read again: %s", verified)
	}
	// The name and place of a study stand in its report.
	s.check(os.CopyFS(s.path("moved"), os.DirFS(s.path("study"))))
	if out := s.run(0, user{}, "store", "run", "-o", "reports/r", "moved/study.toml"); strings.Contains(out, "Up to date") {
		t.Errorf("another study is taken for this one: %s", out)
	}
}

// A disk that is full ends the run in one message; with room it goes on from there.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	asRoot(t)
	s := newStoreTest(t)
	small := s.path("small")
	s.check(os.Mkdir(small, 0o777))
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=3m"); err != nil {
		testenv.Skip(t, "root", "no small file system can be mounted: "+err.Error())
	}
	defer syscall.Unmount(small, 0)
	plan := s.run(0, user{}, "small/store", "plan", theStudy)
	s.wants(plan, "needs up to", "are free there")
	s.check(os.WriteFile(s.path("small/ballast"), make([]byte, 5<<19), 0o666))
	s.wants(s.run(1, user{}, "small/store", "run", "-o", "reports/r", theStudy), "a run may write", "Make room",
		"nothing was run")
	// The estimate says that it fits; then somebody else takes the room.
	s.check(os.Remove(s.path("small/ballast")))
	cmd, out := s.command(user{}, "small/store", "run", "-o", "reports/r", theStudy)
	entries := func() int {
		found, _ := filepath.Glob(s.path("small/store/entries/*/*"))
		return len(found)
	}
	before := entries() // the plan kept rates of models
	s.check(cmd.Start())
	for entries() < before+3 {
		time.Sleep(time.Millisecond)
	}
	ballast, err := os.Create(s.path("small/ballast"))
	s.check(err)
	io.Copy(ballast, endless{}) // until the disk is full
	ballast.Close()
	if err := cmd.Wait(); err == nil {
		t.Skip("the run was done before the disk was full")
	}
	s.wants(out.String(), "no space left on device", "Make room there", "kept, and the same command goes on from there")
	if n := strings.Count(out.String(), "no space"); n != 1 {
		t.Errorf("it is said %d times: %s", n, out)
	}
	s.check(os.Remove(s.path("small/ballast")))
	s.run(0, user{}, "small/store", "run", "-o", "reports/r", theStudy)
	s.run(0, user{}, "other", "run", "-o", "reports/other", theStudy)
	s.same("reports/r", "reports/other")
}

// endless has no end of zeros.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (s theStore) same(a, b string) {
	s.Helper()
	one, err := contents(s.path(a))
	s.check(err)
	two, err := contents(s.path(b))
	s.check(err)
	if len(one) == 0 || !maps.Equal(one, two) {
		s.Errorf("%s and %s differ", a, b)
	}
}

// A store that goes away while a run is at work ends it.
func TestAVanishedStore(t *testing.T) {
	s := newStoreTest(t)
	cmd, out := s.command(user{}, "store", "run", "-o", "reports/r", theStudy)
	s.check(cmd.Start())
	for entries := 0; entries < 3; {
		found, _ := filepath.Glob(s.path("store/entries/*/*"))
		entries = len(found)
		time.Sleep(time.Millisecond)
	}
	s.check(os.Rename(s.path("store"), s.path("away")))
	for os.RemoveAll(s.path("away")) != nil { // the run goes on writing until it notices
	}
	if err := cmd.Wait(); err == nil {
		t.Skip("the run was done before the store was gone")
	}
	s.wants(out.String(), "cannot be written", "is gone")
	if _, err := os.Stat(s.path("store")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something was written where the store was")
	}
}

// A store that this user may only read serves a run that it holds everything for.
func TestAReadOnlyStore(t *testing.T) {
	t.Parallel()
	asRoot(t)
	s := newStoreTest(t)
	s.run(0, user{}, "store", "run", "-o", "reports/r", theStudy)
	guest := user{id: 65534, group: 65534, umask: "022"}
	out := s.run(0, guest, "store", "run", "-o", "reports/guest", theStudy)
	s.wants(out, "0 computed")
	s.same("reports/r", "reports/guest")
	if strings.Contains(out, "warning") {
		t.Errorf("it complains: %s", out)
	}
	more := "study/more.toml"
	text, err := os.ReadFile(s.path(theStudy))
	s.check(err)
	s.check(os.WriteFile(s.path(more), append([]byte("seed = 5\n"), text...), 0o666))
	s.wants(s.run(1, guest, "store", "run", "-o", "reports/more", more), "is not in the store and would be computed",
		"permission denied", "cache init -shared")
	s.wants(s.run(0, guest, "store", "cache", "stat"), "actions")
}

// A group works on one store, whatever the umask of its members, and without it others' files are told for what they are.
func TestAStoreForAGroup(t *testing.T) {
	t.Parallel()
	asRoot(t)
	s := newStoreTest(t)
	const lab = 54321
	one, two := user{60001, lab, "077"}, user{60002, lab, "022"}
	s.check(errors.Join(os.Mkdir(s.path("lab"), 0o777), os.Chown(s.path("lab"), 60001, lab)))
	s.run(0, one, "lab/store", "cache", "init", "-shared", "-group", fmt.Sprint(lab))
	s.run(0, one, "lab/store", "run", "-o", "reports/one", theStudy)
	s.wants(s.run(0, two, "lab/store", "run", "-o", "reports/two", theStudy), "0 computed")
	s.same("reports/one", "reports/two")
	s.wants(s.run(0, two, "lab/store", "cache", "stat"), "shared by a group")
	// The second one computes, and the first one collects what both have made.
	text, err := os.ReadFile(s.path(theStudy))
	s.check(err)
	s.check(os.WriteFile(s.path("study/more.toml"), append([]byte("seed = 5\n"), text...), 0o666))
	s.run(0, two, "lab/store", "run", "-o", "reports/more", "study/more.toml")
	s.wants(s.run(0, one, "lab/store", "run", "-o", "reports/again", "study/more.toml"), "0 computed")
	s.wants(s.run(0, one, "lab/store", "cache", "gc", "-n", theStudy), "would remove")
	outsider := user{60003, 60003, "022"}
	s.wants(s.run(1, outsider, "lab/store", "run", "-o", "reports/outsider", "study/more.toml"), "permission denied")

	// A store of one user that another one meets: unreadable is not damaged.
	s.check(errors.Join(os.Mkdir(s.path("own"), 0o777), os.Chmod(s.path("own"), 0o777)))
	s.run(0, two, "own/store", "run", "-o", "reports/own", theStudy)
	s.check(filepath.WalkDir(s.path("own/store"), func(path string, d fs.DirEntry, err error) error {
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o777
		}
		return os.Chmod(path, mode)
	}))
	stat := s.run(0, one, "own/store", "cache", "stat")
	s.wants(stat, "cannot be read by this user")
	if strings.Contains(stat, "damaged") {
		t.Errorf("what cannot be read is called damaged: %s", stat)
	}
	s.wants(s.run(0, one, "own/store", "run", "-o", "reports/taken", theStudy), "warning: store", "permission denied",
		"more such warnings")
	s.same("reports/one", "reports/taken")
}

// A limit on memory that no study fits into is told before anything is done; a narrow one is warned of.
func TestALimitOnMemory(t *testing.T) {
	s := newStoreTest(t)
	under := func(kilobytes string, want int, parts ...string) {
		t.Helper()
		cmd := exec.Command("bash", "-c", "ulimit -v "+kilobytes+` && exec "$0" check `+theStudy, s.program)
		cmd.Dir = s.dir
		cmd.Env = append(os.Environ(), "SDMAP_CACHE="+s.path("store"))
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Fatalf("%s kB: exit code %d, %v: %s", kilobytes, code, err, out)
		}
		s.wants(string(out), parts...)
	}
	under("1900000", 1, "1.81 GiB", "at least 2 GiB", "ulimit -v unlimited", "nothing was run")
	under("6000000", 0, "warning", "5.72 GiB", "nothing that was computed is lost")
}

// When the terminal goes away (SIGHUP), what is in flight is kept as at Ctrl-C; under nohup the run goes on.
func TestTheTerminalGoesAway(t *testing.T) {
	s := newStoreTest(t)
	begin := func(store string, cmd *exec.Cmd) {
		t.Helper()
		cmd.Dir = s.dir
		cmd.Env = append(os.Environ(), "SDMAP_CACHE="+s.path(store))
		s.check(cmd.Start())
		for entries := 0; entries < 3; {
			found, _ := filepath.Glob(s.path(store + "/entries/*/*"))
			entries = len(found)
			time.Sleep(time.Millisecond)
		}
		s.check(cmd.Process.Signal(syscall.SIGHUP))
	}
	var out bytes.Buffer
	cmd := exec.Command("env", "--default-signal=HUP", s.program, "run", "-o", "reports/r", theStudy) // tests may run under nohup
	if exec.Command("env", "--default-signal=HUP", "true").Run() != nil {
		t.Skip("env cannot give a signal its meaning back")
	}
	cmd.Stderr = &out
	begin("store", cmd)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("SIGHUP: %v: %s", err, &out)
	}
	s.wants(out.String(), "goes on from there")
	ignoring := exec.Command("sh", "-c", `trap "" HUP && exec "$0" "$@"`, s.program, "run", "-o", "reports/r", theStudy)
	begin("other", ignoring)
	s.check(ignoring.Wait())
}

// One signal ends the writing of a report, however long that takes, and what was computed is kept.
func TestOneSignalEndsRendering(t *testing.T) {
	s := newStoreTest(t)
	s.run(0, user{}, "store", "run", "-o", "reports/r", theStudy)
	block := strings.Repeat("*a_ ", 1000) + "\n\n" // slow to read, as Markdown goes
	s.check(os.WriteFile(s.path("study/narrative.md"), bytes.Repeat([]byte(block), 1500), 0o666))
	for wait := 400 * time.Millisecond; wait < time.Minute; wait *= 2 {
		cmd, out := s.command(user{}, "store", "run", "-o", "reports/r", theStudy)
		s.check(cmd.Start())
		time.Sleep(wait)
		s.check(cmd.Process.Signal(syscall.SIGTERM))
		sent := time.Now()
		cmd.Wait()
		took := time.Since(sent)
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Fatalf("exit code %d: %s", code, out)
		}
		if took > 3*time.Second { // one is promised; tests share the processors
			t.Errorf("it took %v", took)
		}
		if strings.Contains(out.String(), "before the report was written") {
			s.wants(out.String(), "all that was computed is kept")
			return
		} // else it came too early
	}
	t.Error("the narrative is read too fast to be interrupted")
}

// Whatever a study names is opened only if it is a file: a pipe would be waited for forever.
func TestSourcesThatAreNoFiles(t *testing.T) {
	for name, lines := range map[string]string{
		"benchmark": "[[benchmarks]]\nid = \"piped\"\nsource = \"pipe\"\n",
		"few-shot": "[[benchmarks]]\nid = \"shots\"\nsource = \"benchmarks/sum.eq.jsonl\"\n[benchmarks.fewshot]\nsource = " +
			"\"pipe\"\nk = 1\n",
		"model":    "[[models]]\npath = \"pipe\"\n",
		"embedder": "[[embedders]]\npath = \"pipe\"\n",
		"truth":    "[truth]\nsource = \"pipe\"\n",
		"corpus":   "", "narrative": "", "bibliography": "", "scores": "", "study": "", "device": "",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStoreTest(t)
			text, err := os.ReadFile(s.path(theStudy))
			s.check(err)
			s.check(syscall.Mkfifo(s.path("study/pipe"), 0o666))
			file := theStudy
			switch name {
			case "corpus":
				text = bytes.Replace(text, []byte("corpus.txt"), []byte("pipe"), 1)
			case "narrative", "bibliography":
				text = bytes.Replace(text, []byte("[report]\n"), []byte("[report]\n"+name+" = \"pipe\"\n"), 1)
			case "scores":
				text = []byte("[scores]\nsource = \"pipe\"\n")
			case "study":
				file = "study/pipe"
			case "device":
				file = os.DevNull
			}
			if name != "study" && name != "device" {
				s.check(os.WriteFile(s.path(theStudy), append(text, "\n"+lines...), 0o666))
			}
			cmd, out := s.command(user{}, "store", "check", file)
			s.check(cmd.Start())
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case <-ended:
			case <-time.After(time.Minute):
				cmd.Process.Kill()
				t.Fatal("it waits for a pipe")
			}
			what := "a named pipe"
			if name == "device" {
				what = "a device"
			}
			if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(out.String(), what) {
				t.Errorf("exit code %d: %s", code, out)
			}
		})
	}
}

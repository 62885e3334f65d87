package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/engine"
	"sdmap/internal/golden"
	"sdmap/internal/llm/backends"
)

// env is a closed world: no variables, a clock that stands, streams in memory.
func env(t *testing.T, args ...string) (*Env, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	var out, err bytes.Buffer
	dir := t.TempDir()
	return &Env{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err, Version: "1.2.3",
		Getenv: func(string) string { return "" }, CacheDir: func() (string, error) { return dir, nil },
		Now: func() time.Time { return time.Unix(1000, 0) }, Interrupts: make(chan os.Signal), Exit: func(int) {}}, &out, &err
}

func TestExitCodes(t *testing.T) {
	cases := []struct {
		args []string
		code int
		err  string // part of what is said
	}{
		{nil, exitOK, ""},
		{[]string{"version"}, exitOK, ""},
		{[]string{"-version"}, exitOK, ""},
		{[]string{"help", "study"}, exitOK, ""},
		{[]string{"cache", "stat", "-json"}, exitOK, ""},
		{[]string{"cache"}, exitUsage, "say what to do"},
		{[]string{"ruin"}, exitUsage, "did you mean sdmap run?"},
		{[]string{"xyzzy"}, exitUsage, `unknown command "xyzzy"`},
		{[]string{"help", "study", "axes"}, exitOK, ""},
		{[]string{"help", "study", "nothing"}, exitUsage, `no table "nothing"`},
		{[]string{"help", "results"}, exitUsage, `no help on "results"`},
		{[]string{"run"}, exitUsage, "0 arguments here: sdmap run [-o DIR]"},
		{[]string{"run", "-j", "many", "x"}, exitUsage, "invalid argument"},
		{[]string{"check", "no/such.toml"}, exitStudy, "no/such.toml"},
		{[]string{"run", "no/such.toml"}, exitStudy, "no/such.toml"},
		{[]string{"why", "x"}, exitUsage, "there is no study here"},
	}
	for _, c := range cases {
		e, _, stderr := env(t, c.args...)
		if got := Main(*e); got != c.code || !strings.Contains(stderr.String(), c.err) {
			t.Errorf("sdmap %q: exit code %d, want %d; said %q", c.args, got, c.code, stderr)
		}
	}
}

func TestSingleDashFlags(t *testing.T) {
	e, _, _ := env(t)
	a := newApp(*e)
	got := longFlags(a.root(), []string{"run", "-json", "-cache=x", "-j4", "-o", "out", "--json", "s.toml", "--", "-json"})
	want := "run --json --cache=x -j4 -o out --json s.toml -- -json"
	if strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStoreDir(t *testing.T) {
	e, _, _ := env(t)
	a := newApp(*e)
	user, _ := a.CacheDir()
	for _, c := range []struct{ flag, variable, want string }{
		{"", "", filepath.Join(user, "sdmap")}, {"", "v", "v"}, {"f", "v", "f"},
	} {
		a.cache = c.flag
		a.Getenv = func(string) string { return c.variable }
		if got, err := a.storeDir(); err != nil || got != c.want {
			t.Errorf("flag %q, variable %q: %q, %v", c.flag, c.variable, got, err)
		}
	}
}

func TestStudyHelp(t *testing.T) {
	golden.Compare(t, "testdata/study-help.golden", []byte(studyHelp(backends.All().Format())+"\n"))
}

// writeFile places what a test needs.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o666)
}

func TestProgressLines(t *testing.T) {
	e, _, stderr := env(t)
	now := time.Unix(1000, 0)
	e.Now = func() time.Time { return now }
	p := (newApp(*e)).newProgress()
	ev := engine.Event{Done: 3, Total: 1200, Tokens: 5000, TokensTotal: 2000000, Rate: 41234, Left: 95 * time.Second}
	for range 24 {
		p.show(ev)
		now = now.Add(time.Second)
	}
	ev.Final = true
	p.show(ev)
	want := strings.Repeat("3 of 1,200 actions · 5k of 2M tokens, 41.2k/s · about 1 min 35 s left\n", 4)
	if stderr.String() != want {
		t.Errorf("plain lines:\n%s", stderr)
	}
}

// A bound that lacks actions says how many, and one that lacks none does not.
func TestProgressSaysWhatItsBoundLacks(t *testing.T) {
	e := engine.Event{Done: 3, Total: 9, Left: 5 * time.Second, LeftOpen: true, Unmeasured: 2}
	if got := progressText(e); got != "3 of 9 actions · more than 5 s left, beside 2 actions never measured here" {
		t.Errorf("%q", got)
	}
	e.Unmeasured = 0
	if got := progressText(e); got != "3 of 9 actions · more than 5 s left" {
		t.Errorf("%q", got)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	e, _, stderr := env(t)
	e.Terminal, e.Width = true, 40
	p := (newApp(*e)).newProgress()
	a := hostileAction()
	p.show(engine.Event{Done: 1, Total: 2, Left: -1, LeftOpen: true, Running: a})
	p.show(engine.Event{Done: 2, Total: 2, Final: true})
	got := stderr.String()
	if !strings.HasPrefix(got, "\r1 of 2 actions · kind ") || !strings.HasSuffix(got, "\x1b[K\r\x1b[K") {
		t.Errorf("%q", got)
	}
	if strings.Contains(got, "\x1b[31m") {
		t.Errorf("a subject steers the terminal: %q", got)
	}
}

func TestTexts(t *testing.T) {
	for got, want := range map[string]string{
		bytesText(10): "10 B", bytesText(1536): "1.5 KiB", bytesText(1000 << 20): "0.977 GiB", bytesText(40 << 30): "40 GiB",
		durationText(1500 * time.Millisecond): "1.5 s", durationText(75 * time.Second): "1 min 15 s",
		durationText(0): "0 s", durationText(3 * time.Hour): "3 h 0 min", short(999.6): "1000",
		short(12345): "12.3k",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func hostileAction() []*action.Action {
	return []*action.Action{{Kind: "kind", Subject: "\x1b[31mred and rather long"}}
}

func TestInterrupts(t *testing.T) {
	for _, keeping := range []bool{false, true} {
		e, _, _ := env(t)
		interrupts, left := make(chan os.Signal), make(chan int)
		e.Interrupts, e.Exit = interrupts, func(code int) { left <- code }
		a := newApp(*e)
		a.keeping.Store(keeping)
		ctx, stop := a.interruptible()
		interrupts <- os.Interrupt
		if keeping {
			<-ctx.Done()
			interrupts <- os.Interrupt
		}
		if code := <-left; code != exitInterrupted {
			t.Errorf("keeping %v: left with %d", keeping, code)
		}
		stop()
	}
}

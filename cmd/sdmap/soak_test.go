//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sdmap/internal/cas"
)

// soakVariable is how long TestSoak goes on, as "20m", or until it has seen as many faults, as "200": so many kills and so many
// injected faults.
const soakVariable = "SDMAP_SOAK"

// TestSoak runs a study again and again while it is killed, its disk is full or broken, and other processes work on the same
// store, and checks after each that nothing was lost that the store had promised, and at the end of each study that its report
// is that of a run at peace, byte by byte. It is short unless it is asked to be long.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t)
	kills, faults, begun := 4, 4, time.Now()
	limit := time.Duration(1<<63 - 1)
	if told := os.Getenv(soakVariable); told != "" {
		if n, err := strconv.Atoi(told); err == nil {
			kills, faults = n, n
		} else if limit, err = time.ParseDuration(told); err != nil {
			t.Fatalf("%s is %q; write a duration or a number of kills and faults", soakVariable, told)
		} else {
			kills, faults = 1<<30, 1<<30
		}
	} else if testing.Short() {
		kills, faults = 2, 2
	}
	for n := 0; (s.kills < kills || s.faults < faults) && time.Since(begun) < limit; n++ {
		s.study(n)
	}
	t.Logf("%d studies, %d processes: %d killed, %d met a fault, %d were at work beside another; %d entries and %d answers "+
		"were promised, "+
		"%d of them computed again (%d after unreadable files); %v; every report equal",
		s.studies, s.processes, s.kills, s.faults, s.beside, s.entries, s.records, s.again, s.unreadable,
		time.Since(begun).Round(time.Second))
}

// soak counts what happened.
type soak struct {
	t      *testing.T
	dir    string
	want   map[string]string // the report
	random *rand.Rand

	studies, processes, kills, faults, beside int
	entries, records, again, unreadable       int
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	s := &soak{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(uint64(os.Getpid()), 1))}
	t.Logf("seed %d", os.Getpid())
	if err := plantStudy(filepath.Join(s.dir, "study"), "../../studies/planted", 4, "40", "sum.eq", "max.of", "flip.turn",
		"sum.gen"); err != nil {
		t.Fatal(err)
	}
	ended := s.process("peace", "", filepath.Join(s.dir, "peace.acks"))
	if ended.code != 0 {
		t.Fatalf("without faults: %s", ended.stderr)
	}
	var err error
	if s.want, err = contents(filepath.Join(s.dir, "report-peace")); err != nil || len(s.want) < 5 {
		t.Fatalf("%d files, %v", len(s.want), err)
	}
	return s
}

// ended is a process that has ended.
type ended struct {
	code   int // -1 for one that was killed
	stderr string
}

// start begins a run on the store of that name.
func (s *soak) start(store, faults, acks string) func() ended {
	s.processes++
	cmd := exec.Command("sdmap-faulty", "run", "-json", "-o", filepath.Join(s.dir, "report-"+store),
		filepath.Join(s.dir, "study", "study.toml"))
	cmd.Env = append(os.Environ(), "SDMAP_CACHE="+filepath.Join(s.dir, "store-"+store), faultsVariable+"="+faults, acksVariable+
		"="+acks)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var kill *time.Timer
	if faults == "" && s.want != nil && s.random.IntN(2) == 0 { // at any time, not only between two operations
		kill = time.AfterFunc(time.Duration(s.random.Int64N(int64(4*time.Second))), func() { cmd.Process.Kill() })
	}
	return func() ended {
		err := cmd.Wait()
		if kill != nil {
			kill.Stop()
		}
		e, ok := errors.AsType[*exec.ExitError](err)
		switch {
		case err == nil:
			return ended{0, stderr.String()}
		case ok:
			return ended{e.ExitCode(), stderr.String()}
		}
		s.t.Fatal(err)
		return ended{}
	}
}

func (s *soak) process(store, faults, acks string) ended { return s.start(store, faults, acks)() }

// study runs the study on a new store until its report is there.
func (s *soak) study(n int) {
	store := fmt.Sprint(n)
	s.studies++
	acks := filepath.Join(s.dir, store+".acks")
	unreadable := false
	for attempt := 0; ; attempt++ {
		if attempt > 200 {
			s.t.Fatalf("study %d does not come to its end", n)
		}
		var wait []func() ended
		var kinds []string
		for range 1 + s.random.IntN(2) {
			kind, told := s.fault()
			kinds = append(kinds, kind)
			wait = append(wait, s.start(store, told, acks))
		}
		if len(wait) > 1 {
			s.beside += len(wait)
		}
		done := false
		for i, w := range wait {
			e := w()
			unreadable = unreadable || kinds[i] == faultUnreadable
			done = s.judge(e, kinds[i]) || done
		}
		s.kept(store, acks)
		if done {
			break
		}
	}
	got, err := contents(filepath.Join(s.dir, "report-"+store))
	if err != nil || !maps.Equal(got, s.want) {
		s.t.Fatalf("study %d ends with another report (%v): %s", n, err, filepath.Join(s.dir, "report-"+store))
	}
	s.count(acks, unreadable)
	if err := errors.Join(os.RemoveAll(filepath.Join(s.dir, "store-"+store)),
		os.RemoveAll(filepath.Join(s.dir, "report-"+store))); err != nil {
		s.t.Fatal(err)
	}
}

// fault draws what happens to a process: its kind and what it is told.
func (s *soak) fault() (kind, told string) {
	kinds := []string{"", "", faultKill, faultKill, faultFull, faultBroken, faultOnce, faultUnreadable}
	kind = kinds[s.random.IntN(len(kinds))]
	if kind == "" {
		return "", ""
	}
	return kind, fmt.Sprint(s.random.Uint32(), " ", kind, " ", 1+s.random.IntN(600))
}

// judge counts how a process ended and says whether its report is there.
func (s *soak) judge(e ended, kind string) bool {
	met := strings.Contains(e.stderr, "cannot be written") || strings.Contains(e.stderr, "cannot be opened") ||
		strings.Contains(e.stderr, "input/output error")
	switch {
	case e.code == -1:
		s.kills++
	case e.code == 0 || e.code == 1 && met && kind != "":
		if met {
			s.faults++
		}
	default:
		s.t.Fatalf("after the fault %q a process ends with %d: %s", kind, e.code, e.stderr)
	}
	if n := strings.Count(e.stderr, "cannot be written"); n > 1 {
		s.t.Errorf("a store that cannot be written is told %d times: %s", n, e.stderr)
	}
	return e.code == 0
}

// promise is one line of the acknowledgements.
type promise struct {
	what string
	id   cas.ActionID
	key  string
}

func promises(t *testing.T, acks string) []promise {
	t.Helper()
	f, err := os.Open(acks)
	if err != nil {
		return nil // nothing was promised yet
	}
	defer f.Close()
	var out []promise
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.SplitN(lines.Text(), " ", 3)
		id, err := cas.ParseActionID(words[1])
		key, err2 := strconv.Unquote(words[2])
		if err = errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		out = append(out, promise{words[0], id, key})
	}
	return out
}

// kept checks that the store has every entry that it promised, with its content, and every answer of unfinished actions.
func (s *soak) kept(store, acks string) {
	st, err := cas.Open(filepath.Join(s.dir, "store-"+store))
	if err != nil {
		s.t.Fatal(err)
	}
	finished := map[cas.ActionID]bool{}
	all := promises(s.t, acks)
	for _, p := range all {
		if p.what != "entry" || finished[p.id] {
			continue
		}
		e, hit := st.Lookup(p.id)
		if !hit {
			s.t.Fatalf("the entry %s was promised and is not there", p.id)
		}
		if _, err := st.Read(e.Output); err != nil {
			s.t.Fatalf("the output of %s was promised: %v", p.id, err)
		}
		finished[p.id] = true
	}
	journals := map[cas.ActionID]cas.Journal{}
	for _, p := range all {
		if p.what != "record" || finished[p.id] {
			continue
		}
		if journals[p.id] == nil {
			journals[p.id], _ = st.OpenJournal(p.id)
		}
		if _, ok := journals[p.id].Get(p.key); !ok {
			s.t.Fatalf("the answer %q of %s was promised and is not there", p.key, p.id)
		}
	}
}

// count adds up how often something was promised that had been promised before: work that was done again.
func (s *soak) count(acks string, unreadable bool) {
	seen := map[promise]int{}
	for _, p := range promises(s.t, acks) {
		if p.what == "entry" {
			s.entries++
		} else {
			s.records++
		}
		seen[p]++
	}
	again := 0
	for _, n := range seen {
		again += n - 1
	}
	s.again += again
	if unreadable {
		s.unreadable += again
	} else if again > 0 {
		s.t.Errorf("%d answers were computed again without need", again)
	}
}

// TestManyProcessesShareTheWork runs the same study in four processes at once on one store.
func TestManyProcessesShareTheWork(t *testing.T) {
	s := newSoak(t)
	one := len(promises(t, filepath.Join(s.dir, "peace.acks")))
	var wait []func() ended
	s.want = nil // nobody is killed here
	begun := time.Now()
	for i := range 4 {
		acks := filepath.Join(s.dir, "four.acks")
		s.processes++
		cmd := exec.Command("sdmap-faulty", "run", "-json", "-o", filepath.Join(s.dir, fmt.Sprint("four", i)),
			filepath.Join(s.dir, "study", "study.toml"))
		cmd.Env = append(os.Environ(), "SDMAP_CACHE="+filepath.Join(s.dir, "store-four"), acksVariable+"="+acks)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wait = append(wait, func() ended {
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, &stderr)
			}
			var sum struct{ Hits, Ran int }
			if err := json.Unmarshal(stdout.Bytes(), &sum); err != nil {
				t.Error(err)
			}
			t.Logf("process %d: %d from the store, %d computed, processor time %v", i, sum.Hits, sum.Ran,
				cmd.ProcessState.UserTime().Round(10*time.Millisecond))
			return ended{}
		})
	}
	for _, w := range wait {
		w()
	}
	four := len(promises(t, filepath.Join(s.dir, "four.acks")))
	t.Logf("%d entries and answers by one process, %d by four together, in %v", one, four,
		time.Since(begun).Round(10*time.Millisecond))
	if float64(four) > 1.1*float64(one) {
		t.Errorf("four processes did %d things where one does %d", four, one)
	}
	reports := []map[string]string{}
	for i := range 4 {
		files, err := contents(filepath.Join(s.dir, fmt.Sprint("four", i)))
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, files)
	}
	if slices.ContainsFunc(reports, func(r map[string]string) bool { return !maps.Equal(r, reports[0]) }) {
		t.Error("their reports differ")
	}
}

package cas

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"
)

// Processes that share a store share its work by leases: before one computes an action it makes a file with the action's name,
// which fails if there is one. The file names its owner, which is another file: it says which process on which machine holds it,
// and its time of modification, which the file system sets, is the owner's heartbeat. A lease whose owner is dead is taken over.
//
// Nothing depends on leases being right. Two processes that compute the same action, because one was stopped for longer than an
// owner lives without a heartbeat, or because the file system does not do what it should, write the same bytes.
const (
	beat = 5 * time.Second // between two heartbeats
	// leaseTimeout is how long an owner is taken to live after its last heartbeat. One on this machine whose process has ended is
	// dead at once.
	leaseTimeout = 30 * time.Second
)

// Lease is an action that this process has to itself.
type Lease struct {
	store *Store
	name  string // empty where leases cannot be had
}

// Lease tries to get an action for this process. If another one has it, holder says which.
func (s *Store) Lease(id ActionID) (l *Lease, holder string, ok bool) {
	o := s.ownership()
	if o == nil {
		return &Lease{}, "", true
	}
	name := path.Join("leases", hex.EncodeToString(id[:]))
	for range 3 { // once for each that may be in the way: a dead one, and one that was quicker
		if s.take(name, o) {
			return &Lease{s, name}, "", true
		}
		h := s.holder(name, o)
		if h.alive {
			return nil, h.who, false
		}
		s.steal(name, h.owner)
	}
	return nil, "", false
}

// Release lets others have the action. It is called once.
func (l *Lease) Release() {
	if l.name == "" {
		return
	}
	s := l.store
	s.mu.Lock()
	if s.owner != nil {
		delete(s.owner.held, l.name)
	}
	s.mu.Unlock()
	s.disk.root.Remove(l.name)
}

// take makes the lease's file. Where that fails for another reason than that there is one, work goes on without.
func (s *Store) take(name string, o *owner) bool {
	f, err := s.disk.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return false
	}
	if err == nil {
		_, err = f.WriteString(o.name)
		errors.Join(err, s.disk.share(f), f.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner != nil {
		s.owner.held[name] = true
	}
	return true
}

// holding is who has a lease.
type holding struct {
	owner string // the name of its file; empty if the lease does not say
	who   string // for people
	alive bool
}

func (s *Store) holder(name string, mine *owner) holding {
	info, err := s.disk.root.Lstat(name)
	if err != nil {
		return holding{} // it was given back
	}
	data, err := s.disk.read(name)
	if err != nil || !isOwner(string(data)) { // being written, or no lease at all
		return holding{alive: s.recent(info, mine)}
	}
	h := holding{owner: string(data)}
	if info, err = s.disk.root.Lstat(h.owner); err != nil {
		return h
	}
	face, _ := s.disk.read(h.owner)
	p, ok := parseFace(string(face))
	if ok {
		h.who = fmt.Sprintf("process %d on %s", p.pid, p.host)
	}
	h.alive = s.recent(info, mine) && !(ok && p.ended())
	return h
}

func isOwner(name string) bool {
	base, ok := strings.CutPrefix(name, "owners/")
	return ok && base != "" && !strings.ContainsAny(base, "/\\.")
}

// recent compares two times of the same file system: that of the file, and that of this process' last heartbeat.
func (s *Store) recent(info fs.FileInfo, mine *owner) bool {
	now, err := s.disk.root.Lstat(mine.name)
	if err != nil {
		return false
	}
	ago := now.ModTime().Sub(info.ModTime())
	return ago < leaseTimeout && ago > -leaseTimeout // a time in the future was set by a clock that was wrong
}

// steal removes a lease whose owner is dead. If somebody was quicker and has the action anew, it is given back to them.
func (s *Store) steal(name, dead string) {
	if info, err := s.disk.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		s.disk.aside(name) // no lease, and no work of the store
		return
	}
	f, away, err := s.disk.temporary("tmp", "lease-")
	if err != nil {
		return
	}
	f.Close()
	if s.disk.root.Rename(name, away) == nil {
		if data, err := s.disk.read(away); err == nil && isOwner(string(data)) && string(data) != dead {
			s.disk.root.Link(away, name)
		}
	}
	s.disk.root.Remove(away)
}

// owner is what stands for this process in the store, as long as it holds leases.
type owner struct {
	name string // of its file
	file *os.File
	stop chan struct{}
	done sync.WaitGroup
	held map[string]bool // names of leases; guarded by the store's mutex
}

// ownership makes this process' owner file and begins its heartbeat; nil where that is not possible.
func (s *Store) ownership() *owner {
	if s.Err() != nil || s.Writable() != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner != nil {
		return s.owner
	}
	f, name, err := s.disk.temporary("owners", "")
	if err != nil {
		return nil
	}
	o := &owner{name: name, file: f, stop: make(chan struct{}), held: map[string]bool{}}
	if o.beat() != nil {
		f.Close()
		s.disk.root.Remove(name)
		return nil
	}
	o.done.Go(o.live)
	s.owner = o
	return o
}

// beat writes who this is, the same each time, so that the file system notes when.
func (o *owner) beat() error {
	_, err := o.file.WriteAt([]byte(thisProcess().face()), 0)
	return err
}

func (o *owner) live() {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			o.beat() // an error makes us look dead, which costs others some work and nobody a result
		case <-o.stop:
			return
		}
	}
}

// giveUp ends this process' ownership and all leases that it still holds.
func (s *Store) giveUp() {
	s.mu.Lock()
	o := s.owner
	s.owner = nil
	s.mu.Unlock()
	if o == nil {
		return
	}
	close(o.stop)
	o.done.Wait()
	o.file.Close()
	for name := range o.held {
		s.disk.root.Remove(name)
	}
	s.disk.root.Remove(o.name)
}

// process is what others are told of this one: its machine, its number there, and what tells it from another process that gets
// the same number later, or has it in another container.
type process struct {
	host  string
	pid   int
	world string
	start string
}

func thisProcess() process {
	host, _ := os.Hostname()
	return process{host, os.Getpid(), processWorld(), processStart(os.Getpid())}
}

const faceOfProcess = "host %q\npid %d\nworld %q\nstart %q\n"

func (p process) face() string { return fmt.Sprintf(faceOfProcess, p.host, p.pid, p.world, p.start) }

func parseFace(face string) (p process, ok bool) {
	_, err := fmt.Sscanf(face, faceOfProcess, &p.host, &p.pid, &p.world, &p.start)
	return p, err == nil
}

// ended says whether p was a process of this machine and is no more; false where that is not known.
func (p process) ended() bool {
	me := thisProcess()
	return p.host == me.host && p.world != "" && p.world == me.world && processEnded(p.pid, p.start)
}

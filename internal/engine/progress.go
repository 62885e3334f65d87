package engine

import (
	"math"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// Event is the state of a run, for people who watch it.
type Event struct {
	Done, Total  int // actions
	Hits, Failed int
	Tokens       int           // done, in actions that had to run
	TokensTotal  int           // of actions that are not known to be hits
	Rate         float64       // tokens a second since the first action started; 0 while unknown
	Left         time.Duration // an estimate; negative while unknown
	LeftOpen     bool          // some kind of action was never measured, so Left is a lower bound
	Running      []*action.Action
	Elsewhere    int    // actions that other processes have in hand
	Holder       string // one of these processes
	Final        bool   // nothing comes after it
}

// rates holds how long actions take: seconds and tokens or actions by kind.
type rates map[string]*pace

type pace struct {
	seconds float64
	tokens  int
	actions int
}

func (r rates) add(kind string, seconds float64, tokens int) {
	if seconds <= 0 {
		return
	}
	for _, k := range []string{kind, ""} { // "" is the pace over all kinds that use tokens
		if k == "" && tokens == 0 {
			continue
		}
		p := r[k]
		if p == nil {
			p = &pace{}
			r[k] = p
		}
		p.seconds += seconds
		p.tokens += tokens
		p.actions++
	}
}

// seconds estimates how long an action takes on its worker: by its tokens where it has any, as its kind's mean otherwise;
// false while nothing comparable was measured.
func (r rates) seconds(a *action.Action) (float64, bool) {
	if p := r[a.Kind]; p != nil {
		if a.Cost.Tokens > 0 && p.tokens > 0 {
			return p.seconds / float64(p.tokens) * float64(a.Cost.Tokens), true
		}
		return p.seconds / float64(p.actions), true
	}
	if p := r[""]; p != nil && a.Cost.Tokens > 0 {
		return p.seconds / float64(p.tokens) * float64(a.Cost.Tokens), true
	}
	return 0, false
}

// remainder is work that is left, in seconds, by pool; "" is what workers do.
type remainder struct {
	seconds map[string]float64
	width   map[string]int
}

func newRemainder() remainder { return remainder{map[string]float64{}, map[string]int{}} }

func (r remainder) add(a *action.Action, seconds float64) {
	r.seconds[a.Pool.Name] += seconds
	r.width[a.Pool.Name] = max(1, a.Pool.Width)
}

// over is how long it takes with so many workers: as long as the pool that takes longest.
func (r remainder) over(workers int) float64 {
	longest := 0.0
	for name, s := range r.seconds {
		n := r.width[name]
		if name == "" {
			n = workers
		}
		longest = max(longest, s/float64(n))
	}
	return longest
}

// stored are the rates of what the store holds.
func stored(s *cas.Store) rates {
	r := rates{}
	for e := range s.Entries() {
		r.add(e.Kind, e.Seconds, e.Tokens)
	}
	return r
}

// meter measures a run.
type meter struct {
	store *cas.Store
	o     Options
	past  rates // of earlier runs, read at the first miss
	now   rates // of this run
	first time.Time
	ended float64 // tokens of actions that ran to their end
}

func newMeter(s *cas.Store, o Options) *meter { return &meter{store: s, o: o, now: rates{}} }

// expect is told of every miss.
func (m *meter) expect() {
	if m.past == nil && m.o.Progress != nil {
		m.past = stored(m.store)
		m.first = m.o.Now()
	}
}

// learn is told of every action that came back from a worker.
func (m *meter) learn(n *node, o Outcome, now time.Time) {
	if o.State == Ran {
		m.now.add(n.action.Kind, now.Sub(n.started).Seconds(), n.action.Cost.Tokens)
		m.ended += float64(n.action.Cost.Tokens)
	}
}

func (m *meter) report(x *run) {
	if m.o.Progress == nil {
		return
	}
	ev := Event{Total: len(x.nodes), Left: -1, Final: x.running == 0 && len(x.elsewhere) == 0}
	tokens, left, longest, known := m.ended, newRemainder(), 0.0, true
	for _, n := range x.nodes {
		switch n.outcome.State {
		case Waiting:
			part := math.Float64frombits(n.part.Load())
			running := !n.started.IsZero()
			if running {
				ev.Running = append(ev.Running, n.action)
				tokens += part * float64(n.action.Cost.Tokens)
			}
			ev.TokensTotal += n.action.Cost.Tokens
			s, ok := m.seconds(n.action)
			if running && part > 0 && !ok { // the first of its kind tells by its own pace
				s, ok = m.o.Now().Sub(n.started).Seconds()/part, true
			}
			known = known && ok
			left.add(n.action, s*(1-part))
			longest = max(longest, s*(1-part))
			continue
		case Hit:
			ev.Hits++
		case Failed:
			ev.Failed++
		}
		ev.Done++
	}
	if ev.Elsewhere = len(x.elsewhere); ev.Elsewhere > 0 {
		ev.Holder = x.elsewhere[0].holder
	}
	ev.Tokens = int(tokens)
	ev.TokensTotal += int(m.ended)
	if took := m.o.Now().Sub(m.first).Seconds(); m.past != nil && took > 0 {
		ev.Rate = tokens / took
	}
	ev.LeftOpen = !known
	if rest := left.over(m.o.Workers); known || rest > 0 {
		ev.Left = time.Duration(max(rest, longest) * float64(time.Second))
	}
	m.o.Progress(ev)
}

// seconds prefers what this run measured.
func (m *meter) seconds(a *action.Action) (float64, bool) {
	if m.now[a.Kind] != nil {
		return m.now.seconds(a)
	}
	if m.past[a.Kind] != nil {
		return m.past.seconds(a)
	}
	return m.now.seconds(a)
}

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
	Unmeasured   int           // actions that Left lacks: nothing like them was ever measured, and they have not shown their pace
	Running      []*action.Action
	Elsewhere    int    // actions that other processes have in hand
	Holder       string // one of these processes
	Final        bool   // nothing comes after it
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
		m.now.add(n.action.Kind, weightsOf(n.action), now.Sub(n.started).Seconds(), n.action.Cost.Tokens)
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
			s, ok := m.expected(n, part)
			known = known && ok
			if _, had, _ := m.seconds(n.action); !ok && !had {
				ev.Unmeasured++
			}
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

// expected is how long an action takes in all, part of which is done; false while that is not known. What takes longer than was
// thought tells by its own pace, and so does the first action of a model.
func (m *meter) expected(n *node, part float64) (s float64, known bool) {
	s, known, sure := m.seconds(n.action)
	if n.started.IsZero() {
		return s, known && sure
	}
	elapsed := m.o.Now().Sub(n.started).Seconds()
	switch {
	case part > 0 && (!known || !sure || elapsed > s):
		return elapsed / part, true
	case elapsed > s:
		return 2 * elapsed, false
	}
	return s, known && sure
}

// seconds prefers what is known of the model, and then what this run measured.
func (m *meter) seconds(a *action.Action) (s float64, known, sure bool) {
	s, known, sure = m.now.seconds(a)
	if known && sure {
		return s, known, sure
	}
	before, had, certain := m.past.seconds(a)
	switch {
	case had && certain, !known:
		return before, had, certain
	case m.now.of(a.Kind, "") != nil:
		return s, true, true // models of one study are alike until one shows that they are not
	case had:
		return before, had, certain
	}
	return s, known, sure
}

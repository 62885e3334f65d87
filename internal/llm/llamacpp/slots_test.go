package llamacpp

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sdmap/internal/llm"
	"sdmap/internal/llm/remote"
)

// TestChoicesShareTheirContext: the server evaluates a context once, and each choice from its last token on.
func TestChoicesShareTheirContext(t *testing.T) {
	p := intercept(t, serve(t, planted+"m01.gguf", append([]string{"-np", "2", "-c", "640"}, exact...)...).url)
	d := openWaiting(t, p.url, remote.Options{})
	contexts := sequences(t, d, []string{"so 7 plus 5 is the same as 5 plus 7 and that is",
		"today gus had 2 nuts and got 8 more so gus has"})
	var seqs []llm.Sequence
	for i := range 8 { // the contexts take turns
		c := contexts[i%2].Tokens
		end := sequences(t, d, []string{[]string{" 12", " 14 now", " 10 and", " 9 ."}[i/2]})[0].Tokens[1:]
		seqs = append(seqs, llm.Sequence{Tokens: append(c[:len(c):len(c)], end...), From: len(c)})
	}
	alone := make([]llm.Scores, len(seqs))
	for i := range seqs {
		alone[i] = score(t, d, seqs[i:i+1])[0]
	}
	p.set(nil)
	if got := score(t, d, seqs); !reflect.DeepEqual(got, alone) {
		t.Errorf("scores %v; alone %v", got, alone)
	}
	whole, one := 0, 0
	slots := map[int][]int32{}
	for _, e := range p.said {
		n := int(e.reply["timings/prompt_n"].(float64))
		switch {
		case e.request.Grammar == "" && n == len(e.request.Prompt):
			whole++
			slots[e.request.Slot] = e.request.Prompt
		case e.request.Grammar != "" && n == 1 && reflect.DeepEqual(slots[e.request.Slot], e.request.Prompt):
			one++
		default:
			t.Errorf("a prompt of %d tokens costs %d on slot %d", len(e.request.Prompt), n, e.request.Slot)
		}
	}
	if whole != 2 || one != 8 {
		t.Errorf("%d contexts were evaluated for %d choices; want 2 for 8", whole, one)
	}
}

// TestSharedRoom: a server that was started without -np has one context for four slots, and lets all fail that do not fit.
func TestSharedRoom(t *testing.T) {
	s := serve(t, planted+"m01.gguf", append([]string{"-c", "256"}, exact...)...)
	d := open(t, s.url)
	if d.fleet.width() < 4 {
		t.Skipf("this llama-server has %d slots unless it is told", d.fleet.width())
	}
	seqs := sequences(t, d, planting(t).pieces[40:52])
	for i, seq := range seqs { // of 200 tokens
		for len(seq.Tokens) < 200 {
			seq.Tokens = append(seq.Tokens, seq.Tokens[1:min(len(seq.Tokens), 201-len(seq.Tokens))]...)
		}
		seqs[i].Tokens = seq.Tokens[:200]
	}
	var want []llm.Scores
	for i := range seqs {
		want = append(want, score(t, d, seqs[i:i+1])[0])
	}
	if d.fleet.servers[0].room.shared.Load() {
		t.Error("sequences one by one do not fit")
	}
	if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
		t.Error("scores of sequences that did not fit together differ from those one by one")
	}
	if !d.fleet.servers[0].room.shared.Load() {
		t.Error("nothing was refused: this test tests nothing")
	}
}

func TestServersOfOneModel(t *testing.T) {
	args := append([]string{"-np", "1", "-c", "256"}, exact...)
	first, second := serve(t, planted+"m01.gguf", args...), serve(t, planted+"m01.gguf", args...)
	p, q := intercept(t, first.url), intercept(t, second.url)
	d := open(t, p.url, q.url+"/")
	seqs := sequences(t, d, planting(t).questions[:20])
	p.set(nil)
	q.set(nil)
	got := score(t, d, seqs)
	if a, b := p.count("/completion"), q.count("/completion"); a < 5 || b < 5 || a+b < 20 {
		t.Errorf("the servers were asked %d and %d times", a, b)
	}
	if !reflect.DeepEqual(got, score(t, open(t, first.url), seqs)) {
		t.Error("two servers score otherwise than one")
	}
	other := serve(t, quantize(t, planted+"m01.gguf", "Q8_0"), args...)
	tiny := serve(t, "../../transformer/testdata/random-spm.gguf", args...)
	for _, urls := range [][]string{{first.url, other.url}, {first.url, tiny.url}, {first.url, first.url}, {"localhost:80"}, {""},
		nil} {
		if _, err := Open(t.Context(), Options{URLs: urls}); err == nil {
			t.Errorf("%q are taken for servers of one model", urls)
		}
	}
	if _, err := Open(t.Context(), Options{URLs: []string{"http://gpu.example"}}); err == nil ||
		!strings.Contains(err.Error(), "allow_hosts") {
		t.Errorf("another machine: %v", err)
	}
}

// TestIdentityIsUnpinned where the file cannot be read here, is unknown, or is another.
func TestIdentityIsUnpinned(t *testing.T) {
	d := open(t, recording(t, "suite").Serve(t))
	for what, change := range map[string]func(d *Driver){
		"no digest asked for":  func(d *Driver) { d.pin.digest = nil },
		"another machine":      func(d *Driver) { d.fleet.servers[0].local = false },
		"a relative path":      func(d *Driver) { d.fleet.servers[0].path = planted + "m01.gguf" },
		"a file that is not":   func(d *Driver) { d.fleet.servers[0].path = "/nowhere/m01.gguf" },
		"a file of other size": func(d *Driver) { d.fleet.servers[0].facts.params++ },
	} {
		s := d.fleet.servers[0]
		other := assemble(&fleet{servers: []*server{{url: s.url, local: s.local, path: s.path, slots: s.slots,
			facts: s.facts}}, facts: s.facts}, digest)
		if id, err := other.Identify(t.Context()); err != nil || id.Unpinned || !strings.HasPrefix(id.Weights, "sha256:") {
			t.Fatalf("before: %+v, %v", id, err)
		}
		if path, err := other.LocalFile(t.Context()); err != nil || path != s.path {
			t.Errorf("the model's file is %q, %v", path, err)
		}
		other.pin.known.done = false
		change(other)
		if id, err := other.Identify(t.Context()); err != nil || !id.Unpinned || id.Weights != "" {
			t.Errorf("%s: %+v, %v", what, id, err)
		}
		if path, err := other.LocalFile(t.Context()); err == nil {
			t.Errorf("%s: the model's file is %q", what, path)
		}
	}
	other := assemble(d.fleet, func(string) (string, error) { return "", errors.New("disk on fire") })
	if _, err := other.Identify(t.Context()); err == nil {
		t.Error("a digest that fails is no error")
	}
}

// TestRoom: no more tokens are let in than fit, everything gets its turn, and cancelling takes nothing with it.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(4, 100)
		r.shared.Store(true)
		var inside, most atomic.Int64
		done := make(chan error, 12)
		for i := range 12 {
			tokens := []int{10, 30, 60, 100}[i%4]
			go func() {
				units, err := r.enter(t.Context(), tokens)
				if err == nil {
					most.Store(max(most.Load(), inside.Add(int64(tokens))))
					time.Sleep(time.Second)
					inside.Add(-int64(tokens))
					r.leave(units)
				}
				done <- err
			}()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		if units, err := r.enter(ctx, 100); err == nil {
			r.leave(units)
		}
		for range 12 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if most.Load() > 100 || len(r.units) != 0 {
			t.Errorf("%d tokens at once; %d units are left taken", most.Load(), len(r.units))
		}
	})
}

package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"sdmap/internal/diag"
	"sdmap/internal/engine"
	"sdmap/internal/fetch"
	"sdmap/internal/wording"
)

// plainEvery is the least time between two lines of progress where lines cannot be rewritten.
const plainEvery = 5 * time.Second

// rewriteEvery is the same where they can.
const rewriteEvery = 100 * time.Millisecond

// progress shows how a run goes: one line that rewrites itself on a terminal, a plain line now and then elsewhere.
type progress struct {
	to   *console
	last time.Time
}

func (c *console) newProgress() *progress { return &progress{to: c, last: c.Now()} }

func (p *progress) show(e engine.Event) {
	if p.rewrites() {
		p.rewrite(e)
		return
	}
	if now := p.to.Now(); !e.Final && now.Sub(p.last) >= plainEvery {
		p.last = now
		p.to.say("%s", progressText(e)+running(e))
	}
}

// fetching shows how far a file has come.
func (p *progress) fetching(f fetch.Progress) {
	if p.rewrites() {
		if f.Final {
			p.stand("")
		} else {
			p.stand(fetchingText(f))
		}
		return
	}
	if now := p.to.Now(); !f.Final && now.Sub(p.last) >= plainEvery {
		p.last = now
		p.to.say("%s", fetchingText(f))
	}
}

func fetchingText(f fetch.Progress) string {
	parts := []string{"fetching " + diag.Plain(f.File.Address.Name), bytesText(f.Done)}
	if f.Total >= 0 {
		parts[1] += " of " + bytesText(f.Total)
	}
	if f.Rate > 0 {
		parts = append(parts, bytesText(int64(f.Rate))+"/s")
	}
	if left, known := f.Left(); known {
		parts = append(parts, "about "+durationText(left.Round(time.Second))+" left")
	}
	return strings.Join(parts, " · ")
}

func (p *progress) rewrites() bool { return p.to.Terminal && p.to.Getenv("TERM") != "dumb" }

func (p *progress) rewrite(e engine.Event) {
	line := progressText(e) + running(e)
	switch {
	case e.Final:
		line = ""
	case len(e.Running) == 0 && e.Elsewhere == 0:
		return
	}
	p.stand(line)
}

// running names an action in hand: a long one is known from a run that hangs.
func running(e engine.Event) string {
	if len(e.Running) == 0 {
		return ""
	}
	return " · " + diag.Plain(engine.Name(e.Running[0]))
}

// stand has a line stand on the terminal in place of the last one; an empty one removes it.
func (p *progress) stand(line string) {
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	if line == "" {
		p.to.wipe()
		return
	}
	if width := p.to.Width; width > 1 {
		line = cut(line, width-1)
	}
	fmt.Fprintf(p.to.Stderr, "\r%s\x1b[K", line)
	p.to.rewrite = true
}

// count shows how much of something is done, where nothing is computed that events would tell of.
func (p *progress) count(what string, done, total int) {
	now := p.to.Now()
	switch {
	case done == total:
		p.stand("")
	case p.rewrites() && now.Sub(p.last) >= rewriteEvery || now.Sub(p.last) >= plainEvery:
		p.last = now
		line := fmt.Sprintf("%s of %s %s", wording.Group(done), wording.Group(total), what)
		if p.rewrites() {
			p.stand(line)
		} else {
			p.to.say("%s", line)
		}
	}
}

func progressText(e engine.Event) string {
	parts := []string{fmt.Sprintf("%s of %s actions", wording.Group(e.Done), wording.Group(e.Total))}
	if e.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%s failed", wording.Group(e.Failed)))
	}
	if e.Elsewhere > 0 {
		parts = append(parts, fmt.Sprintf("%s in hand of %s", wording.Group(e.Elsewhere),
			cmp.Or(diag.Plain(e.Holder), "another process")))
	}
	if e.Tokens < e.TokensTotal && e.Rate > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s tokens, %s/s", short(float64(e.Tokens)), short(float64(e.TokensTotal)),
			short(e.Rate)))
	}
	switch left := e.Left.Round(time.Second); {
	case !e.LeftOpen && left >= 0:
		parts = append(parts, "about "+durationText(left)+" left")
	case left > 0:
		parts = append(parts, "more than "+durationText(left)+" left"+beside(e.Unmeasured))
	}
	return strings.Join(parts, " · ")
}

// beside says of how many actions a bound says nothing, so that nobody is surprised when it grows.
func beside(unmeasured int) string {
	if unmeasured == 0 {
		return ""
	}
	return ", beside " + wording.Count(unmeasured, "action") + " never measured here"
}

// short writes a count with three digits.
func short(v float64) string {
	switch {
	case v < 1000:
		return fmt.Sprintf("%.0f", v)
	case v < 999.5e3:
		return fmt.Sprintf("%.3gk", v/1e3)
	default:
		return fmt.Sprintf("%.3gM", v/1e6)
	}
}

func cut(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return s
}

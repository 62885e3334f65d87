package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"sdmap/internal/diag"
	"sdmap/internal/wording"
)

// console is the world that a command talks to: streams, clock and environment, and how things are said there.
type console struct {
	Env
	json bool // flag -json

	mu      sync.Mutex // guards Stderr and what follows
	rewrite bool       // a line of progress stands on the terminal, to be overwritten
	faults  diag.List  // of the study that was read last
}

// showFaults prints diagnostics with the lines that they speak of.
func (c *console) showFaults(list diag.List) {
	c.faults = list
	if c.json {
		return // the command prints them as data
	}
	if err := diag.Print(c.Stderr, list, diag.Source, c.colour()); err != nil {
		c.say("sdmap: %v", err)
	}
}

func (c *console) refused(file string, errors int) {
	if !c.json {
		c.say("%s: %s; nothing was run", diag.Plain(file), wording.Count(errors, "error"))
	}
}

// say writes a line of conversation; nothing in it can steer a terminal.
func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wipe()
	fmt.Fprintln(c.Stderr, plainLines(fmt.Sprintf(format, args...)))
}

// wipe removes a line of progress, so that another can stand in its place; c.mu is held.
func (c *console) wipe() {
	if c.rewrite {
		fmt.Fprint(c.Stderr, "\r\x1b[K")
		c.rewrite = false
	}
}

// colour says whether stderr gets colours.
func (c *console) colour() bool {
	return c.Terminal && c.Getenv("NO_COLOR") == "" && c.Getenv("TERM") != "dumb"
}

func (c *console) printJSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := c.Stdout.Write(diag.PlainJSON(b.Bytes()))
	return err
}

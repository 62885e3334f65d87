package imatrix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Name is that of the program.
const Name = "llama-imatrix"

// LeastContext is the smallest chunk whose tokens the program sums, in tokens.
const LeastContext = 16

// Program is an installed llama-imatrix. The zero Program is none.
type Program struct{ Path, Version string }

// Find looks for the program where programs are looked for, and asks its version.
func Find(ctx context.Context) (Program, error) {
	path, err := exec.LookPath(Name)
	if err != nil {
		return Program{}, err
	}
	out, err := output(ctx, exec.CommandContext(ctx, path, "--version"))
	if err != nil {
		return Program{}, err
	}
	for line := range strings.Lines(string(out)) {
		if version, ok := strings.CutPrefix(strings.TrimSpace(line), "version: "); ok {
			return Program{path, version}, nil
		}
	}
	return Program{}, fmt.Errorf("%s --version does not say its version", path)
}

// together is how many tokens go through the model at once, in chunks that do not see each other, where chunks are shorter.
const together = 512

// Settings of a measurement. All tokens count in float32 and without flash attention, whatever the program's defaults are.
type Settings struct {
	Context int // tokens of a chunk, at least LeastContext
	Threads int
}

// Measure runs the program with the model file on a text. What it does with a text (b11669):
//
//	tokens of the whole text, BOS in front where the model wants one
//	  -> chunks of Context tokens, each read for itself; an unfilled rest at the end is dropped
//	  -> where the model wants BOS, it stands in place of each chunk's first token
//
// What looks like an escape or a special token in the text stays text. A text of fewer than two chunks is an error.
func (p Program) Measure(ctx context.Context, model, text string, s Settings) (f *File, err error) {
	dir, err := os.MkdirTemp("", "sdmap-imatrix-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in, out := filepath.Join(dir, "text"), filepath.Join(dir, "imatrix.gguf")
	if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
		return nil, err
	}
	size, batch := strconv.Itoa(s.Context), strconv.Itoa(s.Context*max(1, together/s.Context))
	if _, err := output(ctx, exec.CommandContext(ctx, p.Path, "-m", model, "-f", in, "-o", out, "--no-ppl", "-c", size, "-b",
		batch, "-ub", batch,
		"-t", strconv.Itoa(s.Threads), "-fa", "off", "-ctk", "f32", "-ctv", "f32")); err != nil {
		return nil, err
	}
	if f, err = Read(out); err != nil {
		return nil, err
	}
	if f.Chunk != s.Context || f.Tokens < s.Context {
		return nil, fmt.Errorf("%s summed %d tokens in chunks of %d; chunks of %d were asked for", Name, f.Tokens, f.Chunk,
			s.Context)
	}
	return f, nil
}

// grace is how long a program that was told to end may keep its streams open.
const grace = time.Second

// output is what a command writes; its error shows the end of that.
func output(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	cmd.WaitDelay = grace
	var log tail
	cmd.Stdout, cmd.Stderr = &log, &log
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, log.lines())
	}
	return log.kept.Bytes(), nil
}

const (
	keptBytes  = 1 << 16
	shownLines = 6
)

// tail keeps the end of what is written to it.
type tail struct{ kept bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	n, _ := t.kept.Write(p)
	if over := t.kept.Len() - keptBytes; over > 0 {
		t.kept.Next(over)
	}
	return n, nil
}

// lines are the last ones that are not empty.
func (t *tail) lines() string {
	var kept []string
	for line := range strings.Lines(t.kept.String()) {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-shownLines):], "\n")
}

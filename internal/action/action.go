// Package action describes work before it is done: an Action is one repeatable computation, the unit of caching and of
// scheduling.
//
// An action's key is a printed description, one labelled line per fact: kind, version, parameters, and for every input the
// hash of its content. So an input that is computed again to the same bytes stops the cascade, and `why` can show which
// line changed. What an action's Run uses must be in its facts or inputs, or it must not change the result.
package action

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"sdmap/internal/cas"
)

// Action is one repeatable computation: from facts and inputs to bytes.
type Action struct {
	Kind    string // "axis/step", such as "performance/replies"
	Version int    // raised by hand when the meaning of the output changes
	Subject string // what it is about, for people: "m01 on sum.eq"; not in the key
	Facts   []Fact // parameters, in a fixed order
	Inputs  []Input
	Cost    Cost
	Pool    Pool // what it asks; not in the key

	// Run computes the output. Equal facts and inputs give equal bytes. It returns soon (within one second) after ctx is
	// cancelled, with ctx's error; answers already paid for go to the journal before.
	Run func(ctx context.Context, r Runtime) ([]byte, error)
}

// Pool is something outside this process that an action waits for, such as a server, and how many actions may do so at once.
// Such actions take up no worker. Without a name the action computes here.
type Pool struct {
	Name  string
	Width int // at least 1
}

// Fact is one labelled line of a key.
type Fact struct{ Label, Value string }

// F makes a fact from any printable value: strings are quoted, floats are printed so that they round-trip.
func F(label string, value any) Fact {
	switch v := value.(type) {
	case string:
		return Fact{label, strconv.Quote(v)}
	case float64:
		return Fact{label, strconv.FormatFloat(v, 'g', -1, 64)}
	default:
		return Fact{label, fmt.Sprint(v)}
	}
}

// Input is another action's output, under the name by which Run asks for it.
type Input struct {
	Name string
	From *Action
	// Optional inputs cost the action nothing but themselves where they fail: Runtime.Input gives Missing for them. The key
	// says which are missing, and not why: one reason or another, the same is left to compute with.
	Optional bool
}

// Missing is the error of Runtime.Input for an optional input that could not be made.
type Missing struct{ Reason string }

func (m Missing) Error() string { return m.Reason }

// Cost is what running would take; plans add it up. Seconds are unknown before a rate was measured, so only counts stand
// here.
type Cost struct {
	Requests int
	Tokens   int   // tokens through a model
	Bytes    int64 // expected size of the output
	Flops    float64
}

// Runtime is what the engine gives to a running action.
type Runtime interface {
	// Input returns the verified content of a named input. The error is Missing for an optional one that failed.
	Input(name string) ([]byte, error)
	// Progress tells that done of total parts of the action are finished.
	Progress(done, total int)
	// Journal keeps partial answers of this action over an interruption.
	Journal() cas.Journal
	// Workers is how many goroutines may compute at once.
	Workers() int
}

// Describe prints the action's key given its inputs' content, and is what gets hashed. Labels and values hold no newline. The
// zero OutputID stands for an optional input that is missing.
func (a *Action) Describe(inputs []cas.OutputID) (string, error) {
	if len(inputs) != len(a.Inputs) {
		return "", fmt.Errorf("action %s %s: %d input hashes for %d inputs", a.Kind, a.Subject, len(inputs), len(a.Inputs))
	}
	var b strings.Builder
	line := func(parts ...string) error {
		s := strings.Join(parts, " ")
		if strings.ContainsAny(s, "\n\r") {
			return fmt.Errorf("action %s %s: a line of its key holds a line break: %q", a.Kind, a.Subject, s)
		}
		b.WriteString(s)
		b.WriteByte('\n')
		return nil
	}
	err := line("kind", a.Kind)
	if err == nil {
		err = line("version", strconv.Itoa(a.Version))
	}
	for _, f := range a.Facts {
		if err == nil {
			err = line("fact", f.Label, f.Value)
		}
	}
	for i, in := range a.Inputs {
		switch {
		case err != nil:
		case in.Optional && inputs[i] == cas.OutputID{}:
			err = line("missing", in.Name)
		default:
			err = line("input", in.Name, inputs[i].String())
		}
	}
	return b.String(), err
}

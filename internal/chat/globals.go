package chat

import (
	"fmt"
	"strings"
	"time"
)

func makeNamespace(m *machine, c call) value { return &namespace{makeDict(m, c).(*dict)} }

// makeDict is dict(), of named arguments and one dict.
func makeDict(m *machine, c call) value {
	d := newDict()
	if base, ok := c.arg(0, "", nil).(*dict); ok {
		m.charge(c.at, 64*len(base.keys))
		for i, key := range base.keys {
			d.set(key, base.values[i])
		}
	}
	for _, name := range c.order {
		d.set(plain(name), c.named[name])
	}
	return d
}

// maxRange is the longest range of Jinja's sandbox.
const maxRange = 100_000

func makeRange(m *machine, c call) value {
	start, stop, step := int64(0), c.intArg(0, "stop", 0), c.intArg(2, "step", 1)
	if len(c.args) > 1 {
		start, stop = stop, c.intArg(1, "stop", 0)
	}
	if step == 0 {
		fail(c.at, "the step of a range is 0")
	}
	out := &list{}
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		if len(out.items) == maxRange {
			fail(c.at, "the range has more than %d numbers", maxRange)
		}
		m.step(c.at)
		out.items = append(out.items, i)
		if next := i + step; (next > i) != (step > 0) {
			break
		}
	}
	m.charge(c.at, 16*len(out.items))
	return out
}

// raiseException is how templates refuse a conversation.
func raiseException(m *machine, c call) value {
	fail(c.at, "the template refuses the conversation: %s", m.str(c.at, c.arg(0, "message", text{})).s)
	return nil
}

// strftimeNow writes Options.Now.
func strftimeNow(m *machine, c call) value {
	format := c.textArg(0, "format", nil).s
	m.charge(c.at, 16*len(format))
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		short := format[i] == '-' && i+1 < len(format) // %-d is %d without the leading zero
		if short {
			i++
		}
		s, ok := timePart(m.now, format[i])
		if !ok {
			fail(c.at, "strftime_now: %%%c is not supported; supported: %%a %%A %%b %%B %%d %%H %%I %%j %%m %%M %%p "+
				"%%S %%y %%Y %%%%", format[i])
		}
		if short {
			s = strings.TrimLeft(s[:len(s)-1], "0") + s[len(s)-1:]
		}
		b.WriteString(s)
	}
	return plain(b.String())
}

func timePart(t time.Time, directive byte) (string, bool) {
	layout, ok := map[byte]string{'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'H': "15", 'I': "03",
		'm': "01",
		'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006"}[directive]
	switch {
	case ok:
		return t.Format(layout), true
	case directive == 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case directive == '%':
		return "%", true
	}
	return "", false
}

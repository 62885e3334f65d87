package axis

import (
	"errors"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/wording"
)

// Lost is a part of what an axis rests on that failed, and is done without.
type Lost struct{ What, Why string }

// Optional reads an optional input of an action; lost says why there is none.
func Optional(r action.Runtime, name string) (data []byte, lost *Lost, err error) {
	data, err = r.Input(name)
	if m, is := errors.AsType[action.Missing](err); is {
		return nil, &Lost{name, m.Reason}, nil
	}
	return data, nil, err
}

// told bounds lists of what failed: the first tell as much as all.
const told = 10

// FailedAlarm says what an axis does without; none where nothing failed.
func FailedAlarm(name string, lost []Lost) []Alarm {
	if len(lost) == 0 {
		return nil
	}
	var what []string
	for _, l := range lost {
		what = append(what, l.What)
	}
	return []Alarm{{Kind: "failed", Text: fmt.Sprintf("The %s axis does without %s: %s failed. All else is as in a "+
		"study without.",
		name, wording.Count(len(lost), "part"), names(what)),
		Advice: "Run again once the cause is mended: what was computed is kept."}}
}

// FailedWarnings give the reasons, those that share one together.
func FailedWarnings(lost []Lost) (out []string) {
	what, reasons := map[string][]string{}, []string(nil)
	for _, l := range lost {
		if what[l.Why] == nil {
			reasons = append(reasons, l.Why)
		}
		what[l.Why] = append(what[l.Why], l.What)
	}
	for _, why := range reasons[:min(told, len(reasons))] {
		out = append(out, fmt.Sprintf("left out, because it failed: %s (%s)", names(what[why]), why))
	}
	if more := len(reasons) - told; more > 0 {
		out = append(out, fmt.Sprintf("and %s for other reasons", wording.Count(more, "part")))
	}
	return out
}

// names lists the first of many.
func names(all []string) string {
	if more := len(all) - told; more > 0 {
		return wording.And(append(slices.Clone(all[:told]), fmt.Sprintf("%d more", more)))
	}
	return wording.And(all)
}

package cli

import (
	"fmt"
	"strings"

	"sdmap/internal/benchmark"
	"sdmap/internal/diag"
	"sdmap/internal/session"
	"sdmap/internal/wording"
)

// showItems prints the first item of every benchmark: the prompt as models read it, and what is scored or compared, in quotes.
func (a *app) showItems(l *session.Session) {
	for _, b := range l.Benchmarks {
		if b == nil {
			continue
		}
		fmt.Fprintf(a.Stdout, "\n%s: %s", b.Spec.ID, wording.Count(len(b.Items), "item"))
		if files := len(b.Spec.Files()); files > 1 {
			fmt.Fprintf(a.Stdout, " of %s", wording.Count(files, "file"))
		}
		fmt.Fprintf(a.Stdout, "; %s is\n", diag.Plain(b.Items[0].ID))
		showItem(func(format string, args ...any) { fmt.Fprintf(a.Stdout, format+"\n", args...) }, b.Items[0])
	}
}

func showItem(line func(format string, args ...any), it benchmark.Item) {
	for text := range strings.Lines(it.Prompt) {
		line("  | %s", diag.Plain(strings.TrimSuffix(text, "\n")))
	}
	for k, c := range it.Choices {
		mark := " "
		if it.Truths == nil && k == it.Answer || it.Truths != nil && it.Truths[k] {
			mark = "*"
		}
		if it.Contexts != nil {
			line("%s %q, then %q", mark, c, it.Continuations[k])
		} else {
			line("%s %q", mark, it.Delimiter+c)
		}
	}
	for _, r := range it.References {
		line("= %q", r)
	}
}

package narrative

import (
	"strings"

	"sdmap/internal/diag"
)

// escaped are the characters that mean something in Markdown, as far as text inside a line is concerned.
const escaped = "\\`*_{}[]()<>#+-.!|~&$\"'^=:@"

// Escape makes text from outside (benchmark items, model replies, names) safe as Markdown text: it is shown as it is, on
// one line without space around it, and nothing in it acts.
func Escape(text string) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(diag.Shown(text)) {
		if strings.ContainsRune(escaped, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

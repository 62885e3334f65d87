package narrative

import "strings"

// escaped are the characters that mean something in Markdown, as far as text inside a line is concerned.
const escaped = "\\`*_{}[]()<>#+-.!|~&$\"'^=:@"

// Escape makes text from outside (benchmark items, model replies, names) safe as Markdown text: it is shown as it is, on
// one line, and nothing in it acts.
func Escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r < ' ' || r == 0x7f:
			b.WriteRune('\ufffd')
		case strings.ContainsRune(escaped, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

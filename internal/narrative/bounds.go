package narrative

import (
	"bytes"
	"fmt"
)

// What a block of text (lines without a blank one between) may hold. A Markdown parser's work grows with the square of what may
// open or close something within a block, and of how deep things stand inside each other; so bounded, it grows with the length
// of the text alone. A paragraph that people read holds a hundredth of this.
const (
	longestBlock = 64 << 10 // bytes
	mostBrackets = 1_000    // [ and ]
	mostMarks    = 4_000    // of emphasis, code and HTML: * _ ~ ` < & and of values: {
	deepest      = 32       // quotes and lists that begin on one line
	// mostDefinitions bounds lines such as [name]: address, each of which is compared with those before.
	mostDefinitions = 5_000
)

// bound finds the first block that holds too much: the bytes [start, stop) to show, what it is and what to do.
func bound(source []byte) (start, stop int, summary, remedy string) {
	block, size, brackets, marks, definitions := 0, 0, 0, 0, 0
	for at := 0; at < len(source); {
		end := at + 1 + bytes.IndexByte(source[at:], '\n')
		if end == at {
			end = len(source)
		}
		line := source[at:end]
		if len(bytes.TrimSpace(line)) == 0 {
			block, size, brackets, marks, at = end, 0, 0, 0, end
			continue
		}
		size += len(line)
		brackets += bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("]"))
		for _, mark := range []byte("*_~`<&{") {
			marks += bytes.Count(line, []byte{mark})
		}
		if bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("[")) && bytes.Contains(line, []byte("]:")) {
			definitions++
		}
		const divide = "Put a blank line between its parts, or move what is no prose into a file of its own."
		switch {
		case depth(line) > deepest:
			return at, end, fmt.Sprintf("more than %d quotes or lists begin on one line", deepest),
				"Nobody could read what stands so deep."
		case size > longestBlock:
			return block, end, fmt.Sprintf("more than %d bytes stand without a blank line", longestBlock), divide
		case brackets > mostBrackets:
			return block, end, fmt.Sprintf("more than %d brackets stand without a blank line", mostBrackets), divide
		case marks > mostMarks:
			return block, end, fmt.Sprintf("more than %d signs of emphasis, code, HTML or values stand without a blank line",
				mostMarks), divide
		case definitions > mostDefinitions:
			return at, end, fmt.Sprintf("more than %d lines define the address of a link", mostDefinitions),
				"Write addresses where they are used."
		}
		at = end
	}
	return 0, 0, "", ""
}

// depth is about how many quotes and lists begin on a line, with those that its indentation stands in.
func depth(line []byte) int {
	n, blanks := 0, 0
	for i, c := range line {
		ends := i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '\t' || line[i+1] == '\n' || line[i+1] == '\r'
		switch {
		case c == ' ':
			blanks++
		case c == '\t':
			blanks += 4
		case c == '>', ends && (c == '*' || c == '-' || c == '+' || c == '.' || c == ')'):
			n++
		case c < '0' || c > '9':
			return n + blanks/8
		}
	}
	return n + blanks/8
}

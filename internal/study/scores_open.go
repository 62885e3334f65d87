package study

import (
	"bufio"
	"bytes"
	"io"
)

// longestHeader bounds the part of the file in which its separator is looked for.
const longestHeader = 1 << 20

// open finds the file's separator and leaves out its byte order mark; fault says why it is no text.
func (c *scoreSheet) open(f io.Reader) (text *bufio.Reader, fault string) {
	text = bufio.NewReaderSize(f, longestHeader)
	if mark, _ := text.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = text.Discard(len(mark))
	}
	head, _ := text.Peek(longestHeader)
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return nil, "It begins like UTF-16."
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil, "It is an archive, as spreadsheets are."
	}
	c.separator = separatorOf(head)
	return text, ""
}

// separatorOf is the one of comma, semicolon and tab that is most frequent in the first line, outside of quotes.
func separatorOf(text []byte) rune {
	n, quoted := map[byte]int{}, false
	for _, b := range text {
		if b == '"' {
			quoted = !quoted
		}
		if b == '\n' && !quoted {
			break
		}
		if !quoted {
			n[b]++
		}
	}
	best := byte(',')
	for _, b := range []byte{';', '\t'} {
		if n[b] > n[best] {
			best = b
		}
	}
	return rune(best)
}

package httpreplay

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// key is a request: its body as it stands in the file.
type key struct{ method, path, body string }

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.path, other.path), cmp.Compare(k.method, other.method), cmp.Compare(k.body, other.body))
}

// answer is what a server said.
type answer struct {
	status int
	reply  body
}

// exchanges are what a file holds.
type exchanges map[key]answer

// mark begins the line in front of every body. No line of JSON begins so.
const mark = "=== "

// about is the file's first line.
const about = "# What the real server said; written by go test -record.\n"

// bytes are the file: "=== POST /path", the request's body, "=== 200", the reply's. The order is that of the requests and
// not of time, so that what did not change stays where it is.
func (e exchanges) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(about)
	for _, k := range slices.SortedFunc(maps.Keys(e), key.compare) {
		fmt.Fprintf(&b, "%s%s %s\n%s%s%d\n%s", mark, k.method, k.path, k.body, mark, e[k].status, e[k].reply.indented())
	}
	return b.Bytes()
}

// parse reads what bytes wrote.
func parse(data []byte) (exchanges, error) {
	out := exchanges{}
	text, ok := strings.CutPrefix(string(data), about)
	if !ok {
		return nil, fmt.Errorf("no record: it does not begin with %q", about)
	}
	for text != "" {
		request, rest, ok := section(text)
		if !ok {
			return nil, fmt.Errorf("no request in %.60q", text)
		}
		reply, rest, ok := section(rest)
		method, path, spaced := strings.Cut(request.head, " ")
		status, err := strconv.Atoi(reply.head)
		if !ok || !spaced || err != nil || status < 100 || status > 999 {
			return nil, fmt.Errorf("behind %q stands no status, but %.60q", request.head, reply.head)
		}
		k := key{method, path, request.body}
		if _, twice := out[k]; twice {
			return nil, fmt.Errorf("%s is answered twice:\n%.200s", request.head, request.body)
		}
		out[k], text = answer{status, read([]byte(reply.body))}, rest
	}
	return out, nil
}

// part is a line with the mark, and what stands below.
type part struct{ head, body string }

// section takes the first part from a text.
func section(text string) (p part, rest string, ok bool) {
	line, rest, _ := strings.Cut(text, "\n")
	p.head, ok = strings.CutPrefix(line, mark)
	end := len(rest)
	if strings.HasPrefix(rest, mark) {
		end = 0
	} else if at := strings.Index(rest, "\n"+mark); at >= 0 {
		end = at + 1
	}
	p.body = rest[:end]
	return p, rest[end:], ok
}

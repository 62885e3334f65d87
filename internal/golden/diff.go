package golden

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

const (
	contextLines = 2       // unchanged lines shown around a change
	maxLines     = 120     // lines of a diff before it is cut
	maxLine      = 240     // bytes of one line before it is cut
	maxTable     = 4 << 20 // cells of the alignment table; beyond it the differing part is shown as one block
)

// edit is one line of a diff: ' ' unchanged, '-' only in the file, '+' only in the output.
type edit struct {
	op   byte
	text []byte
}

// diff renders the change from want to got in the manner of `diff -u`, one hunk per group of changes.
// A line's number is its number in the file (for added lines: in the output).
func diff(path string, want, got []byte) string {
	edits := align(lines(want), lines(got))
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ output\n", path)
	printed, wantLine, gotLine, skipping := 0, 0, 0, false
	for i, e := range edits {
		if e.op != '+' {
			wantLine++
		}
		if e.op != '-' {
			gotLine++
		}
		if !nearChange(edits, i) {
			skipping = true
			continue
		}
		if skipping || i == 0 {
			fmt.Fprintf(&b, "@@ -%d +%d @@\n", max(wantLine, 1), max(gotLine, 1))
			skipping = false
		}
		if printed++; printed > maxLines {
			b.WriteString("... (the rest is not shown)\n")
			break
		}
		fmt.Fprintf(&b, "%c%s\n", e.op, visible(e.text))
	}
	return b.String()
}

func nearChange(edits []edit, i int) bool {
	for j := max(0, i-contextLines); j <= min(len(edits)-1, i+contextLines); j++ {
		if edits[j].op != ' ' {
			return true
		}
	}
	return false
}

// lines splits after each newline; the newline stays, so that a missing last one shows as a difference.
func lines(data []byte) [][]byte {
	parts := bytes.SplitAfter(data, []byte("\n"))
	if len(parts[len(parts)-1]) == 0 {
		parts = parts[:len(parts)-1]
	}
	return parts
}

// visible escapes what a terminal would hide or obey, and cuts very long lines.
func visible(line []byte) string {
	body, ended := bytes.CutSuffix(line, []byte("\n"))
	cut := ""
	if len(body) > maxLine {
		cut = fmt.Sprintf(" ... (%d bytes)", len(body))
		body = body[:maxLine]
	}
	quoted := fmt.Sprintf("%q", body)
	text := strings.NewReplacer(`\"`, `"`, `\t`, "\t", `\\`, `\`).Replace(quoted[1:len(quoted)-1]) + cut
	if !ended {
		text += " (no newline at the end)"
	}
	return text
}

// align finds a shortest edit script of lines: the common ends are trimmed, the rest is aligned by its longest common
// subsequence.
func align(want, got [][]byte) []edit {
	var head, tail []edit
	for len(want) > 0 && len(got) > 0 && bytes.Equal(want[0], got[0]) {
		head = append(head, edit{' ', want[0]})
		want, got = want[1:], got[1:]
	}
	for len(want) > 0 && len(got) > 0 && bytes.Equal(want[len(want)-1], got[len(got)-1]) {
		tail = append(tail, edit{' ', want[len(want)-1]})
		want, got = want[:len(want)-1], got[:len(got)-1]
	}
	slices.Reverse(tail)
	return append(append(head, alignMiddle(want, got)...), tail...)
}

func alignMiddle(want, got [][]byte) []edit {
	n, m := len(want), len(got)
	var edits []edit
	i, j := 0, 0
	if (n+1)*(m+1) <= maxTable {
		common := commonLengths(want, got)
		for i < n && j < m {
			switch {
			case bytes.Equal(want[i], got[j]):
				edits = append(edits, edit{' ', want[i]})
				i, j = i+1, j+1
			case common[(i+1)*(m+1)+j] >= common[i*(m+1)+j+1]:
				edits = append(edits, edit{'-', want[i]})
				i++
			default:
				edits = append(edits, edit{'+', got[j]})
				j++
			}
		}
	}
	for ; i < n; i++ {
		edits = append(edits, edit{'-', want[i]})
	}
	for ; j < m; j++ {
		edits = append(edits, edit{'+', got[j]})
	}
	return edits
}

// commonLengths is the (n+1) x (m+1) row-major table of the longest common subsequence of want[i:] and got[j:].
func commonLengths(want, got [][]byte) []int32 {
	n, m := len(want), len(got)
	table := make([]int32, (n+1)*(m+1))
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			cell := max(table[(i+1)*(m+1)+j], table[i*(m+1)+j+1])
			if bytes.Equal(want[i], got[j]) {
				cell = table[(i+1)*(m+1)+j+1] + 1
			}
			table[i*(m+1)+j] = cell
		}
	}
	return table
}

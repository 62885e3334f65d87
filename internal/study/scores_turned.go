package study

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"sdmap/internal/diag"
)

// turn makes one row a model of a table that has one column a model: its first column is called "benchmark" and no column
// "model". Families that stand in the headings become lineages.
func (c *scoreSheet) turn(text *bufio.Reader) (*bufio.Reader, bool) {
	head, _ := text.Peek(longestHeader)
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	names, _ := c.reading(bytes.NewReader(line)).Read()
	holds := func(name string) bool {
		return slices.ContainsFunc(names, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
	}
	if len(names) < 2 || !strings.EqualFold(strings.TrimSpace(names[0]), "benchmark") || holds("model") || holds("score") ||
		c.has("models_column") {
		return text, true
	}
	c.turned = true
	records, err := c.reading(text).ReadAll()
	if err != nil {
		c.fault(1, 1, "the table of scores cannot be read", err.Error(), "")
		return nil, false
	}
	for _, r := range records {
		if len(r) != len(records[0]) {
			c.fault(1, 1, fmt.Sprintf("the row %q has %d cells, the header %d", r[0], len(r), len(records[0])),
				"An empty cell is a missing score.", "")
			return nil, false
		}
	}
	return c.byModel(records)
}

// reading is a reader of the table's form.
func (c *scoreSheet) reading(from io.Reader) *csv.Reader {
	r := csv.NewReader(from)
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = c.separator, -1, c.separator != '\t'
	return r
}

// byModel writes the table again, one row a model. A model that stands twice with the same scores is taken once.
func (c *scoreSheet) byModel(records [][]string) (*bufio.Reader, bool) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = c.separator
	seen := map[string]int{}
	for j := range records[0] {
		row := []string{"model", "lineage"}
		if j > 0 {
			family, name := ModelHeader(records[0][j])
			if before, there := seen[name]; there && same(records, before, j) {
				c.twice = append(c.twice, name)
				continue
			}
			seen[name] = j
			row = []string{name, family}
		}
		for _, r := range records[1:] {
			row = append(row, r[j])
		}
		if err := w.Write(row); err != nil {
			c.fault(1, 1, "the table of scores cannot be read", err.Error(), "")
			return nil, false
		}
	}
	w.Flush()
	c.size = int64(out.Len())
	return bufio.NewReaderSize(&out, longestHeader), true
}

// same says whether two columns hold the same.
func same(records [][]string, a, b int) bool {
	return !slices.ContainsFunc(records[1:], func(r []string) bool { return r[a] != r[b] })
}

// warnTwice says which models stand twice.
func (c *scoreSheet) warnTwice() {
	if len(c.twice) > 0 {
		c.found.Add(diag.Diagnostic{Severity: diag.Warning, Summary: fmt.Sprintf("columns of the same model and scores: %s",
			some(c.twice)), Detail: "The first of them is taken.", Range: diag.Range{File: c.sheet}})
	}
}

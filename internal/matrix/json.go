package matrix

import (
	"encoding/json"
	"fmt"
)

// UnmarshalJSON reads what MarshalJSON wrote, to the same bits. A null without a reason is missing as "not computed".
func (m *Labelled) UnmarshalJSON(data []byte) error {
	var in struct {
		Name, Unit string
		Rows, Cols []string
		Values     [][]*float64
		Missing    []struct{ Row, Col, Reason string }
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	out := New(in.Name, in.Unit, in.Rows, in.Cols)
	if len(in.Values) != len(in.Rows) {
		return fmt.Errorf("matrix %q: %d rows of values for %d labels", in.Name, len(in.Values), len(in.Rows))
	}
	for i, row := range in.Values {
		if len(row) != len(in.Cols) {
			return fmt.Errorf("matrix %q: row %q has %d values for %d columns", in.Name, in.Rows[i], len(row), len(in.Cols))
		}
		for j, v := range row {
			if v == nil {
				out.SetMissing(i, j, "")
			} else {
				out.Set(i, j, *v)
			}
		}
	}
	rows, cols := positions(in.Rows), positions(in.Cols)
	for _, r := range in.Missing {
		i, okRow := rows[r.Row]
		j, okCol := cols[r.Col]
		if !okRow || !okCol {
			return fmt.Errorf("matrix %q: a reason for a cell (%q, %q) that is not there", in.Name, r.Row, r.Col)
		}
		out.SetMissing(i, j, r.Reason)
	}
	*m = *out
	return m.Validate()
}

func positions(labels []string) map[string]int {
	at := make(map[string]int, len(labels))
	for i, label := range labels {
		at[label] = i
	}
	return at
}

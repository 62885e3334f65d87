package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// commonReason is of how many cells a reason must be to be written once, and not with each of them.
const commonReason = 1 << 12

// reasonAt is why one cell is missing.
type reasonAt struct {
	Row    string `json:"row"`
	Col    string `json:"col"`
	Reason string `json:"reason"`
}

// MarshalJSON writes name, unit, labels, rows of values with null for missing cells, and the reasons by label; one that very many
// cells have is "otherwise", the reason of all that have no other. There is no NaN and no null list in it.
func (m *Labelled) MarshalJSON() ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	head, err := json.Marshal(struct {
		Name string   `json:"name"`
		Unit string   `json:"unit"`
		Rows []string `json:"rows"`
		Cols []string `json:"cols"`
	}{m.Name, m.Unit, append([]string{}, m.Rows...), append([]string{}, m.Cols...)})
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	buf.Write(head[:len(head)-1])
	buf.WriteString(`,"values":`)
	if err := m.appendValues(&buf); err != nil {
		return nil, err
	}
	otherwise := m.otherwise()
	reasons := []reasonAt{}
	for at, why := range m.MissingCells() {
		if why != otherwise {
			reasons = append(reasons, reasonAt{m.Rows[at[0]], m.Cols[at[1]], why})
		}
	}
	tail, err := json.Marshal(struct {
		Missing   []reasonAt `json:"missing"`
		Otherwise string     `json:"otherwise,omitempty"`
	}{reasons, otherwise})
	buf.WriteByte(',')
	buf.Write(tail[1:])
	return buf.Bytes(), err
}

// appendValues writes the cells row by row, so that a large matrix takes no more room than its text.
func (m *Labelled) appendValues(to *bytes.Buffer) error {
	row := make([]*float64, len(m.Cols))
	for i := range m.Rows {
		for j := range row {
			row[j] = nil
			if k := m.cell(i, j); m.reason(k) == "" {
				row[j] = &m.Data[k]
			}
		}
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		to.WriteByte("[,"[min(i, 1)])
		to.Write(text)
	}
	if len(m.Rows) == 0 {
		to.WriteByte('[')
	}
	to.WriteByte(']')
	return nil
}

// otherwise is the commonest reason if very many cells have it, else empty.
func (m *Labelled) otherwise() string {
	count := make([]int, len(m.reasons)+1)
	for _, number := range m.missing {
		count[number]++
	}
	most, of := commonReason, ""
	for k, reason := range m.reasons {
		if count[k+1] > most {
			most, of = count[k+1], reason
		}
	}
	return of
}

// UnmarshalJSON reads what MarshalJSON wrote, to the same bits. A null without any reason is missing as "not computed".
func (m *Labelled) UnmarshalJSON(data []byte) error {
	var in struct {
		Name, Unit string
		Rows, Cols []string
		Values     [][]*float64
		Missing    []reasonAt
		Otherwise  string
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
				out.SetMissing(i, j, in.Otherwise)
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

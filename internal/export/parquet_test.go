package export

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sdmap/internal/files"
	"sdmap/internal/rows"
	"sdmap/internal/testenv"
)

// plain is a value that was read from Parquet as JSON has it.
func plain(t *testing.T, v any) any {
	switch v := v.(type) {
	case rows.Object:
		out := map[string]any{}
		for _, f := range v {
			out[f.Name] = plain(t, f.Value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(t, v[i])
		}
		return out
	case json.Number:
		n, err := v.Float64()
		check(t, err)
		return n
	default:
		return v
	}
}

// Parquet and JSON Lines say the same, a null where the other has one.
func TestParquetIsAsJSON(t *testing.T) {
	for _, texts := range []bool{true, false} {
		dir, packed := write(t, look(t, source(t), Selection{}), Options{Texts: texts})
		want := rowsIn(t, packed["answers.jsonl"])
		f, err := files.Open(filepath.Join(dir, "answers.parquet"))
		check(t, err)
		info, err := f.Stat()
		check(t, err)
		n := 0
		check(t, rows.Read(f, info.Size(), rows.Options{}, func(r rows.Row) bool {
			if got := plain(t, r.Fields); !reflect.DeepEqual(got, want[n]) {
				t.Errorf("row %d\nParquet %v\nJSON    %v", n, got, want[n])
			}
			n++
			return true
		}))
		f.Close()
		if n != len(want) || n == 0 {
			t.Errorf("%d rows, %d in JSON", n, len(want))
		}
	}
}

// So do they as Python's libraries read them, packed and not.
func TestPythonReadsThem(t *testing.T) {
	python := testenv.Python(t, "pandas", "pandas", "pyarrow")
	for _, o := range []Options{{Texts: true}, {Texts: true, Gzip: true}, {}} {
		dir, _ := write(t, look(t, source(t), Selection{}), o)
		script, err := filepath.Abs("testdata/read.py")
		check(t, err)
		out, err := exec.Command(python, script, dir).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "10 rows" {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

package benchmark

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// collect is every row as "line:number fields" or "line:number !fault".
func collect(src string) ([]string, error) {
	var got []string
	err := readRows(strings.NewReader(src), func(r row) bool {
		if r.fault != "" {
			got = append(got, fmt.Sprintf("%d:%d !%s", r.line, r.number, r.fault))
		} else {
			got = append(got, fmt.Sprintf("%d:%d %v", r.line, r.number, r.fields))
		}
		return true
	})
	return got, err
}

func TestRowsAreReadInEveryForm(t *testing.T) {
	lines := "\n{\"a\": 1}\r\n\n{\"a\": 51.0}\n{\"a\": null}"
	array := "\n[{\"a\": 1},\n\n {\"a\": 51.0},\n{\n\"a\": null}\n]\n"
	want := []string{"2:1 map[a:1]", "4:2 map[a:51.0]", "5:3 map[a:<nil>]"}
	for name, src := range map[string]string{
		"lines": lines, "gzip": zipped(t, lines), "array": array, "gzip array": zipped(t, array), "bom": "\xef\xbb\xbf" + lines,
	} {
		got, err := collect(src)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	src := "{\"a\": 1\n[1]\n\"x\"\n{\"a\": \"\xff\"}\n{\"a\": NaN}\n{} {}\n{}\n" + strings.Repeat(" ", largestRow+5) + "{}\n{}"
	got, err := collect(src)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1:1 !the row is not JSON: it ends too early", "2:2 !the row is a list; it must be an object in braces",
		"3:3 !the row is text; it must be an object in braces", "4:4 !the row is not UTF-8",
		"5:5 !the row is not JSON: invalid character 'N' looking for beginning of value",
		"6:6 !the row is not JSON: something follows its end", "7:7 map[]", "8:8 !the row is longer than 16 MiB", "9:9 map[]",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestBrokenFiles(t *testing.T) {
	whole := zipped(t, strings.Repeat("{\"a\": 1}\n", 50))
	for src, want := range map[string]string{
		"[{\"a\": 1},\n{\"a\" 1}]": "2 the array is not JSON", "[{}": "1 the array is not", "[{}]\n{}": "2 something follows",
		whole[:len(whole)-6]: "unexpected EOF", "\x1f\x8bxx": "like gzip",
	} {
		if _, err := collect(src); err == nil || !strings.Contains(told(err), want) {
			t.Errorf("%.20q: error %v, want %q", src, err, want)
		}
	}
}

func TestReadingStopsWhenAsked(t *testing.T) {
	for _, src := range []string{"{}\n{}\n{", "[{},{},"} {
		n := 0
		if err := readRows(strings.NewReader(src), func(row) bool { n++; return n < 2 }); err != nil || n != 2 {
			t.Errorf("%q: %d rows, %v", src, n, err)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte("{\"question\": \"a\", \"choices\": [\"b\", \"c\"], \"answer\": \"B\"}\n"))
	f.Add([]byte("[{\"question\": 1, \"choices\": [1, 2], \"answer\": 0}]"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, src []byte) {
		l := plainLoader(t)
		readRows(bytes.NewReader(src), func(r row) bool {
			item, fault := l.item(r)
			if fault == "" && (item.Answer < 0 || item.Answer >= len(item.Choices) || item.Question == "") {
				t.Fatalf("%q became %+v", src, item)
			}
			return true
		})
	})
}

// told is the line and the reason of an error.
func told(err error) string {
	if broken, ok := errors.AsType[*brokenFile](err); ok {
		return fmt.Sprint(broken.line, " ", broken.reason)
	}
	return err.Error()
}

// The last row counts whether or not a line break follows it, at any length; one above the limit is a fault, last or not.
func TestTheLastRowCounts(t *testing.T) {
	const head = `{"a": "`
	for _, size := range []int{20, 4095, 4096, 4097, 64<<10 - 1, 64 << 10, 64<<10 + 1, 128 << 10, 1 << 20, largestRow - 2,
		largestRow + 1, largestRow + 64<<10} {
		text := head + strings.Repeat("x", size-len(head)-2) + `"}`
		for _, before := range []string{"", "{}\n", "\n\n{}\r\n"} {
			for _, end := range []string{"", "\n", "\r\n", "\n\n"} {
				if size > 1<<20 && (len(before) > 3 || len(end) > 1) {
					continue // they are slow, and differ in nothing from shorter ones
				}
				var faults, rows int
				last := 0
				err := readRows(strings.NewReader(before+text+end), func(r row) bool {
					rows++
					last = r.line
					if r.fault != "" {
						faults++
					}
					return true
				})
				wantRows, wantFaults := 1, 0
				if before != "" {
					wantRows = 2
				}
				if size > largestRow {
					wantFaults = 1
				}
				if err != nil || rows != wantRows || faults != wantFaults || last != strings.Count(before, "\n")+1 {
					t.Errorf("%d bytes after %q, before %q: %d rows, %d faults, the last in line %d, %v", size, before, end, rows,
						faults, last, err)
				}
			}
		}
	}
}

package rows

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
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

func zstandard(t testing.TB, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

// shown is a value as compact text.
func shown(v any) string {
	switch v := v.(type) {
	case Object:
		var parts []string
		for _, f := range v {
			parts = append(parts, f.Name+":"+shown(f.Value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, shown(e))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case string:
		return fmt.Sprintf("%q", v)
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}

// collect is every row as "line:number fields", "line:number !fault", with notes behind.
func collect(src string, o Options) (got []string, err error) {
	err = Read(strings.NewReader(src), int64(len(src)), o, func(r Row) bool {
		line := fmt.Sprintf("%d:%d %s", r.Line, r.Number, shown(r.Fields))
		if r.Fault != "" {
			line = fmt.Sprintf("%d:%d !%s", r.Line, r.Number, r.Fault)
		}
		for _, n := range r.Notes {
			line += fmt.Sprintf(" note%d %q", n.Kind, n.Text)
		}
		got = append(got, line)
		return true
	})
	return got, err
}

// told is the line and the reason of an error.
func told(err error) string {
	if broken, ok := errors.AsType[*Broken](err); ok {
		return fmt.Sprint(broken.Line, " ", broken.Reason)
	}
	return fmt.Sprint(err)
}

func TestRowsAreReadInEveryForm(t *testing.T) {
	lines := "\n{\"a\": 1}\r\n\n{\"a\": 51.0}\n{\"a\": null}"
	array := "\n[{\"a\": 1},\n\n {\"a\": 51.0},\n{\n\"a\": null}\n]\n"
	want := []string{"2:1 {a:1}", "4:2 {a:51.0}", "5:3 {a:<nil>}"}
	inside := "{\"canary\": \"[{\\\"\", \"n\": [1, 2],\n\"examples\": [{\"a\": 1}\n,\n{\"a\": 51.0},\n" +
		"{\"a\":null}], \"b\": {\"c\": []}}\n"
	named := strings.Replace(inside, `"n": [1, 2]`, `"n": [{}]`, 1)
	for name, c := range map[string]struct {
		src string
		o   Options
	}{
		"lines": {src: lines}, "gzip": {src: zipped(t, lines)}, "zstd": {src: zstandard(t, lines)}, "array": {src: array},
		"gzip array": {src: zipped(t, array)}, "zstd array": {src: zstandard(t, array)}, "bom": {src: "\xef\xbb\xbf" + lines},
		"inside": {src: inside}, "gzip inside": {src: zipped(t, inside)}, "named": {named, Options{List: "examples"}},
	} {
		got, err := collect(c.src, c.o)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestTables(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		o    Options
		want []string
	}{
		"csv": {"q,a\r\n\"x, \"\"y\"\"\r\nz\",1\r\n\r\nplain \"quoted\",\n", Options{},
			[]string{`2:1 {q:"x, \"y\"\r\nz" a:"1"}`,
				`5:2 {q:"plain \"quoted\"" a:""}`}},
		"no header": {"What?,1,2,B\nWho?,3,\"4\",A", Options{NoHeader: true},
			[]string{`1:1 {c1:"What?" c2:"1" c3:"2" c4:"B"}`, `2:2 {c1:"Who?" c2:"3" c3:"4" c4:"A"}`}},
		"tsv": {"q\ta\nx, y\t1\n", Options{},
			[]string{`2:1 {q:"x, y" a:"1"}`}},
		"nameless": {",q\n0,x\n", Options{},
			[]string{`2:1 {c1:"0" q:"x"}`}},
		"nameless tab": {"\tq\n0\tx\n", Options{},
			[]string{`2:1 {c1:"0" q:"x"}`}},
		"bom": {"\xef\xbb\xbfq,a\nx,y", Options{},
			[]string{`2:1 {q:"x" a:"y"}`}},
		"short row": {"q,a\nx\ny,1,2\nz,3\n", Options{},
			[]string{"2:1 !the row has 1 columns, and 2 are expected",
				"3:2 !the row has 3 columns, and 2 are expected", `4:3 {q:"z" a:"3"}`}},
		"behind quote": {"q,a\n\"x\"y,1\nz,2\n", Options{},
			[]string{"2:1 !column 1 goes on after its closing quote; a quote inside a quoted column is written twice",
				`3:2 {q:"z" a:"2"}`}},
		"not UTF-8": {"q,a\n\xff,1\n\"\xff\",1\n", Options{},
			[]string{"2:1 !the row is not UTF-8", "3:2 !the row is not UTF-8"}},
		"tabs by name": {"q, r, s\ta\nx, y\t1\n", Options{Tabs: true},
			[]string{`2:1 {q, r, s:"x, y" a:"1"}`}},
		"empty columns": {"a,b\n\"\",\"\"\n,\n", Options{},
			[]string{`2:1 {a:"" b:""}`, `3:2 {a:"" b:""}`}},
		"only a header": {"a,b\n", Options{}, nil},
	} {
		for packed, src := range map[string]string{"": c.src, "gzip": zipped(t, c.src)} {
			if got, err := collect(src, c.o); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s %s: %q, %v; want %q", name, packed, got, err, c.want)
			}
		}
	}
}

// The files were written by pyarrow; see testdata/make_parquet.py. lz4 is LZ4_RAW.
func TestParquetOfEveryCodec(t *testing.T) {
	want := []string{
		`0:1 {id:"a1" question:"Which is hot?" choices:{text:["sun" "moon"] label:["A" "B"]} answerKey:"A" endings:["a" "b"] label:0 ` +
			`flag:true score:0.5 kind:"q" deep:[[1 2] [3]] recs:[{a:1 b:"x"}] map:[{key:"k" value:1}] f32:0.1}`,
		`0:2 {id:"a2" question:"Café — which is cold?" choices:{text:["fire" "ice" "stone"] label:["1" "2" "3"]} answerKey:"2" ` +
			`endings:[] label:1 flag:false score:1e-05 kind:"q" deep:[] recs:[{a:2 b:<nil>} {a:3 b:"z"}] map:[] f32:2.5}`,
		`0:3 {id:"a3" question:"Which is neither?" choices:{text:["x" "y"] label:["A" "B"]} answerKey:"B" endings:<nil> label:<nil> ` +
			`flag:true score:3 kind:"r" deep:[[4]] recs:[] map:[{key:"m" value:2} {key:"n" value:3}] f32:1e+20}`,
	}
	for _, codec := range []string{"none", "snappy", "gzip", "brotli", "zstd", "lz4"} {
		src, err := os.ReadFile("testdata/" + codec + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := collect(string(src), Options{}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n got %q\nwant %q", codec, err, got, want)
		}
		for _, cut := range []int{5, len(src) / 2, len(src) - 1} { // never a panic, nor a file that seems whole
			if _, err := collect(string(src[:cut]), Options{}); err == nil {
				t.Errorf("%s cut at %d is read", codec, cut)
			}
		}
		if _, err := collect(zipped(t, string(src)), Options{}); !strings.Contains(told(err), "unpack it first") {
			t.Errorf("%s in gzip: %v", codec, err)
		}
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	src := "{\"a\": 1\n[1]\n\"x\"\n{\"a\": \"\xff\"}\n{\"a\": NaN}\n{} {}\n{}\n" + strings.Repeat(" ", Longest+5) + "{}\n{}"
	got, err := collect(src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1:1 !the row is not JSON: it ends too early", "2:2 !the row is a list; it must be an object in braces",
		"3:3 !the row is text; it must be an object in braces", "4:4 !the row is not UTF-8",
		"5:5 !the row is not JSON: 'N' stands at character 7, where a value is expected",
		"6:6 !the row is not JSON: something follows its end", "7:7 {}", "8:8 !the row is longer than 16 MiB", "9:9 {}",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestNotes(t *testing.T) {
	got, err := collect(`{"a": 1, "a": 2, "b": {"c": 1, "c": 1}}`+"\n"+
		`{"a": ["\ud800x", "\ud83d\ude00", "\udc00"]}`+"\n", Options{})
	want := []string{`1:1 {a:2 b:{c:1}} note0 "a" note0 "c"`,
		`2:2 {a:["` + "\uFFFD" + `x" "` + "\U0001F600" + `" "` + "\uFFFD" + `"]} note1 "a"`}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestBrokenFiles(t *testing.T) {
	whole := zipped(t, strings.Repeat("{\"a\": 1}\n", 50))
	packed := zstandard(t, strings.Repeat("{\"a\": 1}\n", 50))
	for src, want := range map[string]string{
		"[{\"a\": 1}\n{\"a\": 1}]": "2 the array is not JSON", "[{}": "1 the array is not closed", "[{}]\n{}": "2 something follows",
		"[{}, {]":            "closes what it did not open",
		whole[:len(whole)-6]: "unexpected EOF", packed[:len(packed)-6]: "unexpected EOF", "\x1f\x8bxx": "like gzip",
		"\x28\xb5\x2f\xfdxx": "frame header",
		"PK\x03\x04":         "zip archive",
		"<!DOCTYPE html>":    "HTML",
		"version https://git-lfs.github.com/spec/v1\noid": "git lfs pull",
		"just some words\n":                    "not known what form",
		"{\n\"a\": {\"b\": 1},\n\"c\": [1]\n}": "",
		"{\"a\": [{}],\n\"b\": [{}]}":          "the lists a, b: write rows = \"a\"",
		"{\n\"a\": [{}],\n\"b\" 1}":            "3 the object is not JSON",
		"q,a\n\"x,1\ny,2\n":                    "2 a quote that opens a column",
		"q,q\n1,2\n":                           "two columns are called",
		"PAR1" + strings.Repeat("x", 40):       "Parquet file cannot be read",
		"[" + strings.Repeat("[", 1100) + "\n": "nested deeper",
		"\xff\xfe{\x00}\x00":                   "UTF-16",
	} {
		_, err := collect(src, Options{})
		if want == "" {
			if err != nil {
				t.Errorf("%.30q: %v", src, err)
			}
			continue
		}
		if err == nil || !strings.Contains(told(err), want) {
			t.Errorf("%.30q: error %v, want %q", src, told(err), want)
		}
	}
	if _, err := collect("{}\n{}\n", Options{List: "x"}); !strings.Contains(told(err), "many objects") {
		t.Error(err)
	}
	if _, err := collect("{\"a\": [{}]}\n", Options{List: "x"}); !strings.Contains(told(err), `write rows = "a"`) {
		t.Error(err)
	}
}

func TestReadingStopsWhenAsked(t *testing.T) {
	for _, src := range []string{"{}\n{}\n{", "[{},{},{", "a,b\n1,2\n3,4\n\"", "{\"x\": [{}, {}, {"} {
		n := 0
		o := Options{}
		if err := Read(strings.NewReader(src), int64(len(src)), o, func(Row) bool { n++; return n < 2 }); n != 2 && err == nil {
			t.Errorf("%q: %d rows, %v", src, n, err)
		}
	}
}

// Rows mean what encoding/json takes them for.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a": [1, -2.5e+7, "x\u00e9\n", {"b": null}], "a": true}`, `{"a": "\ud83d\ude00"}`, `{"": 0}`,
		`{"a":01}`,
		"{\"a\": \"\x00\"}", `{"a": tru}`, `{"a": "\x"}`, `[]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.Count(src, "[")+strings.Count(src, "{") > 500 {
			return
		}
		fields, _, fault := new(parser).parse(src)
		var want map[string]any
		dec := json.NewDecoder(strings.NewReader(src))
		dec.UseNumber()
		err := dec.Decode(&want)
		if err == nil && dec.More() || strings.ToValidUTF8(src, "") != src {
			return
		}
		if err == nil && want != nil {
			if _, rest := dec.Token(); rest == nil {
				return
			}
		}
		if (err == nil && want != nil) != (fault == "") && !strings.Contains(fault, "follows") {
			t.Fatalf("%q: fault %q, encoding/json says %v", src, fault, err)
		}
		if fault == "" && !reflect.DeepEqual(plainValue(fields), any(want)) {
			t.Fatalf("%q: %v, encoding/json reads %v", src, shown(fields), want)
		}
	})
}

func plainValue(v any) any {
	switch v := v.(type) {
	case Object:
		m := map[string]any{}
		for _, f := range v {
			m[f.Name] = plainValue(f.Value)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = plainValue(e)
		}
		return l
	}
	return v
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"a,b\n\"x\"\"y\",1\n", "a\tb\n1\t2", "[{\"a\": 1}]", "{\"a\": [{}]}", "{}\n{}",
		"\x1f\x8b\x08\x00", "PAR1"} {
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, src []byte, noHeader bool) {
		last := 0
		err := Read(bytes.NewReader(src), int64(len(src)), Options{NoHeader: noHeader}, func(r Row) bool {
			if r.Number <= last || r.Fault == "" && r.Fields == nil {
				t.Fatalf("row %d behind %d: %+v", r.Number, last, r)
			}
			last = r.Number
			return true
		})
		if broken, ok := errors.AsType[*Broken](err); ok && broken.Reason == "" {
			t.Fatal("a fault without a reason")
		}
	})
}

// The last row counts whether or not a line break follows it, at any length; one above the limit is a fault, last or not.
func TestTheLastRowCounts(t *testing.T) {
	const head = `{"a": "`
	for _, size := range []int{20, 4095, 4096, 4097, 256<<10 - 1, 256 << 10, 256<<10 + 1, 512 << 10, 1 << 20, Longest - 2,
		Longest + 1, Longest + 256<<10} {
		text := head + strings.Repeat("x", size-len(head)-2) + `"}`
		for _, before := range []string{"", "{}\n", "\n\n{}\r\n"} {
			for _, end := range []string{"", "\n", "\r\n", "\n\n"} {
				if size > 1<<20 && (len(before) > 3 || len(end) > 1) {
					continue // they are slow, and differ in nothing from shorter ones
				}
				var faults, rows, last int
				src := before + text + end
				err := Read(strings.NewReader(src), int64(len(src)), Options{}, func(r Row) bool {
					rows++
					last = r.Line
					if r.Fault != "" {
						faults++
					}
					return true
				})
				wantRows, wantFaults := 1, 0
				if before != "" {
					wantRows = 2
				}
				if size > Longest {
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

// Rows that are blocks of lines, and lists inside the members of an object.
func TestRowsInsideOthers(t *testing.T) {
	lines := []string{"{answer}", "{question}", "A.{a}"}
	for _, c := range []struct {
		src  string
		o    Options
		want []string
	}{
		{"\n\nb\nWhich?\nA. x\r\n\r\n\na\nWho?\nA.y", Options{Lines: lines},
			[]string{`3:1 {answer:"b" question:"Which?" a:"x"}`, `8:2 {answer:"a" question:"Who?" a:"y"}`}},
		{"b\nWhich?\n\nb\nWhich?\nB.x\n\nb\nWhich?\nA.x\nmore\nand more\n", Options{Lines: lines},
			[]string{`1:1 !the row has 2 lines, and 3 are expected`, `4:2 !line 3 of the row does not begin with "A."`,
				`8:3 !the row has 5 lines, and 3 are expected`}},
		{`{"one": {"p": 1, "l": [{"a": 1}, {"a": 2, "p": 3}]}, "two": {"l": []}, "x": 7, "three": {"p": 4, "l": [5]}}`,
			Options{List: "*.l"}, []string{`0:1 {a:1 p:1}`, `0:2 {a:2 p:3}`, `0:3 !the row is a number; it must be an object in braces`}},
	} {
		got, err := collect(c.src, c.o)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, %v; want %q", c.src, got, err, c.want)
		}
	}
	for src, want := range map[string]string{
		`{"one": {"p": 1}, "two": {}}`: `no member of the object has a list "l"`,
		`{"one": {"p": 01}}`:           `the member "one": the row is not JSON`,
		"{\"a\": 1}\n{}":               "many objects",
	} {
		if _, err := collect(src, Options{List: "*.l"}); !strings.Contains(told(err), want) {
			t.Errorf("%q: %v, want %q", src, told(err), want)
		}
	}
}

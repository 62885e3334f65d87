package jsonpull

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// sum reads a document of objects and lists, and adds up the numbers under "n" at any depth that is not under "skip".
func sum(r *Reader) (total float64, err error) {
	switch r.Next() {
	case '{':
		err = r.Object(func(name string) error {
			switch name {
			case "skip":
				return nil
			case "n":
				x, _, err := r.Number()
				total += x
				return err
			}
			x, err := sum(r)
			total += x
			return err
		})
	case '[':
		err = r.Array(func(int) error {
			x, err := sum(r)
			total += x
			return err
		})
	default:
		err = r.Skip()
	}
	return total, err
}

func TestValuesAreTakenOrPassedOver(t *testing.T) {
	const text = `{"a": [{"n": 1, "text": "a \"quoted\" { [ brace"}, {"n": 2.5e0}, null, true, -3], "skip": {"n": [1e9, {"x": "}"}]},
		"b\u0061": {"n": 4}, "last": "\\"}`
	for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		r := New(in)
		got, err := sum(r)
		if err != nil || got != 7.5 || r.Next() != 0 {
			t.Errorf("the sum is %v, %v; left is %q", got, err, r.Next())
		}
		if r.Line() != 2 {
			t.Errorf("it ends in line %d", r.Line())
		}
	}
}

func TestTextsAndNumbers(t *testing.T) {
	r := New(iotest.OneByteReader(strings.NewReader(`["\u00e9\n", "plain", 12, null, NaN, -Infinity, "0.5", true, "word", [1]]`)))
	var texts []string
	var numbers []string
	err := r.Array(func(i int) error {
		if i < 4 {
			s, err := r.Text(100)
			texts = append(texts, s)
			return err
		}
		x, ok, err := r.Number()
		numbers = append(numbers, fmt.Sprint(x, ok))
		return err
	})
	if want := `["é\n" "plain" "12" ""]`; err != nil || fmt.Sprintf("%q", texts) != want {
		t.Errorf("texts are %q, %v", texts, err)
	}
	if want := "[NaN true -Inf true 0.5 true 1 true NaN false NaN false]"; fmt.Sprint(numbers) != want {
		t.Errorf("numbers are %v", numbers)
	}
}

func TestDigestsAreOfTheTextAsWritten(t *testing.T) {
	text := strings.Repeat(`{"a": ["b"]}  `, 50_000)
	digests := map[[16]byte]int{}
	for _, in := range []io.Reader{strings.NewReader("[" + strings.ReplaceAll(text, "  ", ", ") + "0]"), strings.NewReader(text),
		strings.NewReader(" " + text)} {
		r := New(in)
		for r.Next() != 0 {
			d, err := r.Digest()
			if err != nil {
				t.Fatal(err)
			}
			digests[d]++
		}
	}
	if len(digests) != 2 {
		t.Errorf("%d digests of two values", len(digests))
	}
}

func TestALineThatIsCutCostsItselfAlone(t *testing.T) {
	for _, cut := range []string{`{"n": 1, "x": "ab`, `{"n": 1, "x": [1, {`, `{"n": 1, "x":`, `{"n": 1`, `{"n": 1,, "x": 2}`,
		`{"n"`, "nonsense}",
		"{\"n\": 1, \"x\": \"\\"} {
		r := NewLines(strings.NewReader("{\"n\": 1}\n" + cut + "\n\n{\"n\": 2}\r\n"))
		var total float64
		broken := 0
		for r.Next() != 0 {
			line := r.Line()
			n, err := sum(r)
			if err == nil && r.Next() != 0 && r.Line() == line {
				err = r.wrong("the end of the line")
			}
			if err != nil {
				broken++
				r.NextLine()
				continue
			}
			total += n
		}
		if total != 3 || broken != 1 {
			t.Errorf("%q: the sum is %v with %d lines broken", cut, total, broken)
		}
	}
}

func TestNothingIsHeldOfWhatIsPassedOver(t *testing.T) {
	long := io.MultiReader(strings.NewReader(`{"skip": "`), &repeated{`abc\"défg `, 8 << 20}, strings.NewReader(`", "n": 3}`))
	r := New(long)
	var err error
	if n := testing.AllocsPerRun(1, func() {}); n != 0 {
		t.Skip("allocations are not counted here")
	}
	got, err := sum(r)
	if err != nil || got != 3 {
		t.Errorf("the sum is %v, %v", got, err)
	}
	if cap(r.buf) > window || cap(r.kept) > window {
		t.Errorf("%d and %d bytes are held", cap(r.buf), cap(r.kept))
	}
	r = New(io.MultiReader(strings.NewReader(`{"n": "`), &repeated{`1`, 1 << 20}, strings.NewReader(`"}`)))
	if _, err := sum(r); err == nil || cap(r.kept) > window {
		t.Errorf("a number of a million digits: %v, %d bytes are held", err, cap(r.kept))
	}
}

// repeated is a text over and over, size bytes at least.
type repeated struct {
	text string
	size int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.size <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n+len(r.text) <= len(p) {
		n += copy(p[n:], r.text)
	}
	r.size -= n
	return n, nil
}

// What encoding/json takes is taken, and to the same values.
func FuzzValues(f *testing.F) {
	for _, text := range []string{`{"a":[1,2,{"b":null}],"c":"\ud83d\ude00"}`, `[[[[]]]]`, `"x"`, `[1e5,-0,true]`,
		"{\"a\":\"\xff\"}",
		`{`, `]`, `{"a":1,}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want any
		valid := json.Unmarshal(data, &want) == nil && utf8.Valid(data)
		r := New(strings.NewReader(string(data)))
		got, err := tree(r)
		if r.Next() != 0 && err == nil {
			err = errors.New("something follows")
		}
		if valid && err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if valid && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q: %v, not %v", data, got, want)
		}
	})
}

// tree is a value as encoding/json has it.
func tree(r *Reader) (any, error) {
	switch r.Next() {
	case '{':
		out := map[string]any{}
		err := r.Object(func(name string) error {
			v, err := tree(r)
			out[name] = v
			return err
		})
		return out, err
	case '[':
		out := []any{}
		err := r.Array(func(int) error {
			v, err := tree(r)
			out = append(out, v)
			return err
		})
		return out, err
	case '"':
		return r.Text(1 << 20)
	case 't', 'f':
		s, err := r.Text(10)
		return s == "true", err
	case 'n':
		return nil, r.Skip()
	}
	x, ok, err := r.Number()
	if err == nil && (!ok || math.IsNaN(x)) {
		err = errors.New("no number")
	}
	return x, err
}

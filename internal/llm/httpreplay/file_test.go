package httpreplay

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIndented(t *testing.T) {
	long := strings.Repeat("x", columns)
	for in, want := range map[string]string{
		`{"b":1,"a":[1.50,"<"]}`: "{\"a\":[1.5,\"<\"],\"b\":1}\n",
		"oops":                   "oops\n", "": "", "null": "null\n", "{} {}": "{} {}\n",
		`{"a":"` + long + `","b":[]}`:       "{\n \"a\":\"" + long + "\",\n \"b\":[]}\n",
		`[{"a":1},{"b":"` + long + `"}]`:    "[\n {\"a\":1},\n {\n  \"b\":\"" + long + "\"}]\n",
		`[1,2,"` + long + `",3,[4],5]`:      "[\n 1,2,\n \"" + long + "\",\n 3,\n [4],\n 5]\n",
		`[0.10000000149011612,1e400,1e-60]`: "[0.1,1e400,1e-60]\n",
	} {
		if got := string(read([]byte(in)).indented()); got != want {
			t.Errorf("%s becomes\n%s; want\n%s", in, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "=== POST /x\n=== 200\n", about + "text", about + "=== POST /x\n{}\n",
		about + "=== POST\n{}\n=== 200\n", about + "=== POST /x\n{}\n=== none\n{}\n",
		about + strings.Repeat("=== POST /x\n{}\n=== 200\n{}\n", 2)} {
		if got, err := parse([]byte(text)); err == nil {
			t.Errorf("%q is the record %v", text, got)
		}
	}
}

// Whatever is said, the file gives it back, and is written the same again.
func FuzzFile(f *testing.F) {
	f.Add(`{"prompt":[1,2.5]}`, `{"a":[{"b":1e-7}],"c":"=== x"}`, 200)
	f.Add("", "oops", 500)
	f.Fuzz(func(t *testing.T, asked, said string, status int) {
		if strings.Contains("\n"+asked+"\n"+said, "\n"+mark) || status < 100 || status > 999 || !utf8.ValidString(asked+said) {
			return // refused when it is written, or not what servers say
		}
		k := key{"POST", "/x", string(read([]byte(asked)).indented())}
		e := exchanges{k: {status, read([]byte(said))}, {"GET", "/", ""}: {404, body{}}}
		data := e.bytes()
		again, err := parse(data)
		if err != nil || len(again) != 2 || !bytes.Equal(again.bytes(), data) {
			t.Fatalf("%v, written again\n%s\nat first\n%s", err, again.bytes(), data)
		}
		if got := again[k]; got.status != status || !reflect.DeepEqual(got.reply.value, e[k].reply.value) {
			t.Errorf("%+v; said was %+v", got, e[k])
		}
	})
}

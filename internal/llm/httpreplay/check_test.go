package httpreplay

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a server says otherwise than it did is told, unless it is a number's last digits, or meant to differ.
func TestCheckTellsWhatDiffers(t *testing.T) {
	const recorded = `{"id":3,"lp":-1.5,"top":[{"id":1,"lp":-0.25},{"id":2,"lp":-0.5}],"list":[1,2],"cached":7,"text":"a"}`
	for said, want := range map[string]string{
		recorded: "",
		`{"id":3,"lp":-1.5001,"top":[{"id":1,"lp":-0.25},{"id":2,"lp":-0.5}],"list":[1,2],"cached":7,"text":"a"}`: "",
		`{"id":3,"lp":-1.5,"top":[{"id":2,"lp":-0.5},{"id":1,"lp":-0.25}],"list":[1,2],"cached":9,"text":"a"}`:    "",
		`{"id":3,"lp":-1.52,"top":[{"id":1,"lp":-0.25},{"id":2,"lp":-0.5}],"list":[1,2],"cached":7,"text":"a"}`:   "/lp: -1.52, recorded -1.5",
		`{"id":4,"lp":-1.5,"top":[{"id":1,"lp":-0.25},{"id":2,"lp":-0.5}],"list":[1,2],"cached":7,"text":"a"}`:    "/id: 4",
		`{"id":3,"lp":-1.5,"top":[{"id":1,"lp":-0.5},{"id":2,"lp":-0.25}],"list":[1,2],"cached":7,"text":"a"}`:    "/top/0/lp: -0.5",
		`{"id":3,"lp":-1.5,"top":[{"id":1,"lp":-0.25},{"id":2,"lp":-0.5}],"list":[2,1],"cached":7,"text":"a"}`:    "/list/0: 2",
		`{"id":3,"lp":-1.5,"top":[{"id":1,"lp":-0.25}],"list":[1,2],"cached":7,"text":"a"}`:                       "/top: [",
		`{"id":3,"lp":-1.5,"top":[{"id":1,"lp":-0.25},{"id":2,"lp":-0.5}],"list":[1,2],"cached":7,"text":"b"}`:    `/text: "b"`,
		`{"id":3,"lp":-1.5,"top":[{"id":1,"lp":-0.25},{"id":2,"lp":-0.5}],"list":[1,2],"cached":7}`:               "members",
		"no JSON": "recorded",
	} {
		live := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, said) }))
		s := Server{File: filepath.Join(t.TempDir(), "it.txt"), Vary: []string{"cached"}, Sets: []string{"top"},
			Start: func(testing.TB) (string, map[string]string) { return live.URL, nil }}
		e := exchanges{key{"POST", "/x", "{}\n"}: {200, read([]byte(recorded))}}
		if err := os.WriteFile(s.File, e.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		spied := &spy{TB: t}
		s.Check(spied, 1e-3)
		live.Close()
		if told := spied.all(); (told == "") != (want == "") || !strings.Contains(told, want) {
			t.Errorf("%s\nis told by %q; want %q", said, told, want)
		}
	}
}

package corpus

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"sdmap/internal/diag"
	"sdmap/internal/golden"
	"sdmap/internal/study"
)

// load writes src as the corpus of a temporary study and loads it.
func load(t testing.TB, src []byte, limit int) (*Corpus, diag.List) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "corpus"), src, 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, list := Load(root, study.Corpus{Source: "corpus", Limit: limit})
	for i := range list {
		list[i].Range.File = strings.TrimPrefix(list[i].Range.File, dir+"/")
	}
	return c, list
}

const small = "%% d1 news\nOne two\n  three.\n\n%% d2 fiction\r\nÉtoile filante \n%% d3 news\nlast"

func TestLoadText(t *testing.T) {
	c, list := load(t, []byte(small), 0)
	if len(list) > 0 {
		t.Fatal(list)
	}
	var got [][]string
	for _, d := range c.Docs {
		pieces := []string{d.ID, d.Domain}
		for _, p := range d.Pieces {
			pieces = append(pieces, d.Text[p.Start:p.End])
		}
		got = append(got, pieces)
	}
	want := [][]string{{"d1", "news", "One", " two", "\n  three."}, {"d2", "fiction", "Étoile", " filante"},
		{"d3", "news", "last"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFormsAgree(t *testing.T) {
	rows := `{"id": "d1", "domain": "news", "text": "One two\n  three."}` + "\n\n" +
		`{"id": "d2", "domain": "fiction", "text": "Étoile filante "}` + "\n" + `{"text": "last", "id": "d3", "domain": "news"}`
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(small))
	z.Close()
	want, _ := load(t, []byte(small), 0)
	for name, src := range map[string][]byte{"rows": []byte(rows), "gzip": zipped.Bytes(),
		"bom": []byte("\xef\xbb\xbf" + small)} {
		got, list := load(t, src, 0)
		if len(list) > 0 || got.Digest != want.Digest || !reflect.DeepEqual(got.Docs, want.Docs) {
			t.Errorf("%s: %v %+v", name, list, got)
		}
	}
	other, _ := load(t, []byte(strings.Replace(small, "news", "newt", 1)), 0)
	if other.Digest == want.Digest {
		t.Error("a domain changed and the digest did not")
	}
}

func TestLimitKeepsWholeDocuments(t *testing.T) {
	for limit, want := range map[int]int{1: 1, 3: 1, 4: 1, 5: 2, 6: 3, 100: 3} {
		c, list := load(t, []byte(small), limit)
		if len(list) > 0 || len(c.Docs) != want {
			t.Errorf("limit %d: %d documents, want %d; %v", limit, len(c.Docs), want, list)
		}
	}
}

func TestShards(t *testing.T) {
	c, _ := load(t, []byte(small), 0)
	for maxPieces, want := range map[int][]int{1: {3, 2, 1}, 3: {3, 3}, 5: {5, 1}, 100: {6}} {
		var got []int
		docs, pieces := 0, 0
		for _, s := range c.Shards(maxPieces) {
			if s.First != docs || s.FirstPiece != pieces || s.Pieces != countPieces(s.Docs) {
				t.Errorf("max %d: shard %+v does not follow %d documents, %d pieces", maxPieces, s, docs, pieces)
			}
			docs, pieces = docs+len(s.Docs), pieces+s.Pieces
			got = append(got, s.Pieces)
		}
		if !reflect.DeepEqual(got, want) || pieces != c.PieceCount() {
			t.Errorf("max %d: shards of %v pieces, want %v", maxPieces, got, want)
		}
	}
}

func TestDiagnostics(t *testing.T) {
	for name, src := range map[string]string{
		"text": "stray\nmore\n%% d1 news\n%% d1\nignored\n%% d2 a b\n%% d3 news\nfine\n%% d3 news\nagain\n%% d4 x\nbad \xff\n",
		"rows": "{\"id\": \"a\"}\n{\"id\": 1, \"text\": \"x\", \"domain\": \"y\"}\nnot json\n{\"id\": " +
			"\"\xff\"}\n{\"id\":\"e\",\"domain\":\"d\",\"text\":\" \"}\n",
		"many": strings.Repeat("%% x\n", 25),
		"none": "\n \n",
	} {
		c, list := load(t, []byte(src), 0)
		if c != nil || !list.HasErrors() {
			t.Errorf("%s: no errors", name)
		}
		var b bytes.Buffer
		if err := diag.Print(&b, list, func(string) []byte { return []byte(src) }, false); err != nil {
			t.Fatal(err)
		}
		golden.Compare(t, "testdata/"+name+".golden", b.Bytes())
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, list := Load(root, study.Corpus{Source: "absent"}); !list.HasErrors() {
		t.Error("a missing file is an error")
	}
}

// checkPieces: pieces tile the text but for white space at its end, and each is white space, then none.
func checkPieces(t *testing.T, text string) {
	t.Helper()
	end := 0
	for _, p := range Cut(text) {
		if p.Start != end || p.End <= p.Start {
			t.Fatalf("%q: piece %v does not follow %d", text, p, end)
		}
		word := strings.TrimLeftFunc(text[p.Start:p.End], unicode.IsSpace)
		if word == "" || strings.ContainsFunc(word, unicode.IsSpace) {
			t.Fatalf("%q: piece %q is not white space and one word", text, text[p.Start:p.End])
		}
		end = p.End
	}
	if strings.TrimSpace(text[end:]) != "" || len(Cut(text)) != len(strings.Fields(text)) {
		t.Fatalf("%q: %d pieces end at %d", text, len(Cut(text)), end)
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"", " ", "a", " a b ", "a\u2003b\u00a0c", "\xff a", "a\u200bb"} {
		f.Add(s)
	}
	f.Fuzz(checkPieces)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("{\"id\":\"a\",\"domain\":\"b\",\"text\":\"c d\"}\n"))
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Fuzz(func(t *testing.T, src []byte) {
		r := &reader{file: "f", seen: map[string]int{}}
		if err := r.read(bytes.NewReader(src)); err != nil {
			return
		}
		for _, d := range r.docs {
			checkPieces(t, d.Text)
		}
	})
}

func TestALineWithoutEndIsNamed(t *testing.T) {
	dir := t.TempDir()
	text := append([]byte("%% one web\nsome text\n"), bytes.Repeat([]byte{'x'}, longestLine+1)...)
	if err := os.WriteFile(filepath.Join(dir, "corpus.txt"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, list := Load(root, study.Corpus{Source: "corpus.txt"})
	if c != nil || len(list) != 1 || list[0].Range.Start.Line != 3 || !strings.Contains(list[0].Detail, "longer than 64 MiB") {
		t.Errorf("%v, %v", c, list)
	}
}

package tokenizer

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"sdmap/internal/gguf"
)

// The vocabularies in testdata, one per way to pre-tokenize, two of SentencePiece (with a space put before a text, and
// without but with user-defined tokens) and one of WordPiece; testdata/make_goldens.py made them and their cases.
var (
	byteLevelNames = []string{"gpt-2", "default", "smollm", "llama-bpe", "dbrx", "qwen2", "qwen35", "gpt-4o", "tekken",
		"deepseek-llm"}
	goldenNames = append(slices.Clone(byteLevelNames), "llama", "gemma", "bert")
)

// unpacked reads testdata/NAME.gz.
func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func loadFile(t testing.TB, name string) *gguf.File {
	t.Helper()
	f, err := gguf.Parse(unpacked(t, name+".gguf"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func load(t testing.TB, name string) *Tokenizer {
	t.Helper()
	tok, err := FromGGUF(loadFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

type goldenCase struct {
	Text    string
	IDs     []int32 // special tokens parsed, but by sentencepiece and for WordPiece
	Plain   []int32 // special tokens as text, where that differs
	Words   []int   // bytes of each pre-token; byte-level only
	Differs bool    // llama.cpp does otherwise: see wordPiece
}

func cases(t testing.TB, name string) []goldenCase {
	t.Helper()
	var texts []string
	if err := json.Unmarshal(unpacked(t, "texts.json"), &texts); err != nil {
		t.Fatal(err)
	}
	var list []goldenCase
	if err := json.Unmarshal(unpacked(t, name+".json"), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(texts) {
		t.Fatalf("%d cases for %d texts", len(list), len(texts))
	}
	for i := range list {
		list[i].Text = texts[i]
	}
	return list
}

// Every text has the ids of the reference library, its spans tile it, and it comes back from Decode.
func TestGoldens(t *testing.T) {
	for _, name := range goldenNames {
		t.Run(name, func(t *testing.T) {
			tok, failures, differing := load(t, name), 0, 0
			parseSpecial := slices.Contains(byteLevelNames, name)
			for _, c := range cases(t, name) {
				plain := c.Plain
				if plain == nil {
					plain = c.IDs
				}
				if got := tok.Encode(c.Text, false, parseSpecial); !c.Differs && !slices.Equal(got, c.IDs) {
					t.Errorf("Encode(%+q)\n got  %s\n want %s", c.Text, show(tok, got), show(tok, c.IDs))
					failures++
				}
				if got := tok.Encode(c.Text, false, false); !c.Differs && !slices.Equal(got, plain) {
					t.Errorf("Encode(%+q) without special tokens\n got  %s\n want %s", c.Text, show(tok, got), show(tok, plain))
					failures++
				}
				if c.Differs {
					differing++
				}
				checkSpans(t, tok, c.Text)
				checkRoundTrip(t, tok, c.Text)
				if failures > 10 {
					t.Fatal("too many failures")
				}
			}
			if differing > 700 {
				t.Errorf("%d cases are left out", differing)
			}
		})
	}
}

func show(tok *Tokenizer, ids []int32) string {
	var names []string
	for _, id := range ids {
		names = append(names, tok.Token(id))
	}
	return fmt.Sprintf("%v %+q", ids, names)
}

func TestGoldenPreTokens(t *testing.T) {
	for _, name := range byteLevelNames {
		t.Run(name, func(t *testing.T) {
			for _, c := range cases(t, name) {
				var words []string
				var lengths []int
				split(c.Text, preTokenizers[name].stages, func(word string) {
					words, lengths = append(words, word), append(lengths, len(word))
				})
				if !slices.Equal(lengths, c.Words) {
					t.Fatalf("%+q\n got  %v %+q\n want %v", c.Text, lengths, words, c.Words)
				}
			}
		})
	}
}

// The classes of all characters are those of the reference library. When Go's Unicode tables grow past version 16, this
// says by which characters.
func TestClassesOfAllCharacters(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "classes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Count  int
		SHA256 string
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]func(rune) bool{
		"L": func(r rune) bool { return classOf(r) == letter },
		"N": func(r rune) bool { return classOf(r) == number },
		"s": func(r rune) bool { return classOf(r) == space },
		"P": isPunctuation,
	} {
		var listing strings.Builder
		count := 0
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if in(r) && !unicode.Is(unicode.Cs, r) {
				fmt.Fprintf(&listing, "%x\n", r)
				count++
			}
		}
		sum := sha256.Sum256([]byte(listing.String()))
		if count != want[name].Count || hex.EncodeToString(sum[:]) != want[name].SHA256 {
			t.Errorf("class %s has %d characters, the reference %d (Go's Unicode is %s)", name, count, want[name].Count,
				unicode.Version)
		}
	}
}

// checkSpans: spans are ascending and tile the text, and a plain token's span holds the token's bytes.
func checkSpans(t testing.TB, tok *Tokenizer, text string) {
	t.Helper()
	for _, special := range []bool{false, true} {
		ids, spans := tok.EncodeSpans(text, true, special)
		if !slices.Equal(ids, tok.Encode(text, true, special)) || len(ids) != len(spans) {
			t.Fatalf("EncodeSpans(%+q) and Encode differ", text)
		}
		at := 0
		for i, s := range spans {
			if s.Start != at || s.End < s.Start {
				t.Fatalf("%+q: span %d is %v, the one before ends at %d", text, i, s, at)
			}
			at = s.End
			if _, lossy := tok.model.(*wordPiece); lossy {
				continue // a token does not hold the bytes that it stands for
			}
			if piece := string(tok.Piece(ids[i])); piece != text[s.Start:s.End] && !emptyOrSpace(piece, text, s, i) {
				t.Fatalf("%+q: token %d, %q, is said to stand for %q", text, i, piece, text[s.Start:s.End])
			}
		}
		if at != len(text) {
			t.Fatalf("%+q: spans end at %d of %d", text, at, len(text))
		}
	}
}

// emptyOrSpace accepts what a span may differ in from its token: BOS, SentencePiece's added space, and U+2581.
func emptyOrSpace(piece, text string, s Span, i int) bool {
	covered := strings.ReplaceAll(text[s.Start:s.End], escapedSpace, " ")
	return (i == 0 && s.Start == s.End) || piece == covered || piece == " "+covered
}

func checkRoundTrip(t testing.TB, tok *Tokenizer, text string) {
	t.Helper()
	want := text
	if _, lossy := tok.model.(*wordPiece); lossy {
		return
	}
	if _, ok := tok.model.(*sentencePiece); ok {
		want = strings.ReplaceAll(text, escapedSpace, " ")
	}
	for _, special := range []bool{false, true} {
		if got := string(tok.Decode(tok.Encode(text, false, special))); got != want {
			t.Fatalf("%+q came back as %+q", text, got)
		}
	}
}

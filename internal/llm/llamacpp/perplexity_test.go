package llamacpp

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/testenv"
)

// logits is a file of llama-perplexity --kl-divergence-base: "_logits_", uint32 context, int32 vocabulary, int32 chunks,
// the tokens of all chunks, then for the second half of every chunk a row a token: float32 scale, float32 minimum, uint16
// for every token of the vocabulary, padded to an even number. Log-probabilities are minimum + scale x number, and those
// below the largest logit - 16 are clipped to the minimum.
type logits struct {
	context, vocab, chunks int
	tokens                 []int32
	rows                   []byte
}

func readLogits(t *testing.T, path string) logits {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 20 || string(data[:8]) != "_logits_" {
		t.Fatalf("%s: %d bytes, %v", path, len(data), err)
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint32(data[8+4*i:])) }
	l := logits{context: at(0), vocab: at(1), chunks: at(2)}
	for i := range l.context * l.chunks {
		l.tokens = append(l.tokens, int32(at(3+i)))
	}
	l.rows = data[20+4*len(l.tokens):]
	if want := l.chunks * l.perChunk() * l.rowSize(); len(l.rows) != want {
		t.Fatalf("%s: rows have %d bytes; want %d", path, len(l.rows), want)
	}
	return l
}

func (l logits) perChunk() int { return l.context - 1 - l.context/2 }
func (l logits) rowSize() int  { return 2 * (4 + (l.vocab+1)/2*2) }

// at is the log-probability of id in a row of a chunk, and whether it was clipped.
func (l logits) at(chunk, row int, id int32) (lp float64, clipped bool) {
	data := l.rows[(chunk*l.perChunk()+row)*l.rowSize():]
	scale := math.Float32frombits(binary.LittleEndian.Uint32(data))
	least := math.Float32frombits(binary.LittleEndian.Uint32(data[4:]))
	q := binary.LittleEndian.Uint16(data[8+2*id:])
	return float64(least) + float64(scale)*float64(q), q == 0
}

// TestAgainstPerplexity scores the very tokens of llama-perplexity's file, which was evaluated in batches.
func TestAgainstPerplexity(t *testing.T) {
	program := testenv.Program(t, "llama-perplexity", "llama-perplexity")
	path := quantize(t, planted+"m01.gguf", "F32")
	text, base := filepath.Join(t.TempDir(), "text"), filepath.Join(t.TempDir(), "logits")
	if err := os.WriteFile(text, []byte(strings.Join(planting(t).pieces, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-m", path, "-f", text, "-c", "128", "-b", "128", "--kl-divergence-base", base}, exact...)
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("llama-perplexity: %v\n%s", err, out)
	}
	l := readLogits(t, base)
	d := open(t, serve(t, path, append([]string{"-np", "4", "-c", "1280"}, exact...)...).url)
	var seqs []llm.Sequence
	for c := range l.chunks {
		tokens := slices.Clone(l.tokens[c*l.context : (c+1)*l.context])
		tokens[0] = d.encoder.special.bos // as the program does
		seqs = append(seqs, llm.Sequence{Tokens: tokens, From: l.context/2 + 1})
	}
	var ours, theirs, most float64
	tokens, clipped := 0, 0
	for c, scores := range score(t, d, seqs) {
		for row, lp := range scores {
			want, cut := l.at(c, row, seqs[c].Tokens[seqs[c].From+row])
			if cut {
				clipped++
				continue
			}
			ours, theirs, most = ours-lp, theirs-want, max(most, math.Abs(lp-want))
			tokens++
		}
	}
	a, b := math.Exp(ours/float64(tokens)), math.Exp(theirs/float64(tokens))
	t.Logf("perplexity %.6f; by llama-perplexity %.6f, of %d tokens (%d more are clipped in its file); one token differs by "+
		"%.2g nats at most",
		a, b, tokens, clipped, most)
	// The file has 16 bits for a range of some 25 nats, so that one value is off by 2e-4 and a mean by much less.
	if tokens < 500 || clipped > tokens || math.Abs(a/b-1) > 2e-4 || most > 5e-4 {
		t.Errorf("perplexities are %v and %v", a, b)
	}
}

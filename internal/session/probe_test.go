package session

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/llm"
	"sdmap/internal/plan"
)

var errGone = errors.New("gone")

// says is a server's model that says the same until it is told otherwise.
type says struct {
	llm.Driver
	can     llm.Capabilities
	scores  []float64
	letters []llm.LetterScore
	vector  []float32
	err     error

	context int            // of the vocabulary
	tokens  int            // of any text
	asked   []llm.Sequence // that were scored
}

func (s *says) Capabilities() llm.Capabilities { return s.can }

func (s *says) Tokenize(ctx context.Context, text string) ([]llm.Token, error) {
	out := make([]llm.Token, s.tokens)
	for i := range out {
		out[i].ID = int32(100 + i)
	}
	return out, s.err
}

func (s *says) Vocabulary(ctx context.Context) (llm.Vocabulary, error) {
	return llm.Vocabulary{Context: s.context}, nil
}

func (s *says) Score(ctx context.Context, seqs []llm.Sequence) ([]llm.Scores, error) {
	s.asked = seqs
	return []llm.Scores{s.scores}, s.err
}

func (s *says) Choose(ctx context.Context, reqs []llm.ChooseRequest) ([][]llm.LetterScore, error) {
	return [][]llm.LetterScore{s.letters}, s.err
}

func (s *says) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return [][]float32{s.vector}, s.err
}

var (
	scoring   = llm.Capabilities{Generate: true, Score: true, Tokenize: true, Choose: true}
	lettering = llm.Capabilities{Generate: true, Choose: true, Embed: true}
	embedding = llm.Capabilities{Embed: true}
)

func behind(s *says) plan.Model {
	return plan.Model{Model: &llm.Model{ID: "m", Driver: s}, Asks: action.Pool{Name: "asks"},
		Measures: action.Pool{Name: "measures"}}
}

func TestFarthest(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{nil, nil, 0}, {[]float64{1, 2}, []float64{1, 2}, 0}, {[]float64{1, -2, 3}, []float64{1.5, -4, 3}, 2},
		{[]float64{1, 5}, []float64{2, 2}, 3},
		{[]float64{1, nan, 3}, []float64{1.25, 9, nan}, 0.25}, {[]float64{nan}, []float64{nan}, 0},
		{[]float64{1}, nil, math.Inf(1)}, {[]float64{1}, []float64{1, 1}, math.Inf(1)},
	} {
		if x, y := farthest(c.a, c.b), farthest(c.b, c.a); x != c.want || y != c.want {
			t.Errorf("%v and %v: %v and %v, want %v", c.a, c.b, x, y, c.want)
		}
	}
}

func TestUnitLength(t *testing.T) {
	if got := unit([]float32{3, 0, -4}); math.Abs(got[0]-0.6)+math.Abs(got[1])+math.Abs(got[2]+0.8) > 1e-15 {
		t.Errorf("%v, want 0.6, 0, -0.8", got)
	}
	if got := unit([]float32{0.125, 0}); !slices.Equal(got, []float64{1, 0}) {
		t.Errorf("a short one: %v", got)
	}
	if got := unit([]float32{0, 0}); !slices.Equal(got, []float64{0, 0}) {
		t.Errorf("none: %v", got)
	}
}

func TestWhatAServerSaysOfAFixedText(t *testing.T) {
	ask := func(s *says) ([]float64, string) {
		t.Helper()
		got, pool, err := fixedText(t.Context(), behind(s))
		if err != nil {
			t.Fatal(err)
		}
		return got, pool.Name
	}
	s := &says{can: scoring, scores: []float64{-1, -2}, tokens: 5, context: 100}
	if got, pool := ask(s); !slices.Equal(got, s.scores) || pool != "measures" {
		t.Errorf("a model with log-probabilities: %v in %q", got, pool)
	}
	if seq := s.asked[0]; len(s.asked) != 1 || seq.From != 1 || !slices.Equal(seq.Tokens, []int32{100, 101, 102, 103, 104}) {
		t.Errorf("scored: %+v", s.asked)
	}
	s.context = 4 // one place is kept for what comes after
	if ask(s); len(s.asked[0].Tokens) != 3 {
		t.Errorf("in a context of 4: %d tokens", len(s.asked[0].Tokens))
	}
	s = &says{can: lettering, letters: []llm.LetterScore{{LogProb: -0.5, Seen: true}, {LogProb: -7}, {LogProb: -2, Seen: true}}}
	if got, pool := ask(s); len(got) != 3 || got[0] != -0.5 || !math.IsNaN(got[1]) || got[2] != -2 || pool != "asks" {
		t.Errorf("a model with letters: %v in %q", got, pool)
	}
	s = &says{can: embedding, vector: []float32{0, 2}}
	if got, pool := ask(s); !slices.Equal(got, []float64{0, 1}) || pool != "asks" {
		t.Errorf("an embedder: %v in %q", got, pool)
	}
	for name, can := range map[string]llm.Capabilities{"texts only": {Generate: true},
		"texts and embeddings": {Generate: true, Embed: true}, "nothing": {},
		"scores without tokens": {Generate: true, Score: true, Choose: true}} {
		if got, pool := ask(&says{can: can, vector: []float32{1}}); got != nil || pool != "" {
			t.Errorf("%s: %v in %q", name, got, pool)
		}
	}
	for name, can := range map[string]llm.Capabilities{"scores": scoring, "embeddings": embedding} {
		m := behind(&says{can: can, vector: []float32{1}, tokens: 2, context: 9})
		if m.Asks.Name, m.Measures.Name = "", ""; can.Generate {
			m.Asks.Name = "asks"
		}
		if got, pool, err := fixedText(t.Context(), m); got != nil || pool.Name != "" || err != nil {
			t.Errorf("%s in this process are watched: %v in %q, %v", name, got, pool.Name, err)
		}
	}
	for name, can := range map[string]llm.Capabilities{"scores": scoring, "letters": lettering, "embeddings": embedding} {
		if _, _, err := fixedText(t.Context(), behind(&says{can: can, err: errGone, tokens: 2, context: 9,
			letters: []llm.LetterScore{{}}})); !errors.Is(err, errGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server may move by its floor and no more: that of its own probe, of letters, or of embeddings.
func TestDriftBeginsBeyondTheFloor(t *testing.T) {
	const own = 0.25
	for name, c := range map[string]struct {
		first, again *says
		drifts       bool
		by           float64
	}{
		"scores at the floor": {&says{can: scoring, scores: []float64{-1, -2}},
			&says{can: scoring, scores: []float64{-1, -2.25}}, false, 0.25},
		"scores beyond it": {&says{can: scoring, scores: []float64{-1, -2}},
			&says{can: scoring, scores: []float64{-1.26, -2}}, true, 0.26},
		"fewer scores": {&says{can: scoring, scores: []float64{-1, -2}}, &says{can: scoring, scores: []float64{-1}},
			true, math.Inf(1)},
		"letters near": {&says{can: lettering, letters: seen(-1)}, &says{can: lettering, letters: seen(-1.049)},
			false, 0.049},
		"letters apart": {&says{can: lettering, letters: seen(-1)}, &says{can: lettering, letters: seen(-1.051)}, true,
			0.051},
		"an embedding near": {&says{can: embedding, vector: []float32{1, 0}},
			&says{can: embedding, vector: []float32{1, 0.00098}}, false, 0.00098},
		"an embedding apart": {&says{can: embedding, vector: []float32{1, 0}},
			&says{can: embedding, vector: []float32{1, 0.00102}}, true, 0.00102},
		"a longer vector alone": {&says{can: embedding, vector: []float32{1, 2}},
			&says{can: embedding, vector: []float32{3, 6}}, false, 0},
	} {
		c.first.tokens, c.first.context, c.again.tokens, c.again.context = 3, 9, 3, 9
		p := watching(t, c.first, own)
		p.watched[0].model.Driver = c.again
		drifted := p.Again(t.Context())
		if d := p.All[0].Drift; d == nil || math.Abs(*d-c.by) > 1e-6 || len(drifted) != map[bool]int{true: 1}[c.drifts] {
			t.Errorf("%s: drift %v, %d drifted; want %v, %v", name, d, len(drifted), c.by, c.drifts)
		}
	}
}

// watching are probes that have asked one server.
func watching(t *testing.T, s *says, floor float64) *Probes {
	t.Helper()
	m := behind(s)
	first, pool, err := fixedText(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return &Probes{All: []Probe{{Model: "m", Floor: floor}}, world: &World{},
		watched: []watched{{model: m, pool: pool, first: first}}}
}

func seen(logProbs ...float64) []llm.LetterScore {
	var out []llm.LetterScore
	for _, l := range logProbs {
		out = append(out, llm.LetterScore{LogProb: l, Seen: true})
	}
	return out
}

func TestAServerThatIsGoneAtTheEnd(t *testing.T) {
	s := &says{can: lettering, letters: seen(-1)}
	p := watching(t, s, 0)
	var said string
	p.world.Say = func(format string, args ...any) { said += format }
	s.err = errGone
	if drifted := p.Again(t.Context()); len(drifted) != 0 || p.All[0].Drift != nil ||
		!strings.Contains(said, "could not be asked again") {
		t.Errorf("%d drifted, said %q", len(drifted), said)
	}
}

// What a drift is called follows from what was asked.
func TestDriftInWords(t *testing.T) {
	for want, s := range map[string][2]*says{
		"gave log-probabilities that differ by 1 nats, where up to 0.25 is no fault": {
			{can: scoring, scores: []float64{-1}}, {can: scoring, scores: []float64{-2}}},
		"gave log-probabilities that differ by 1 nats, where up to 0.05 is no fault": {
			{can: lettering, letters: seen(-1)}, {can: lettering, letters: seen(-2)}},
		"gave an embedding of length 1 that differ by 1, where up to 0.001 is no fault": {
			{can: embedding, vector: []float32{1, 0}}, {can: embedding, vector: []float32{0, 1}}},
	} {
		s[0].tokens, s[0].context, s[1].tokens, s[1].context = 3, 9, 3, 9
		p := watching(t, s[0], 0.25)
		p.watched[0].model.Driver = s[1]
		a := p.Again(t.Context())[0].alarm()
		if !strings.Contains(a.Text, want) || a.Kind != "drift" || a.Other != "m" || !a.Blocks {
			t.Errorf("want %q in %+v", want, a)
		}
	}
}

func TestDistrust(t *testing.T) {
	var e Error
	if err := distrust(behind(&says{}), errGone); !errors.As(err, &e) || e.Kind != Partial || !errors.Is(err, errGone) {
		t.Errorf("%v, %v", e.Kind, err)
	}
}

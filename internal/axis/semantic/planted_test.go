package semantic

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/study"
)

const plantedDir = "../../../studies/planted"

// planted opens a model of the planted study and loads some of its benchmarks.
func planted(t *testing.T, ids ...string) (*llm.Model, llm.Identity, []*benchmark.Benchmark) {
	t.Helper()
	driver, err := inprocess.Open(plantedDir + "/models/m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { driver.Close() })
	id, err := driver.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.OpenRoot(plantedDir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	var bs []*benchmark.Benchmark
	for _, name := range ids {
		b, problems := benchmark.Load(dir, study.Benchmark{
			ID: name, Source: "benchmarks/" + name + ".jsonl", Task: study.Choice, Prompt: "{question}", Choices: "choices",
			Answer: "answer", Delimiter: " ", Metric: "acc",
		})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		bs = append(bs, b)
	}
	return &llm.Model{ID: "m01", Driver: driver}, id, bs
}

func TestPlantedTexts(t *testing.T) {
	m, id, bs := planted(t, "sum.story", "max.story", "logic.yields", "logic.claim")
	o := study.Semantic{Text: TextQuestion, Dimensions: 32, Items: 24, WuDraws: 3}
	inputs := map[string][]byte{}
	p := Params{Seed: 1, Lineages: []string{"m01"}, Replicates: 25, Options: o}
	run := func(a *action.Action) []byte {
		data, err := a.Run(context.Background(), runtime{inputs, 2})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var hidden []*action.Action
	for i, b := range bs {
		p.Benchmarks, p.Loaded = append(p.Benchmarks, b.Spec.ID), append(p.Loaded, len(b.Items))
		a := Hidden(m, id, b, o)
		hidden = append(hidden, a)
		inputs[inputName(0, i)] = run(a)
	}
	words, wu, wordings := TFIDF(bs, o), Wu(m, id, bs, 1, o), FindWordings(bs, o)
	inputs[inputName(1, 0)], inputs["wu"], inputs["wordings"] = run(words), run(wu), run(wordings)
	out, err := Decode(run(Axis(p, []Provider{LearnedBy("hidden", "m01", hidden), Lexical(words)}, wordings, wu)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hidden", "tfidf"} {
		v := out.Variant(name)
		if alike, far := at(t, v, 0, 1), at(t, v, 0, 2); !(alike > far) {
			t.Errorf("%s: two stories overlap by %.3f, a story and a formula by %.3f", name, alike, far)
		}
	}
	if v := at(t, out.Variant("wu"), 0, 0); v < 0.9 || v > 1+1e-9 {
		t.Errorf("Wu's overlap of a benchmark with itself: %v", v)
	}
	if !strings.Contains(out.Variant("wu").Warnings[0], "cut at") {
		t.Errorf("nothing was cut: %q", out.Variant("wu").Warnings)
	}
}

// A benchmark's vectors are means of what the model's trace shows, whatever else is embedded with it.
func TestHiddenIsTheMeanState(t *testing.T) {
	m, id, bs := planted(t, "sum.story")
	data, err := Hidden(m, id, bs[0], study.Semantic{Items: 20}).Run(context.Background(), runtime{workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := DecodeBlocks(data)
	if err != nil {
		t.Fatal(err)
	}
	const item = 18
	ctx, driver := context.Background(), m.Driver.(*inprocess.Driver)
	tokens, err := driver.Tokenize(ctx, bs[0].Items[item].Question)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int32
	for _, token := range tokens {
		ids = append(ids, token.ID)
	}
	err = driver.Trace(ctx, [][]int32{ids}, llm.WantResidual, func(_ int, trace *llm.Trace) error {
		var sum, n float64
		for i, token := range tokens {
			if token.End > token.Start {
				sum, n = sum+float64(trace.Residual[trace.Layers][i*trace.Width+2]), n+1
			}
		}
		near(t, "mean state", float64(blocks[0].Vectors[item*blocks[0].Dim+2]), sum/n, 1e-6*(1+math.Abs(sum/n)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A text that is too long costs that item: all others have the vectors that they have without it.
func TestTooLongTextIsLeftOut(t *testing.T) {
	m, id, bs := planted(t, "sum.story")
	bs[0].Items = bs[0].Items[:20]
	whole := map[string]Block{}
	actions := map[string]func(*llm.Model, llm.Identity, *benchmark.Benchmark, study.Semantic) *action.Action{"hidden": Hidden,
		"embed": Embed}
	for name, of := range actions {
		whole[name] = one(t, of(m, id, bs[0], study.Semantic{}))
	}
	for _, i := range []int{3, 16, 17} {
		bs[0].Items[i].Question = strings.Repeat("figs ", 500)
	}
	for name, of := range actions {
		want, got := whole[name], one(t, of(m, id, bs[0], study.Semantic{}))
		if got.Refused != 3 || len(got.Items) != 17 || len(got.Texts) != 17 || len(got.At) != 17 || want.Refused != 0 ||
			want.At != nil {
			t.Fatalf("%s: %d refused, %d items, at %v", name, got.Refused, len(got.Items), got.At)
		}
		for k, i := range got.At {
			if got.Items[k] != want.Items[i] || got.Texts[k] != want.Texts[i] ||
				!slices.Equal(got.Vectors[k*got.Dim:(k+1)*got.Dim], want.Vectors[i*want.Dim:(i+1)*want.Dim]) {
				t.Errorf("%s: item %s is not as without long ones", name, got.Items[k])
			}
		}
	}
	for i := range bs[0].Items {
		bs[0].Items[i].Question = strings.Repeat("figs ", 500)
	}
	for name, of := range actions {
		_, err := of(m, id, bs[0], study.Semantic{}).Run(t.Context(), runtime{workers: 1})
		if err == nil || !strings.Contains(err.Error(), "none of 20 items can be taken") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// one is the block that an embedding of one benchmark writes.
func one(t *testing.T, a *action.Action) Block {
	t.Helper()
	data, err := a.Run(t.Context(), runtime{workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := DecodeBlocks(data)
	if err != nil || len(blocks) != 1 {
		t.Fatal(len(blocks), err)
	}
	return blocks[0]
}

func TestKeysFollowTexts(t *testing.T) {
	m, id, bs := planted(t, "sum.story", "max.story")
	describe := func(a *action.Action) string {
		d, err := a.Describe(nil)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	o := study.Semantic{Text: TextQuestion, Dimensions: 8, Items: 30}
	keys := func() [2]string { return [2]string{describe(Hidden(m, id, bs[0], o)), describe(TFIDF(bs, o))} }
	before := keys()
	bs[0].Items[40].Question, bs[0].Items[5].Answer = "beyond the limit", 0
	if keys() != before {
		t.Error("what is not embedded changes keys")
	}
	bs[0].Items[5].Question += "?"
	after := keys()
	if after[0] == before[0] || after[1] == before[1] {
		t.Error("a changed question changes no key")
	}
	if b, err := json.Marshal(after); err != nil || !strings.Contains(string(b), "sha256:") {
		t.Error("keys without digest")
	}
}

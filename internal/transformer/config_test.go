package transformer

import (
	"maps"
	"math"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
)

func problemsOf(f *gguf.File) []string {
	_, problems := Inspect(f)
	return problems
}

func TestConfig(t *testing.T) {
	sh := shapes["longer rotary"]
	cfg, problems := Inspect(sh.file(t, 1))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := Config{Architecture: "llama", Vocab: 50, Context: 80, Width: 16, Hidden: 32, Layers: 2, Heads: 2, KVHeads: 1,
		HeadDim: 8,
		Rope:    Rotary{Dims: 8, Base: 500000, Scale: 0.25, Gain: 1}, QueryScale: 1 / math.Sqrt(8),
		Epsilon: float64(float32(1e-5)), TiedOutput: true}
	if cfg != want {
		t.Errorf("config is %+v\nwant %+v", cfg, want)
	}
}

// A count that is given once for each layer, and is the same for all, is one count.
func TestEqualCountsOfLayers(t *testing.T) {
	sh := small
	one, problems := Inspect(sh.file(t, 1))
	sh.kvByLayer = []uint32{2, 2, 2}
	listed, more := Inspect(sh.file(t, 1))
	if len(problems)+len(more) > 0 || one != listed {
		t.Errorf("%+v, %q\nfrom a list %+v, %q", one, problems, listed, more)
	}
}

func TestCheckNamesWhatIsNotSupported(t *testing.T) {
	plain := func(*gguftest.Writer) {}
	tests := []struct {
		change func(w *gguftest.Writer)
		shape  func(sh *shape)
		want   string // in one of the problems
	}{
		{change: func(w *gguftest.Writer) { w.KV("llama.attention.sliding_window", uint32(64)) },
			want: `key "llama.attention.sliding_window" is not supported`},
		{change: func(w *gguftest.Writer) { w.KV("llama.final_logit_softcapping", float32(30)) },
			want: "final_logit_softcapping"},
		{change: func(w *gguftest.Writer) { w.KV("llama.expert_count", uint32(8)) }, want: "mixtures of experts"},
		{change: func(w *gguftest.Writer) { w.KV("llama.rope.scaling.type", "longrope") },
			want: `rotary scaling "longrope" is not supported in architecture "llama"`},
		{change: func(w *gguftest.Writer) { w.KV("llama.rope.scaling.type", "spiral") },
			want: `rotary scaling "spiral" is not supported; supported: none, linear, yarn`},
		{change: func(w *gguftest.Writer) { w.KV("llama.attention.causal", false) }, want: "only causal attention"},
		{change: func(w *gguftest.Writer) { w.F32("blk.0.attn_q.bias", []int{32}, make([]float32, 32)) },
			want: `tensor "blk.0.attn_q.bias" is not supported`},
		{change: func(w *gguftest.Writer) { w.F32("rope_freqs.weight", []int{3}, make([]float32, 3)) },
			want: `tensor "rope_freqs.weight" has 1 rows of 3; 1 of 4 are needed`},
		{change: func(w *gguftest.Writer) { w.Tensor("extra", 16, []int{256}, make([]byte, 66)) },
			want: "tensor type IQ2_XXS (1 tensors, the first is \"extra\") is not supported; supported: F32, F16, Q4_0, "},
		{change: plain, shape: func(sh *shape) { sh.kvHeads = 3 }, want: "do not share 3 key heads evenly"},
		{change: plain, shape: func(sh *shape) { sh.kvByLayer = []uint32{2, 1, 2} },
			want: "gives layers different values ([2 1 2])"},
		{change: plain, shape: func(sh *shape) { sh.ropeDims = 10 }, want: "rotary positions on 10 of 8"},
	}
	for _, test := range tests {
		sh := small
		if test.shape != nil {
			test.shape(&sh)
		}
		w := sh.write(1)
		test.change(w)
		f, err := gguf.Parse(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		problems := problemsOf(f)
		if !strings.Contains(strings.Join(problems, "\n"), test.want) {
			t.Errorf("problems are %q; want %q", problems, test.want)
		}
		if _, err := Load(f); err == nil {
			t.Errorf("a model with %q loads", test.want)
		}
	}
}

func TestCheckOfBrokenFiles(t *testing.T) {
	other := &gguftest.Writer{}
	other.KV("general.architecture", "gemma")
	empty := &gguftest.Writer{}
	absurd := &gguftest.Writer{}
	absurd.KV("general.architecture", "llama")
	for _, key := range []string{"context_length", "embedding_length", "feed_forward_length", "attention.head_count"} {
		absurd.KV("llama."+key, uint32(1))
	}
	absurd.KV("llama.block_count", uint64(1)<<60)
	missing := &gguftest.Writer{}
	missing.KV("general.architecture", "llama")
	missing.KV("llama.context_length", "many")
	for want, w := range map[string]*gguftest.Writer{
		`architecture "gemma" is not supported; supported: llama`: other,
		`general.architecture`:    empty,
		`key "llama.block_count"`: absurd,
		`llama.context_length`:    missing,
	} {
		f, err := gguf.Parse(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if problems := problemsOf(f); !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("problems are %q; want %q", problems, want)
		}
	}
}

func TestCheckOfTensors(t *testing.T) {
	w := &gguftest.Writer{}
	w.KV("general.architecture", "llama")
	for key, n := range map[string]int{"context_length": 8, "embedding_length": 4, "feed_forward_length": 4,
		"attention.head_count": 2, "block_count": 1 << 20} {
		w.KV("llama."+key, uint32(n))
	}
	w.KV("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.F32("token_embd.weight", []int{4, 7}, make([]float32, 28))
	w.F32("output_norm.weight", []int{5}, make([]float32, 5))
	f, err := gguf.Parse(w.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	problems := strings.Join(problemsOf(f), "\n")
	for _, want := range []string{`tensor "output_norm.weight" has 1 rows of 5; 1 of 4 are needed`,
		`tensor "blk.0.attn_norm.weight" is missing`} {
		if !strings.Contains(problems, want) {
			t.Errorf("problems are %q; want %q", problems, want)
		}
	}
	if strings.Count(problems, "\n") > 20 {
		t.Errorf("a missing block is reported a million times")
	}
}

// What files leave out: each value was seen to hold in llama.cpp, by llama-server's log-probabilities of a random file.
func TestArchitectureDefaults(t *testing.T) {
	for _, test := range []struct {
		architecture string
		keys         map[string]any
		check        func(c Config) bool
	}{
		{"gemma2", nil, func(c Config) bool {
			return c.Window == 4096 && c.AttentionCap == 50 && c.LogitCap == 30 && c.Slides(0) && !c.Slides(1) &&
				c.LocalRope == c.Rope
		}},
		{"gemma2", map[string]any{"block_count": uint32(46)}, func(c Config) bool { return c.QueryScale == 1/math.Sqrt(16) }},
		{"gemma3", nil, func(c Config) bool { return c.Window == 0 && c.LogitCap == 0 && c.QueryScale == 1/math.Sqrt(8) }},
		{"gemma3", map[string]any{"block_count": uint32(62)}, func(c Config) bool { return c.QueryScale == 1/math.Sqrt(16) }},
		{"gemma3", map[string]any{"attention.sliding_window": uint32(8), "final_logit_softcapping": float32(2),
			"rope.scaling.factor": float32(8), "rope.freq_base": float32(1e6)}, func(c Config) bool {
			return c.Window == 8 && c.LogitCap == 2 && c.Slides(4) && !c.Slides(5) && c.Rope.Base == 1e6 &&
				c.Rope.Scale == 0.125 &&
				c.LocalRope.Base == 10000 && c.LocalRope.Scale == 1
		}},
		{"phi3", map[string]any{"attention.sliding_window": uint32(4)},
			func(c Config) bool { return !c.Slides(0) && c.Context == 64 }},
		{"qwen3", map[string]any{"pooling_type": uint32(3)}, func(c Config) bool { return c.Pooling == PoolLast }},
		{"llama", map[string]any{"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4),
			"rope.scaling.attn_factor": float32(2)},
			func(c Config) bool {
				return c.Rope.Yarn && c.Rope.Original == 64 && c.Rope.Gain == 2*(1+0.1*math.Log(4))
			}},
	} {
		w := &gguftest.Writer{}
		w.KV("general.architecture", test.architecture)
		keys := map[string]any{"context_length": uint32(64), "embedding_length": uint32(64), "block_count": uint32(6),
			"attention.head_count": uint32(4),
			"feed_forward_length":  uint32(8), "attention.key_length": uint32(8),
			"attention.layer_norm_rms_epsilon": float32(1e-6)}
		maps.Copy(keys, test.keys)
		for key, value := range keys {
			w.KV(test.architecture+"."+key, value)
		}
		f, err := gguf.Parse(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := Inspect(f); !test.check(c) {
			t.Errorf("%s with %v: config is %+v", test.architecture, test.keys, c)
		}
	}
}

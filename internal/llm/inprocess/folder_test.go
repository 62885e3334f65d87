package inprocess

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
)

// copyFolder copies the files of a model's folder.
func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// rewrite replaces a part of a file that must be there.
func rewrite(t *testing.T, path, before, after string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), before) {
		t.Fatalf("%s does not hold %s", path, before)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), before, after)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// smallFolder writes a random BERT of two layers as the sentence-transformers library saves one.
func smallFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vocab := map[string]int{}
	for i, token := range strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] the sum of ##s ##um , 3 7 é") {
		vocab[token] = i
	}
	tokens, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	write("modules.json", []byte(`[{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
{"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
{"idx":2,"name":"2","path":"2_Normalize","type":"sentence_transformers.models.Normalize"}]`))
	write("config.json", []byte(`{"model_type":"bert","hidden_size":8,"intermediate_size":16,"num_hidden_layers":2,`+
		`"num_attention_heads":2,"max_position_embeddings":12,"layer_norm_eps":1e-12,"hidden_act":"gelu"}`))
	write("tokenizer.json", fmt.Appendf(nil, `{"added_tokens":[],"normalizer":{"type":"BertNormalizer","clean_text":true,`+
		`"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},`+
		`"post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},"model":{"type":"WordPiece",`+
		`"unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":%s}}`, tokens))
	write("1_Pooling/config.json", []byte(`{"word_embedding_dimension":8,"pooling_mode_cls_token":false,`+
		`"pooling_mode_mean_tokens":true}`))
	write("sentence_bert_config.json", []byte(`{"max_seq_length":8,"do_lower_case":false}`))
	write("tokenizer_config.json", []byte(`{"do_lower_case":true,"model_max_length":12}`))
	write("config_sentence_transformers.json", []byte(`{"prompts":{"q":"query: "},"default_prompt_name":null}`))
	write("model.safetensors", smallBERT(len(vocab)))
	return dir
}

// smallBERT has the weights of smallFolder.
func smallBERT(vocab int) []byte {
	shapes := map[string][]int{"embeddings.word_embeddings.weight": {vocab, 8}, "embeddings.position_embeddings.weight": {12, 8},
		"embeddings.token_type_embeddings.weight": {2, 8}, "embeddings.LayerNorm.weight": {8}, "embeddings.LayerNorm.bias": {8},
		"pooler.dense.weight": {8, 8}, "pooler.dense.bias": {8}}
	for layer := range 2 {
		for name, shape := range map[string][2]int{"attention.self.query": {8, 8}, "attention.self.key": {8, 8},
			"attention.self.value": {8, 8}, "attention.output.dense": {8, 8}, "intermediate.dense": {16, 8},
			"output.dense": {8, 16}} {
			at := fmt.Sprintf("encoder.layer.%d.%s", layer, name)
			shapes[at+".weight"], shapes[at+".bias"] = shape[:], shape[:1]
		}
		for _, name := range []string{"attention.output.LayerNorm", "output.LayerNorm"} {
			at := fmt.Sprintf("encoder.layer.%d.%s", layer, name)
			shapes[at+".weight"], shapes[at+".bias"] = []int{8}, []int{8}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	header, data := map[string]any{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		n := 1
		for _, d := range shapes[name] {
			n *= d
		}
		header[name] = map[string]any{"dtype": "F32", "shape": shapes[name], "data_offsets": []int{len(data), len(data) + 4*n}}
		for range n {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(random.NormFloat64())))
		}
	}
	text, _ := json.Marshal(header)
	return slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, data)
}

// A folder gives vectors of length 1 that change with its files, and is what an encoder is.
func TestFolder(t *testing.T) {
	dir := smallFolder(t)
	d := open(t, dir)
	if problems, err := Check(dir); err != nil || len(problems) > 0 {
		t.Errorf("problems are %q, %v", problems, err)
	}
	if c := llm.CapabilitiesOf(d); c.Score || c.Generate || !c.Embed || !c.Tokenize {
		t.Errorf("capabilities are %+v", c)
	}
	if _, err := d.LocalFile(t.Context()); err == nil {
		t.Error("a folder is said to be one file")
	}
	is := embedded(t, d)
	if math.Abs(dot(is, is)-1) > 1e-6 {
		t.Errorf("the length is %v", math.Sqrt(dot(is, is)))
	}
	for _, c := range []struct{ file, before, after string }{
		{"1_Pooling/config.json", `"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true`,
			`"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false`},
		{"1_Pooling/config.json", `"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true`, `"pooling_mode":"lasttoken"`},
		{"config.json", `"gelu"`, `"gelu_new"`},
		{"config.json", "1e-12", "1e-2"},
		{"modules.json", `,
{"idx":2,"name":"2","path":"2_Normalize","type":"sentence_transformers.models.Normalize"}`, ""},
	} {
		other := copyFolder(t, dir)
		rewrite(t, filepath.Join(other, c.file), c.before, c.after)
		o := open(t, other)
		if slices.Equal(embedded(t, o), is) {
			t.Errorf("%s with %s has the same vectors", c.file, c.after)
		}
		a, err := d.Identify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := o.Identify(t.Context()); err != nil || a.Weights == b.Weights {
			t.Errorf("%s with %s has the same identity, %v", c.file, c.after, err)
		}
	}
}

func embedded(t *testing.T, d *Driver) []float32 {
	t.Helper()
	v, err := d.Embed(t.Context(), []string{"The sums of É"})
	if err != nil {
		t.Fatal(err)
	}
	return v[0]
}

func TestFolderRefused(t *testing.T) {
	for _, c := range []struct{ file, before, after, want string }{
		{"modules.json", "models.Normalize", "models.Dense", `"Dense"] are not supported; supported: Transformer, Pooling`},
		{"modules.json", "1_Pooling", "../other", `the path "../other" leads out of the folder`},
		{"modules.json", "[", "{", "modules.json: "},
		{"config.json", `"bert"`, `"roberta"`, `model_type "roberta" is not supported`},
		{"config.json", `"gelu"`, `"relu"`, `hidden_act "relu" is not supported`},
		{"config.json", `"hidden_size":8`, `"hidden_size":0`, `hidden_size is 0`},
		{"config.json", `"num_attention_heads":2`, `"num_attention_heads":3`, `3 heads do not divide a width of 8`},
		{"config.json", `"num_hidden_layers":2`, `"num_hidden_layers":1`, `tensor "blk.1.`},
		{"config.json", `"num_hidden_layers":2`, `"num_hidden_layers":1000000`, `is missing`},
		{"config.json", `1e-12`, `1e-12,"position_embedding_type":"relative_key"`, `supported: absolute`},
		{"config.json", `1e-12`, `1e-12,"is_decoder":true`, `encoders alone`},
		{"tokenizer.json", `"##"`, `"@@@"`, ""}, // another way to write what goes on is fine
		{"tokenizer.json", `"WordPiece"`, `"BPE"`, `type "BPE" is not supported`},
		{"tokenizer.json", `"é"`, `"the"`, `the vocabulary has 13`},
		{"1_Pooling/config.json", `"pooling_mode_cls_token":false`, `"pooling_mode_max_tokens":true`,
			`the pooling is not supported`},
		{"1_Pooling/config.json", `"pooling_mode_cls_token":false`, `"pooling_mode":["mean","max"]`,
			`the pooling is not supported`},
		{"tokenizer_config.json", `true`, `false`, `libraries differ in which counts`},
		{"sentence_bert_config.json", `8`, `2`, `max_seq_length is 2`},
		{"config_sentence_transformers.json", `null`, `"q"`, `the prompt "q" in front of every text`},
		{"model.safetensors", "pooler.dense.bias", "pooled.dense.bias", `tensor "pooled.dense.bias" is not supported`},
		{"model.safetensors", "F32", "I32", `is of type I32; supported: F32, F16, BF16`},
	} {
		dir := smallFolder(t)
		rewrite(t, filepath.Join(dir, c.file), c.before, c.after)
		problems, err := Check(dir)
		all := strings.Join(problems, "\n")
		if err != nil {
			all = err.Error()
		}
		if !strings.Contains(all, c.want) || c.want == "" && all != "" {
			t.Errorf("%s with %s: %q, want %q", c.file, c.after, all, c.want)
		}
	}
}

func TestFolderWithout(t *testing.T) {
	for name, want := range map[string]string{"model.safetensors": "save the model again",
		"tokenizer.json":        "tokenizer.json: no such file",
		"1_Pooling/config.json": "1_Pooling/config.json: no such file", "sentence_bert_config.json": "",
		"tokenizer_config.json":             "",
		"config_sentence_transformers.json": ""} {
		dir := smallFolder(t)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		_, err := Check(dir)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("without %s: %v, want %q", name, err, want)
		}
	}
	dir := smallFolder(t)
	path := filepath.Join(dir, "config.json")
	if err := os.Rename(path, filepath.Join(t.TempDir(), "config.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../elsewhere.json", path); err != nil {
		t.Skip(err)
	}
	if _, err := Check(dir); err == nil || !strings.Contains(err.Error(), "cp -rL") {
		t.Errorf("with a link out of the folder: %v", err)
	}
}

// The longest text is the least of what the files say.
func TestFolderLimit(t *testing.T) {
	long := strings.Repeat("the ", 7)
	for _, c := range []struct {
		file, before, after string
		want                int
	}{
		{"sentence_bert_config.json", "8", "9", 9}, {"sentence_bert_config.json", "8", "100", 12},
		{"sentence_bert_config.json", `"max_seq_length":8`, `"max_seq_length":null`, 12}, {"config.json", "12", "12", 8},
	} {
		dir := smallFolder(t)
		rewrite(t, filepath.Join(dir, c.file), c.before, c.after)
		d := open(t, dir)
		if v, err := d.Vocabulary(t.Context()); err != nil || v.Context != c.want {
			t.Errorf("%s with %s: %d tokens, %v, want %d", c.file, c.after, v.Context, err, c.want)
		}
		_, err := d.Embed(t.Context(), []string{long})
		if fits := 9 <= c.want; fits != (err == nil) {
			t.Errorf("%s with %s: 9 tokens give %v", c.file, c.after, err)
		}
	}
}

package inprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"sdmap/internal/safetensors"
	"sdmap/internal/study"
	"sdmap/internal/tokenizer"
	"sdmap/internal/transformer"
)

// folder is an encoder as the sentence-transformers library keeps it: a BERT, its tokenizer, and how its hidden states become one
// vector. Its files were read, but for the numbers of the weights.
type folder struct {
	dir     string // what errors call it
	shelf   shelf
	names   []string // of the files that numbers depend on, in the order in which they were read
	weights *safetensors.File
	config  []byte
	tokens  []byte
	facts   facts
}

// facts are what the smaller files say.
type facts struct {
	modules []module
	pooling struct {
		Mode json.RawMessage `json:"pooling_mode"` // of the library's version 6; before it there is a key for each
		CLS  bool            `json:"pooling_mode_cls_token"`
		Mean bool            `json:"pooling_mode_mean_tokens"`
		Last bool            `json:"pooling_mode_lasttoken"`
		Max  bool            `json:"pooling_mode_max_tokens"`
		Root bool            `json:"pooling_mode_mean_sqrt_len_tokens"`
		Late bool            `json:"pooling_mode_weightedmean_tokens"`
	}
	sentence struct {
		Length    *int `json:"max_seq_length"`
		Lowercase bool `json:"do_lower_case"`
	}
	tokenizer normalizer // as the model's loading has it
	saved     struct{ Normalizer normalizer }
	prompts   struct {
		Default *string `json:"default_prompt_name"`
		Prompts map[string]string
	}
}

// module is an entry of modules.json: what a text passes through.
type module struct{ Path, Type string }

// normalizer is what tokenizer.json and tokenizer_config.json both say.
type normalizer struct {
	Lowercase *bool    `json:"lowercase"`
	Lower     *bool    `json:"do_lower_case"`
	Longest   *float64 `json:"model_max_length"` // 1e30 where there is no limit
}

// openFolder reads the folder dir.
func openFolder(dir string) (content, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return openShelf(dir, together{dir, root})
}

// openGathered reads a folder whose files lie at the paths of parts, by their names in it.
func openGathered(name string, parts map[string]string) (content, error) {
	return openShelf(name, gathered(parts))
}

func openShelf(name string, s shelf) (content, error) {
	f := &folder{dir: name, shelf: s}
	if err := f.read(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

func (f *folder) read() (err error) {
	if _, err = f.file(study.ModulesFile, &f.facts.modules); err != nil {
		return err
	}
	model, pooling, err := f.facts.places()
	if err != nil {
		return fmt.Errorf("%s: %w", study.ModulesFile, err)
	}
	if f.config, err = f.file(path.Join(model, "config.json"), nil); err != nil {
		return err
	}
	if f.tokens, err = f.file(path.Join(model, "tokenizer.json"), &f.facts.saved); err != nil {
		return err
	}
	if _, err = f.file(path.Join(pooling, "config.json"), &f.facts.pooling); err != nil {
		return err
	}
	if _, err = f.file(path.Join(model, "sentence_bert_config.json"), &f.facts.sentence); err != nil && !isMissing(err) {
		return err
	}
	numbers := len(f.names) // what follows changes none: it is read for what would be refused
	if _, err = f.file(path.Join(model, "tokenizer_config.json"), &f.facts.tokenizer); err != nil && !isMissing(err) {
		return err
	}
	if _, err = f.file("config_sentence_transformers.json", &f.facts.prompts); err != nil && !isMissing(err) {
		return err
	}
	f.names = append(f.names[:numbers], path.Join(model, "model.safetensors"))
	return f.openWeights(f.names[numbers])
}

// largestSetting bounds the files beside the weights; a tokenizer of a quarter of a million tokens has a quarter of it.
const largestSetting = 64 << 20

// file reads a file of the folder, JSON, into what into points to.
func (f *folder) file(name string, into any) ([]byte, error) {
	if err := f.shelf.there(name); err != nil {
		return nil, err
	}
	data, err := f.shelf.read(name)
	if err == nil && into != nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.names = append(f.names, name)
	return data, nil
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func (f *folder) openWeights(name string) (err error) {
	if err := f.shelf.there(name); isMissing(err) {
		return fmt.Errorf("there is no %s; weights in other formats are not read: save the model again by "+
			"SentenceTransformer(...).save(...)", name)
	} else if err != nil {
		return err
	}
	f.weights, err = safetensors.Open(f.shelf.path(name))
	return err
}

func (f *folder) inspect() (transformer.Config, []string) {
	c, problems := transformer.InspectEncoder(f.config, f.weights)
	pooling, ok := f.facts.poolingOf()
	if !ok {
		problems = append(problems, "the pooling is not supported; supported: one of mean, cls, lasttoken")
	}
	problems = append(problems, f.facts.problems()...)
	c.Pooling, c.UnitLength = pooling, len(f.facts.modules) == 3
	c.Context = f.facts.longest(c.Context)
	return c, problems
}

func (f *folder) tokenizer() (*tokenizer.Tokenizer, error) {
	tok, err := tokenizer.FromJSON(f.tokens)
	if err != nil {
		return nil, fmt.Errorf("%s: tokenizer.json: %w", f.dir, err)
	}
	return tok, nil
}

func (f *folder) load(c transformer.Config) (*transformer.Model, error) {
	return transformer.LoadEncoder(c, f.weights)
}

func (f *folder) files() []string {
	var paths []string
	for _, name := range f.names {
		paths = append(paths, f.shelf.path(name))
	}
	return paths
}

func (f *folder) main() (string, error) {
	return "", fmt.Errorf("%s is a folder of safetensors; only a GGUF file can be run by other programs", f.dir)
}

func (f *folder) chats() bool { return false }

// Close releases the weights.
func (f *folder) Close() error { return f.weights.Close() }

package inprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sdmap/internal/transformer"
)

// places are the folders of the model and of its pooling. A text passes through a transformer, a pooling and, where vectors
// are to have length 1, a normalisation; nothing else is supported.
func (f *facts) places() (model, pooling string, err error) {
	var kinds []string
	for _, m := range f.modules {
		kinds = append(kinds, m.Type[strings.LastIndexByte(m.Type, '.')+1:])
		if m.Path != "" && !filepath.IsLocal(m.Path) {
			return "", "", fmt.Errorf("the path %q leads out of the folder", m.Path)
		}
	}
	if list := strings.Join(kinds, ", "); list != "Transformer, Pooling" && list != "Transformer, Pooling, Normalize" {
		return "", "", fmt.Errorf("the modules %q are not supported; supported: Transformer, Pooling and, if need be, Normalize",
			kinds)
	}
	if f.modules[1].Path == "" {
		return "", "", errors.New("the pooling has no folder")
	}
	return f.modules[0].Path, f.modules[1].Path, nil
}

// poolingOf is the one way of pooling that is asked for.
func (f *facts) poolingOf() (transformer.Pooling, bool) {
	ways := map[string]transformer.Pooling{"mean": transformer.PoolMean, "cls": transformer.PoolCLS,
		"lasttoken": transformer.PoolLast}
	p := f.pooling
	if len(p.Mode) > 0 {
		var name string
		err := json.Unmarshal(p.Mode, &name)
		way, ok := ways[name]
		return way, err == nil && ok
	}
	var asked []transformer.Pooling
	for _, one := range []struct {
		asked bool
		way   transformer.Pooling
	}{{p.Mean, transformer.PoolMean}, {p.CLS, transformer.PoolCLS}, {p.Last, transformer.PoolLast}} {
		if one.asked {
			asked = append(asked, one.way)
		}
	}
	if len(asked) != 1 || p.Max || p.Root || p.Late {
		return transformer.PoolNone, false
	}
	return asked[0], true
}

// problems are what the files say that would change numbers and is not done.
func (f *facts) problems() (list []string) {
	saved := f.saved.Normalizer.Lowercase
	lowers := saved != nil && *saved
	if said := f.tokenizer.Lower; said != nil && *said != lowers {
		list = append(list, fmt.Sprintf("tokenizer_config.json has do_lower_case = %t, tokenizer.json has lowercase = %t, "+
			"and libraries "+
			"differ in which counts; supported: the same in both", *said, lowers))
	}
	if f.sentence.Lowercase && !lowers {
		list = append(list, "sentence_bert_config.json has do_lower_case = true, tokenizer.json has not; supported: "+
			"the same in both")
	}
	if name := f.prompts.Default; name != nil && f.prompts.Prompts[*name] != "" {
		list = append(list, fmt.Sprintf("config_sentence_transformers.json puts the prompt %q in front of every text; "+
			"supported: no "+
			"default_prompt_name", *name))
	}
	if n := f.sentence.Length; n != nil && *n < 3 {
		list = append(list, fmt.Sprintf("sentence_bert_config.json: max_seq_length is %d; supported: 3 or more", *n))
	}
	return list
}

// longest is how many tokens a text may have: what the files say, and no more than there are positions for.
func (f *facts) longest(positions int) int {
	limits := []int{positions}
	switch {
	case f.sentence.Length != nil:
		limits = append(limits, *f.sentence.Length)
	case f.tokenizer.Longest != nil && *f.tokenizer.Longest >= 3 && *f.tokenizer.Longest < float64(positions):
		limits = append(limits, int(*f.tokenizer.Longest))
	}
	return slices.Min(limits)
}

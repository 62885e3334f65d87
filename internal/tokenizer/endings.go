package tokenizer

import (
	"slices"
	"strings"

	"sdmap/internal/gguf"
)

// llama.cpp ends a generation at the tokens that the file names (EOS, and the keys below) and, since many files name too
// few, at the tokens with these texts; it takes all of them for control tokens, whatever type the file gives them.
var (
	endingKeys = []string{keyEOT, keyEOM, keyFIMPad, keyFIMRep, keyFIMSep}

	endingTexts = []string{
		"<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
		"<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>",
		"<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
		// of filling in the middle: padding, the next repository, the next file
		"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>",
		"<reponame>", "<|file_sep|>",
	}
	// controlTexts are taken for control tokens too, without ending anything.
	controlTexts = []string{
		"<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>",
		"<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>",
		"<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>",
	}
)

// readEndings finds the tokens that end a generation and corrects the types of tokens that are control tokens by their
// text. It runs after the model is built: where such a token is ordinary text to the file, merging may still make it, as
// in llama.cpp.
func (v *vocabulary) readEndings(f *gguf.File) error {
	v.endings = map[int32]bool{}
	if v.eos >= 0 {
		v.endings[v.eos] = true
	}
	for _, key := range endingKeys {
		id, err := v.readID(f, key, -1)
		if err != nil {
			return err
		}
		if id >= 0 {
			v.endings[id] = true
		}
	}
	for _, text := range endingTexts {
		if id, ok := v.ids[text]; ok {
			v.endings[id], v.types[id] = true, typeControl
		}
	}
	for _, text := range controlTexts {
		if id, ok := v.ids[text]; ok {
			v.types[id] = typeControl
		}
	}
	// A vocabulary with separate tokens for calls ends messages, not generations, at <|end|>; one with tool responses
	// has </s> for ordinary text.
	calls := v.ends("<|call|>") || v.ends("<|calls|>")
	if calls && (v.ends("<|return|>") || v.ends("<|flush|>")) {
		v.spare("<|end|>", typeUserDefined)
	}
	if v.ends("<|tool_response>") {
		v.spare("</s>", typeNormal)
	}
	return nil
}

func (v *vocabulary) ends(text string) bool {
	id, ok := v.ids[text]
	return ok && v.endings[id]
}

// spare takes the token out of the endings and gives it type t.
func (v *vocabulary) spare(text string, t tokenType) {
	if id, ok := v.ids[text]; ok {
		delete(v.endings, id)
		v.types[id] = t
	}
}

// readStripping finds out whether special tokens swallow the white space behind them, which GGUF does not say: llama.cpp
// knows it of Phi-3, by the model's name.
func (v *vocabulary) readStripping(f *gguf.File) error {
	name, err := f.StringOr("general.name", "")
	if err != nil {
		return err
	}
	name = strings.ToLower(name)
	v.stripping = strings.Contains(name, "phi-3") || strings.Contains(name, "phi3")
	return nil
}

// strips says whether the special token id swallows the white space behind it.
func (v *vocabulary) strips(id int32) bool {
	return v.stripping && !slices.Contains([]string{"<unk>", "<s>", "<|endoftext|>"}, v.tokens[id])
}

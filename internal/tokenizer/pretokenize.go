package tokenizer

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// splitter returns the length of the pre-token at the front of s, which is not empty: at least 1, at most len(s).
type splitter func(s string) int

// preTokenizers are the values of tokenizer.ggml.pre that are supported. Each is one or more stages; a stage splits
// what the stage before made. The names of one meaning are llama.cpp's.
//
// gpt-2 and llama-bpe are single regular expressions. They need look-ahead, which Go's regexp does not have, so they are
// written out by hand. default is what llama.cpp does with a file that names no pre-tokenizer.
var preTokenizers = map[string][]splitter{
	"default": {runs(isSplitMark), splitGPT2, runs(func(r rune) bool { return classOf(r) == number }), splitThreeDigits},

	"gpt-2": gpt2Stages, "phi-2": gpt2Stages, "jina-es": gpt2Stages, "jina-de": gpt2Stages, "gigachat": gpt2Stages,
	"jina-v2-es": gpt2Stages, "jina-v2-de": gpt2Stages, "a.x-4.0": gpt2Stages, "mellum": gpt2Stages,

	"llama-bpe": llama3Stages, "llama3": llama3Stages, "llama-v3": llama3Stages, "falcon3": llama3Stages,
	"falcon-h1": llama3Stages, "pixtral": llama3Stages, "midm-2.0": llama3Stages, "lfm2": llama3Stages,
}

var (
	gpt2Stages   = []splitter{splitGPT2}
	llama3Stages = []splitter{splitLlama3}
)

// isLlama3 says whether pre names Llama 3's tokenizer, which also starts texts with BOS and keeps known words whole.
func isLlama3(pre string) bool {
	stages := preTokenizers[pre]
	return len(stages) > 0 && &stages[0] == &llama3Stages[0]
}

func supportedPre() string { return strings.Join(slices.Sorted(maps.Keys(preTokenizers)), ", ") }

// split calls emit with the pre-tokens of text in order; together they are text.
func split(text string, stages []splitter, emit func(word string)) {
	if len(stages) == 0 {
		emit(text)
		return
	}
	for len(text) > 0 {
		n := stages[0](text)
		split(text[:n], stages[1:], emit)
		text = text[n:]
	}
}

// splitGPT2 matches GPT-2's expression, alternative by alternative:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func splitGPT2(s string) int {
	if n := contraction(s, false); n > 0 {
		return n
	}
	lead := 0
	if s[0] == ' ' {
		lead = 1
	}
	if class, _ := front(s[lead:]); class == letter || class == number || class == other {
		return lead + run(s[lead:], class)
	}
	return whitespace(s)
}

// splitLlama3 matches Llama 3's expression, alternative by alternative:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func splitLlama3(s string) int {
	if n := contraction(s, true); n > 0 {
		return n
	}
	class, size := front(s)
	if class == letter {
		return run(s, letter)
	}
	if class == number {
		return upTo(3, s, number)
	}
	if next, _ := front(s[size:]); next == letter && s[0] != '\r' && s[0] != '\n' {
		return size + run(s[size:], letter)
	}
	lead := 0
	if s[0] == ' ' {
		lead = 1
	}
	if class, _ := front(s[lead:]); class == other {
		n := lead + run(s[lead:], other)
		return n + len(s[n:]) - len(strings.TrimLeft(s[n:], "\r\n"))
	}
	blank := s[:run(s, space)]
	if newline := strings.LastIndexAny(blank, "\r\n"); newline >= 0 {
		return newline + 1
	}
	return whitespace(s)
}

// whitespace matches \s+(?!\S)|\s+ where s begins with white space: all of it at the end of s, else all but its last
// character, which goes with the word behind it, unless it is the only one.
func whitespace(s string) int {
	n := run(s, space)
	if n == len(s) {
		return n
	}
	_, last := utf8.DecodeLastRuneInString(s[:n])
	if last == n {
		return n
	}
	return n - last
}

// contraction matches 's|'t|'re|'ve|'m|'ll|'d, with fold in any case; 0 is no match. The long s, U+017F, is an s under
// Unicode's case folding.
func contraction(s string, fold bool) int {
	if s[0] != '\'' {
		return 0
	}
	for _, suffix := range [...]string{"s", "t", "re", "ve", "m", "ll", "d"} {
		if n := len(suffix); len(s) > n && (s[1:1+n] == suffix || fold && strings.EqualFold(s[1:1+n], suffix)) {
			return 1 + n
		}
	}
	if fold && strings.HasPrefix(s[1:], "\u017F") {
		return 1 + len("\u017F")
	}
	return 0
}

// isSplitMark is llama.cpp's [\p{P}\$\+<=>\^~\|].
func isSplitMark(r rune) bool { return isPunctuation(r) || strings.ContainsRune("$+<=>^~|", r) }

// runs makes a splitter that separates the runs of the characters that in accepts from those of the others.
func runs(in func(rune) bool) splitter {
	return func(s string) int {
		first, _ := utf8.DecodeRuneInString(s)
		accepted := in(first)
		if end := strings.IndexFunc(s, func(r rune) bool { return in(r) != accepted }); end >= 0 {
			return end
		}
		return len(s)
	}
}

// splitThreeDigits matches [0-9][0-9][0-9] or what lies before the next such match.
func splitThreeDigits(s string) int {
	digits := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			digits = 0
			continue
		}
		if digits++; digits < 3 {
			continue
		}
		if i == 2 {
			return 3
		}
		return i - 2
	}
	return len(s)
}

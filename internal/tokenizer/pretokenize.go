package tokenizer

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// splitter returns the length of the pre-token at the front of s, which is not empty: at least 1, at most len(s).
type splitter func(s string) int

// preTokenizer is one way to split text, and what a file that names it implies.
type preTokenizer struct {
	stages     []splitter // each splits what the one before made
	wholeWords bool       // a pre-token that is a token stays whole, whatever the merges say (ignore_merges)
	addBOS     bool       // texts begin with BOS unless the file says otherwise
}

// preTokenizers are the values of tokenizer.ggml.pre that are supported: for each way to split, llama.cpp's names of it.
//
// Where llama.cpp and the library that a model was trained with differ, llama.cpp is followed, since that is what the
// file's users run: no contraction with the long s (U+017F), in gpt-4o and tekken words by the case of a-z alone and
// without marks. default is what llama.cpp does with a file that names no pre-tokenizer.
var preTokenizers = func() map[string]preTokenizer {
	table := map[string]preTokenizer{}
	put := func(p preTokenizer, names ...string) {
		for _, name := range names {
			table[name] = p
		}
	}
	one := func(s splitter) preTokenizer { return preTokenizer{stages: []splitter{s}} }
	put(preTokenizer{stages: []splitter{runs(isSplitMark), splitGPT2, runs(isNumber), splitThreeDigits}}, "default")
	put(one(splitGPT2), "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum",
		"mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4")
	put(preTokenizer{stages: []splitter{singles(isNumber), splitGPT2}}, "smollm", "starcoder", "refact", "command-r",
		"codeshell", "exaone", "minerva-7b", "mellum2")
	put(preTokenizer{stages: []splitter{llama3Words.split}, wholeWords: true, addBOS: true}, "llama-bpe", "llama3", "llama-v3",
		"falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2")
	put(one(llama3Words.split), "dbrx", "smaug-bpe", "glm4", "chatglm-bpe")
	put(one(qwen2Words.split), "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open",
		"grok-2")
	put(one(qwen35Words.split), "qwen35")
	put(one(gpt4oWords.split), "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2")
	put(preTokenizer{stages: []splitter{tekkenWords.split}, wholeWords: true, addBOS: true}, "tekken")
	put(preTokenizer{stages: deepseekStages}, "deepseek-llm")
	return table
}()

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

// contraction matches 's|'t|'re|'ve|'m|'ll|'d, with fold also in capitals; 0 is no match.
func contraction(s string, fold bool) int {
	if s[0] != '\'' {
		return 0
	}
	for _, suffix := range [...]string{"s", "t", "re", "ve", "m", "ll", "d"} {
		n := len(suffix)
		if len(s) > n && (s[1:1+n] == suffix || fold && lowerASCII(s[1:1+n]) == suffix) {
			return 1 + n
		}
	}
	return 0
}

// lowerASCII is the small form of A to Z only: U+017F and U+212A, which fold to s and k, stay.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if isCapital(r) {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func isNumber(r rune) bool { return classOf(r) == number }

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

// singles makes a splitter that separates each character that in accepts from all else.
func singles(in func(rune) bool) splitter {
	return func(s string) int {
		if first, size := utf8.DecodeRuneInString(s); in(first) {
			return size
		}
		if end := strings.IndexFunc(s, in); end >= 0 {
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

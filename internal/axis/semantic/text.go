package semantic

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"sdmap/internal/benchmark"
)

// What stands for an item.
const (
	TextQuestion = "question" // the rendered prompt without solved examples
	TextChoices  = "choices"  // and every choice, one a line
	TextAnswer   = "answer"   // and the right choice or the reference
)

// Text is the text by which an item is embedded. An unknown kind, or an item without any text, is an error.
func Text(item benchmark.Item, kind string) (string, error) {
	text := item.Question
	switch kind {
	case TextQuestion, "":
	case TextChoices:
		text = strings.Join(append([]string{item.Question}, item.Choices...), "\n")
	case TextAnswer:
		answer := item.Reference
		if item.Answer >= 0 && item.Answer < len(item.Choices) {
			answer = item.Choices[item.Answer]
		}
		text = item.Question + item.Delimiter + answer
	default:
		return "", fmt.Errorf("text %q is none of question, choices, answer", kind)
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("item %s (line %d) has no text to embed", item.ID, item.Line)
	}
	return text, nil
}

// texts returns the texts and ids of the first limit items (all for 0).
func texts(b *benchmark.Benchmark, kind string, limit int) (texts, ids []string, err error) {
	items := b.Items
	if limit > 0 && limit < len(items) {
		items = items[:limit]
	}
	for _, item := range items {
		t, err := Text(item, kind)
		if err != nil {
			return nil, nil, fmt.Errorf("benchmark %s: %w", b.Spec.ID, err)
		}
		texts = append(texts, t)
		ids = append(ids, item.ID)
	}
	return texts, ids, nil
}

// digest identifies a list of strings, whatever they hold.
func digest(lists ...[]string) string {
	h := sha256.New()
	for _, list := range lists {
		fmt.Fprintf(h, "%d\n", len(list))
		for _, s := range list {
			fmt.Fprintf(h, "%d\n%s", len(s), s)
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// words cuts text into lower-cased runs of letters and digits and, because sums and comparisons are written with them,
// runs of other visible characters.
func words(text string) []string { return runs(strings.ToLower(text)) }

// runs are words as they are written.
func runs(text string) []string {
	var out []string
	var run strings.Builder
	last := 0
	for _, r := range text {
		class := 2
		switch {
		case unicode.IsSpace(r):
			class = 0
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			class = 1
		}
		if class != last && run.Len() > 0 {
			out = append(out, run.String())
			run.Reset()
		}
		if class != 0 {
			run.WriteRune(r)
		}
		last = class
	}
	if run.Len() > 0 {
		out = append(out, run.String())
	}
	return out
}

// short is a digest to tell texts apart by.
func short(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:8])
}

func shorts(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = short(t)
	}
	return out
}

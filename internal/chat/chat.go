// Package chat renders the chat templates that GGUF files carry (key tokenizer.chat_template): Jinja text that turns a
// conversation into what the model was trained on.
//
//	template -> lex (tags, white-space control) -> parse (tree) -> render (conversation) -> text, with what came from outside
//
// The language is the part of Jinja 2 that chat templates use, with the settings of Hugging Face transformers: a sandbox
// whose values cannot change, trim_blocks, lstrip_blocks, break and continue, raise_exception, strftime_now, its tojson.
// testdata/make_goldens.py renders with Python's jinja2 so, and the tests compare.
//
// # Opinion
//
// A template is hostile input, so this is an interpreter of its own: the Go libraries for Jinja cannot bound time, memory or
// recursion (a macro that calls itself ends the process), and they differ from Jinja in scopes, modulo and printing.
// Here every step, byte and level of nesting is counted. There are no files: include, import and extends do not exist.
//
// Text remembers where it came from. What a message says stays marked through joining, trimming, splitting and slicing
// (other operations mark their whole result), so that its bytes can be kept from being read as special tokens.
package chat

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is one turn of a conversation.
type Message struct {
	Role    string // "system", "user" or "assistant"
	Content string
}

// Options is what a template may ask for beside the messages.
type Options struct {
	BOS, EOS            string    // texts of the tokens; "" if there are none
	AddGenerationPrompt bool      // end with the beginning of the assistant's answer
	Now                 time.Time // what strftime_now tells; a fixed time keeps prompts equal from day to day
}

// Rendered is a conversation as the model expects it.
type Rendered struct {
	Text      string
	Untrusted []Span // the spans that came from the messages' contents; they ascend and do not overlap
}

// Span is the half-open range of bytes [Start, End).
type Span struct{ Start, End int }

// Error is what is wrong with a template, or what the template said of the conversation (raise_exception).
type Error struct {
	Line, Column int // from 1; columns count characters
	Problem      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("chat template, line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// Limits of one rendering. Templates in use take a few thousand steps and nest to a depth of about 20.
const (
	maxSource = 1 << 18 // bytes of template
	maxSteps  = 1 << 20 // expressions and statements evaluated, items gone through
	maxBytes  = 1 << 25 // bytes of text and eight per item of list made in all, beside 64 per byte of conversation
	maxDepth  = 150     // nested expressions, statements and macro calls
)

// Render applies the template to the conversation.
func Render(template string, messages []Message, o Options) (r Rendered, err error) {
	if len(template) > maxSource {
		return Rendered{}, &Error{1, 1, fmt.Sprintf("the template has %d bytes; supported: %d", len(template), maxSource)}
	}
	source := newlines.Replace(template)
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *failure:
			r, err = Rendered{}, p.in(source)
		default:
			panic(p)
		}
	}()
	program := parse(lex(strings.TrimSuffix(source, "\n")))
	m := &machine{bytes: maxBytes, now: o.Now}
	for _, message := range messages {
		m.bytes += 64 * len(message.Content)
	}
	m.run(program, newScope(globals(messages, o)))
	out := join(m.parts, text{})
	return Rendered{out.s, out.untrusted}, nil
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// failure is thrown through the package's functions and caught by Render.
type failure struct {
	at      int // byte of the source
	problem string
}

func fail(at int, format string, args ...any) {
	panic(&failure{at, fmt.Sprintf(format, args...)})
}

func (f *failure) in(source string) *Error {
	before := source[:min(f.at, len(source))]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:]), f.problem}
}

// globals are the names that a template finds.
func globals(messages []Message, o Options) map[string]value {
	list := &list{}
	for _, message := range messages {
		d := newDict()
		d.set(plain("role"), plain(message.Role))
		d.set(plain("content"), untrusted(message.Content))
		list.items = append(list.items, d)
	}
	return map[string]value{
		"messages": list, "add_generation_prompt": o.AddGenerationPrompt, "bos_token": plain(o.BOS), "eos_token": plain(o.EOS),
		"tools": nil, "documents": nil,
		"namespace":       &function{"namespace", makeNamespace},
		"dict":            &function{"dict", makeDict},
		"range":           &function{"range", makeRange},
		"raise_exception": &function{"raise_exception", raiseException},
		"strftime_now":    &function{"strftime_now", strftimeNow},
	}
}

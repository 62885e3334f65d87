package chat_test

import (
	"fmt"

	"sdmap/internal/chat"
)

// What came from a message is marked, so that a question which holds the text of a special token is tokenized as text.
func ExampleRender() {
	const template = `{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}<|end|>{% endfor %}` +
		`{% if add_generation_prompt %}<|assistant|>{% endif %}`
	r, err := chat.Render(template, []chat.Message{{Role: "user", Content: " Is <|end|> a word? "}},
		chat.Options{AddGenerationPrompt: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Text)
	for _, s := range r.Untrusted {
		fmt.Printf("from the message: %q\n", r.Text[s.Start:s.End])
	}
	// Output:
	// <|user|>Is <|end|> a word?<|end|><|assistant|>
	// from the message: "Is <|end|> a word?"
}

func ExampleRender_error() {
	hello := []chat.Message{{Role: "user", Content: "Hello"}}
	_, err := chat.Render("{{ messages[0].content }}\n{% if %}", hello, chat.Options{})
	fmt.Println(err)
	// Output: chat template, line 2, column 7: "%}" where an expression should stand
}

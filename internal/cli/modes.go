package cli

import (
	"strings"

	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// modeRow is a mode in words: texts, chat templates, choices, perplexity, neural measures, embeddings.
func modeRow(m llm.Mode) []string {
	scores := m.Score && m.Tokenize
	choices := either(scores, "log-probability", either(m.Choose, "first letter", "no"))
	neural, embeddings := study.Offered(study.NeuralMeasures, m.Capabilities), study.Offered(study.Embeddings, m.Capabilities)
	if !m.Generate && !m.Score { // an embedder, which the neural axis does not look into
		neural = nil
	}
	return []string{m.Backend, m.Text(plainly), either(m.Generate, "yes", "no"),
		either(m.ChatChoices, "yes", either(m.Chat, "texts", "no")), choices, either(scores, "yes", "no"),
		either(len(neural) == len(study.NeuralMeasures), "all measures", listOrNo(neural)), listOrNo(embeddings), m.Pinned}
}

func listOrNo(names []string) string { return either(len(names) > 0, strings.Join(names, ", "), "no") }

func plainly(typed string) string { return typed }

var modeColumns = []string{"backend", "how", "texts", "chat", "choices", "perplexity", "neural", "embeddings", "pinned by"}

// backendTable is the table of modes in Markdown, as the README has it.
func backendTable(modes []llm.Mode) string {
	var b strings.Builder
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(modeColumns)
	b.WriteString(strings.Repeat("|---", len(modeColumns)) + "|\n")
	for _, m := range modes {
		cells := modeRow(m)
		cells[1] = m.Text(func(typed string) string { return "`" + typed + "`" })
		row(cells)
	}
	return b.String()
}

// backendsHelp says the same in a terminal.
func backendsHelp(modes []llm.Mode) string {
	var b strings.Builder
	b.WriteString("What each backend can and cannot give:\n")
	for _, m := range modes {
		cells := modeRow(m)
		b.WriteString("\n" + cells[0] + ", " + cells[1] + "\n")
		for i, what := range modeColumns[2:] {
			b.WriteString("  " + what + strings.Repeat(" ", 12-len(what)) + cells[i+2] + "\n")
		}
	}
	b.WriteString(`
chat             chat = true, for models that have a chat template; texts: in benchmarks with task generate only
log-probability  the log-probabilities of a choice's words, exact
first letter     which letter the model would begin its answer with: another measurement, labelled so
neural           what it may name as measures in [axes.neural]; embeddings: in [axes.semantic]; sdmap help study says what each is

Where a model's file is on this machine, imatrix = "run" in [axes.neural] has llama-imatrix measure energy of what llama.cpp runs.

sdmap doctor STUDY says what the models of a study give, with measured error and speed.`)
	return b.String()
}

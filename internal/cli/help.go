package cli

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sdmap/internal/study"
)

const rootHelp = `sdmap relates benchmarks of language models on four axes (performance, perplexity,
semantics, neural representation), shows where the axes agree and part, and writes a report:
one self-contained HTML page, Markdown and JSON.

A study is a TOML file. Everything that is computed for it is kept in a store outside the tree, so that
a second run computes nothing and an interrupted one goes on where it was.

STUDY is a study file, or the folder that holds study.toml.`

const exitHelp = `Exit codes:

    0  ok
    1  failure
    2  the command line is wrong
    3  the study, or a file that it names, is invalid
    4  partial: some of it could not be computed, and the report says what; or a model's answers cannot be
       trusted, and nothing is reported
    5  a server is unreachable; the same command goes on once it is back
  130  interrupted; the same command goes on from there

stdout is data, stderr is conversation.`

const environmentHelp = `Environment variables:

  SDMAP_CACHE   folder of the store; default: sdmap in the user's cache folder; -cache overrides it
  SDMAP_MIRROR  folder of files by their SHA-256 (made by sdmap mirror), in place of the network
  HF_TOKEN      key of the Hugging Face Hub, sent to huggingface.co and nowhere else
  NO_COLOR      no colours on a terminal
  GOMAXPROCS    processors to use; -j overrides it`

// topics are pages of help that are no commands.
func (a *app) topics() []*cobra.Command {
	page := func(name, short, long string) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Long: long}
	}
	return []*cobra.Command{
		page("study", "All options of a study file; of one table: sdmap help study results", studyHelp(a.backends.Format())),
		page("layouts", "Published forms of rows, each a name for keys", layoutsHelp()),
		page("backends", "What answers for models, and what each can give", backendsHelp(a.backends.Modes())),
		page("exit-codes", "What exit codes mean", exitHelp),
		page("environment", "Environment variables", environmentHelp),
	}
}

// helpFor lets help say what it has no page for, and print one table of a study file: sdmap help study results.
func (a *app) helpFor(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Run, c.RunE = nil, a.help
		}
	}
}

// init gives templates their function: cobra has one table of them for the program.
func init() { cobra.AddTemplateFunc("plainSwitches", plainSwitches) }

// plainSwitches takes from a list of flags the "[=true|false]" behind each switch, which nobody writes; columns stay aligned.
func plainSwitches(usages string) string {
	const values = "[=true|false]"
	return strings.ReplaceAll(usages, values, strings.Repeat(" ", len(values)))
}

// plainUsage has usage texts list flags so.
func plainUsage(root *cobra.Command) {
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages |", "FlagUsages | plainSwitches |"))
}

func (a *app) help(help *cobra.Command, args []string) error {
	page, rest, _ := help.Root().Find(args)
	switch {
	case page == help.Root() && len(args) > 0:
		return fmt.Errorf("no help on %q; sdmap help lists what there is, sdmap help study the keys of a study file", args[0])
	case page.Name() == "study" && len(rest) > 0:
		text := tablesHelp(a.backends.Format(), strings.Trim(rest[0], "[]"))
		if text == "" {
			return fmt.Errorf("a study file has no table %q; sdmap help study lists all", rest[0])
		}
		fmt.Fprintln(a.Stdout, text)
		return nil
	}
	return page.Help()
}

// tablesHelp prints the options of one table, and of those within it.
func tablesHelp(f *study.Format, name string) string {
	var out []string
	for part := range strings.SplitSeq(studyHelp(f), "\n\n") {
		head, _, _ := strings.Cut(strings.TrimLeft(part, "["), "]")
		if head == name || strings.HasPrefix(head, name+".") {
			out = append(out, part)
		}
	}
	return strings.Join(out, "\n\n")
}

// studyHelp prints the options that validate studies, so that the two cannot differ.
func studyHelp(f *study.Format) string {
	var tables []string
	keys := map[string][]study.Option{}
	for _, o := range f.Options() {
		if o.Kind == study.Table || o.Kind == study.Tables {
			continue // the heading of its keys
		}
		t := o.Table()
		if keys[t] == nil {
			tables = append(tables, t)
		}
		keys[t] = append(keys[t], o)
	}
	var b strings.Builder
	b.WriteString("All options of a study file. Paths are relative to the study's folder and stay inside it.\n")
	for _, t := range tables {
		b.WriteString("\n" + heading(f, t) + "\n")
		for _, o := range keys[t] {
			writeOption(&b, o)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// layoutsHelp writes out what each layout stands for.
func layoutsHelp() string {
	var b strings.Builder
	b.WriteString("Values of layout in [[benchmarks]], and the keys that each stands for. A key in the table counts in place\n" +
		"of the layout's.\n")
	for _, l := range study.Layouts {
		fmt.Fprintf(&b, "\n%s  %s\n", l.Name, l.Of)
		for line := range strings.Lines(l.TOML()) {
			b.WriteString("  " + line)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func writeOption(b *strings.Builder, o study.Option) {
	line := func(text string) { fmt.Fprintf(b, "%17s%s\n", "", text) }
	fmt.Fprintf(b, "  %-14s %s", o.Name(), o.Kind)
	if d := o.DefaultText(); o.Required {
		b.WriteString(", required")
	} else if d != "" {
		b.WriteString("; default: " + d)
	}
	b.WriteString("\n")
	if len(o.Allowed) > 0 {
		line("one of " + strings.Join(o.Allowed, ", "))
	}
	switch {
	case o.Max >= noLimit && o.Min > 0:
		line("at least " + plainNumber(o.Min))
	case o.Max > 0 && o.Max < noLimit:
		line("from " + plainNumber(o.Min) + " to " + plainNumber(o.Max))
	}
	line(o.Doc)
}

// noLimit is where an upper bound only guards against overflow.
const noLimit = 1e6

func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// heading writes a table as it stands in the file.
func heading(f *study.Format, table string) string {
	if table == "" {
		return "At the top"
	}
	for _, o := range f.Options() {
		if o.Key == table && o.Kind == study.Tables {
			return "[[" + table + "]]  " + o.Doc
		}
		if o.Key == table {
			return "[" + table + "]  " + o.Doc
		}
	}
	return "[" + table + "]"
}

func (a *app) versionCmd() *cobra.Command {
	c := &cobra.Command{
		Use:     "version [-json]",
		Short:   "Print the version",
		Example: "  sdmap version\n  sdmap version -json",
		Args:    cobra.NoArgs,
	}
	a.jsonFlag(c.Flags())
	return a.command(c, func(context.Context, []string) error {
		if !a.json {
			fmt.Fprintln(a.Stdout, a.versionLine())
			return nil
		}
		return a.printJSON(map[string]string{"version": a.Version, "revision": a.Revision, "go": runtime.Version(),
			"os": runtime.GOOS, "arch": runtime.GOARCH})
	})
}

func (a *app) versionLine() string {
	built := fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if a.Revision != "" {
		built = fmt.Sprintf("revision %.12s, %s", a.Revision, built)
	}
	return fmt.Sprintf("sdmap %s (%s)", a.Version, built)
}

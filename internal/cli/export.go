package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sdmap/internal/export"
	"sdmap/internal/outdir"
	"sdmap/internal/session"
	"sdmap/internal/wording"
)

// exporting are the flags of export.
type exporting struct {
	to, texts, format string
	sel               export.Selection
	gzip              bool
}

func (a *app) exportCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "export [-format LIST] [-texts all|none] [-benchmark ID] [-model ID] [-gzip] [-json] -to DIR STUDY",
		Short: "Write every item and answer: JSON Lines, Parquet, Every Eval Ever",
		Long: `Write what models were asked and what they answered, a row for each item and model: prompt, choices, their
log-probabilities, the choice, generated and extracted text, score, and the key of the stored action behind it.

    answers.jsonl     a line of JSON each; with -gzip answers.jsonl.gz
    answers.parquet   the same columns
    every_eval_ever/  records of Every Eval Ever 0.3.0 as its store of data has them: data/.../UUID.json has a
                      model's scores, UUID_samples.jsonl its answers
    export.json       what each column means, what the models are, and what is not in the store

Nothing is asked and nothing computed: what the store lacks is counted, and the exit code is 4. An item that a
model could not take has a row with the reason and no score. Equal answers give equal bytes. The folder may
hold other files; what an earlier export wrote there is replaced, as sdmap.sha256 lists it. Of a study whose
report shows no texts of items (items = "ids" in [report]) none are written, unless -texts all asks for them.`,
		Example: "  sdmap export -to answers studies/planted\n" +
			"  sdmap export -to answers -format parquet -benchmark \"sum.*\" -model m01,m02 studies/planted\n" +
			"  sdmap export -to answers -texts none -gzip studies/planted",
		Args: cobra.ExactArgs(1),
	}
	o := exporting{}
	f := c.Flags()
	f.StringVar(&o.to, "to", "", "`folder` of the export")
	f.StringVar(&o.format, "format", strings.Join(export.Formats(), ","), "what is written")
	f.StringVar(&o.texts, "texts", "", "all, or none: item texts and replies stay out, ids and digests stand for them (default "+
		"all; none where [report] has items = \"ids\")")
	f.StringSliceVar(&o.sel.Benchmarks, "benchmark", nil, "only these, by id or pattern: \"sum.*\"; may be given again "+
		"(default all)")
	f.StringSliceVar(&o.sel.Models, "model", nil, "only these, as -benchmark")
	f.BoolVar(&o.gzip, "gzip", false, "pack answers.jsonl")
	a.jsonFlag(f)
	return a.command(c, func(ctx context.Context, args []string) error { return a.export(ctx, args[0], o) })
}

// options checks the flags.
func (o exporting) options() (out export.Options, err error) {
	if o.to == "" {
		return out, usage("name the folder of the export: -to DIR")
	}
	for _, name := range strings.Split(o.format, ",") {
		if name = strings.TrimSpace(name); !slices.Contains(export.Formats(), name) {
			return out, usage("-format is %q; it takes %s", o.format, wording.Or(export.Formats()))
		}
		if !slices.Contains(out.Formats, name) {
			out.Formats = append(out.Formats, name)
		}
	}
	if !slices.Contains([]string{"", "all", "none"}, o.texts) {
		return out, usage("-texts is %q; it takes all or none", o.texts)
	}
	if o.gzip && !slices.Contains(out.Formats, export.JSONL) {
		return out, usage("-gzip packs answers.jsonl, which -format leaves out")
	}
	slices.Sort(out.Formats)
	out.Texts, out.Gzip = o.texts == "all", o.gzip
	return out, nil
}

func (a *app) export(ctx context.Context, file string, o exporting) error {
	begun := a.Now()
	options, err := o.options()
	if err != nil {
		return err
	}
	answers, shut, err := a.answers(ctx, file, o.sel)
	if err != nil {
		return err
	}
	defer shut()
	if o.texts == "" {
		options.Texts = !answers.Study.Report.OnlyIDs
	}
	there, all := answers.Count()
	if there == 0 {
		return fmt.Errorf("none of %s is in the store, and nothing was written; sdmap run asks for them",
			wording.Count(all, "answer"))
	}
	p := a.newProgress()
	options.Progress = func(done, total int) { p.count("written", done, total) }
	a.keeping.Store(true)
	err = answers.Write(ctx, outdir.Folder{Path: o.to, Say: a.say}, options)
	if err != nil && errors.Is(err, ctx.Err()) {
		return session.Error{Kind: session.Interrupted, Err: errors.New("interrupted; the folder is as it was")}
	}
	if err != nil {
		return err
	}
	return a.exported(answers, o.to, there, all, a.Now().Sub(begun))
}

// answers opens a study and finds its answers in the store.
func (a *app) answers(ctx context.Context, file string, sel export.Selection) (*export.Answers, func() error, error) {
	store, err := a.openStore()
	if err != nil {
		return nil, nil, err
	}
	l, err := a.world(store).ReadAndOpen(ctx, file, true)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	shut := func() error { return errors.Join(l.Close(), store.Close()) }
	p := a.newProgress()
	answers, err := l.Answers(sel, func(done, total int) { p.count("read", done, total) })
	if err != nil {
		err = errors.Join(selected(err), shut())
	}
	return answers, shut, err
}

// selected is the error of a command line that names what the study does not have, where it is that.
func selected(err error) error {
	u, is := errors.AsType[export.Unknown](err)
	if !is {
		return err
	}
	const most = 20
	known := u.Known
	if len(known) > most {
		known = append(slices.Clone(known[:most]), "...")
	}
	return usage("%v; it has %s", u, strings.Join(known, ", "))
}

// exportedJSON is an export as data.
type exportedJSON struct {
	Folder   string          `json:"folder"`
	Answers  int             `json:"answers"`
	Selected int             `json:"selected"`
	Missing  []export.Absent `json:"not_in_the_store"`
	Seconds  float64         `json:"seconds"`
}

func (a *app) exported(answers *export.Answers, folder string, there, all int, took time.Duration) error {
	a.say("%s of %s written (%s).", wording.Group(there), wording.Count(all, "answer"), durationText(took))
	if a.json {
		out := exportedJSON{folder, there, all, answers.Absent(), took.Seconds()}
		if err := a.printJSON(out); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(a.Stdout, folder)
	}
	return a.missing(there, all)
}

// missing is the error of answers that the store lacks.
func (a *app) missing(there, all int) error {
	if there == all {
		return nil
	}
	return coded{exitPartial, fmt.Errorf("%s of %s are not in the store: sdmap run asks for them", wording.Group(all-there),
		wording.Count(all, "answer"))}
}

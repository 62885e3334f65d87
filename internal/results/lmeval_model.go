package results

import (
	"cmp"
	"slices"
	"strings"
)

// model finds the model's name in the arguments of logs that do not give it otherwise, and what else the whole run has in common.
func (l *lmEvalLog) model() error {
	return object(l.r, func(name string) (err error) {
		switch name {
		case "model":
			l.args["kind"], err = l.r.Text(longestName)
		case "model_revision":
			l.args[name], err = l.r.Text(longestName)
		case "model_args":
			return l.arguments()
		case "limit", "gen_kwargs":
			var v string
			v, err = l.r.Text(longestName)
			l.all = append(l.all, Setting{name, cmp.Or(v, "none")})
		}
		return err
	})
}

// arguments reads those of the model, which are an object or a text.
func (l *lmEvalLog) arguments() error {
	if l.r.Next() == '{' {
		return object(l.r, func(arg string) (err error) {
			if slices.Contains(namingArgs, arg) {
				l.args[arg], err = l.r.Text(longestName)
			}
			return err
		})
	}
	args, err := l.r.Text(longestText)
	for arg := range strings.SplitSeq(args, ",") {
		if k, v, _ := strings.Cut(arg, "="); slices.Contains(namingArgs, k) {
			l.args[k] = v
		}
	}
	return err
}

// namingArgs are the arguments that say which weights answer. The first two name the model; those behind them tell checkpoints,
// adapters and compressed copies from it, which answer otherwise under the same name.
var namingArgs = []string{"pretrained", "model", "revision", "subfolder", "gguf_file", "peft", "delta", "load_in_8bit",
	"load_in_4bit"}

// modelName is the model's, with its revision behind @ and what else is laid on its weights behind +.
func (l *lmEvalLog) modelName() string {
	name := cmp.Or(l.common.Model, l.args["pretrained"], l.args["model"], l.args["kind"])
	if name == "" {
		return ""
	}
	if rev := cmp.Or(l.args["revision"], l.args["model_revision"]); rev != "" && rev != "main" {
		name += "@" + rev
	}
	for _, arg := range namingArgs[3:] {
		switch v := l.args[arg]; strings.ToLower(v) {
		case "", "false", "none":
		case "true":
			name += "+" + strings.TrimPrefix(arg, "load_in_")
		default:
			name += "+" + v
		}
	}
	return name
}

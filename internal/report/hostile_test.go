package report_test

import (
	"hash/fnv"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/report"
)

// leads begin hostile texts: what a text begins with decides what spreadsheets, Markdown and terminals make of it.
var leads = []string{"=cmd|' /C calc'!A0", "\x1b[31m", "<script>alert(1)</script>", "\n\n# h\n\n- ", "    ", "{", "```\n",
	"](javascript:alert(1))", "\xff\xfe", "@fig-map ", "1. ", ";-1+1"}

// middle is in every hostile text: what acts in some document, or in several.
const middle = "\x00\x07\t\r\x7f\u0085\u009b2J\u200b\u2028\u202e\u2066\ufeff\ufdd0\uffff\xc3 \"><img src=x onerror=alert(1)> " +
	"</text></script><!-- ]]> --> [x](javascript:alert(1)) " +
	"![x](data:text/html,x) <javascript:x> www.example.org https://example.org a@b.c ; =1+1 a|b `c` **d** $e$ {{ /n/models }} " +
	"{{.Title}} [@wu2025] &#27;&lt; \\ } %"

// hostileTo makes a text hostile. Different texts stay different.
func hostileTo(lead string) func(string) string {
	return func(s string) string { return lead + middle + s }
}

// anywhere makes texts hostile by different leads.
func anywhere(s string) string {
	h := fnv.New32a()
	h.Write([]byte(s))
	return hostileTo(leads[int(h.Sum32()%uint32(len(leads)))])(s)
}

// ours are texts that the program chooses and not its inputs; some of them say where something belongs.
func ours() map[string]bool {
	out := map[string]bool{}
	list := slices.Concat(axis.Names(), []string{analysis.OverlapWithoutKinship, analysis.KinshipWithoutOverlap,
		analysis.LikenessWithoutKinship,
		analysis.KindGeneral, analysis.KindAlarm, analysis.KindDisagreement, analysis.KindOutlier, analysis.KindAgreement,
		analysis.KindRecovered, analysis.KindNoFlags,
		"performance.gfree", "raw", "gfree", "skill", "power", "choice", "generate", "performance/replies", "acc", "good",
		"hidden", "hidden:m12", "tfidf",
		"copy", "copy.noise", "copy.crossfit", "copy.noise.crossfit", "agreement.spearman", "ceiling.lower.spearman",
		"ceiling.upper.spearman", "reliability", "share", "delta", "topthree", "adjusted", "performance.gfree"})
	for _, s := range list {
		out[s] = true
	}
	return out
}

// poisoned copies a value with every text in it, however deep, made hostile: also the texts of fields that are added one day.
type poisoned struct {
	make  func(string) string
	empty bool // texts that are not there are made up
	keep  map[string]bool
	seen  map[any]reflect.Value
	texts int
}

func (p *poisoned) text(s string) string {
	if p.keep[s] || s == "" && !p.empty {
		return s
	}
	p.texts++
	return p.make(s)
}

func (p *poisoned) copy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(p.text(v.String()))
	case reflect.Pointer:
		if v.IsNil() {
			return out
		}
		if done, ok := p.seen[v.Interface()]; ok {
			return done
		}
		out.Set(reflect.New(v.Type().Elem()))
		p.seen[v.Interface()] = out
		out.Elem().Set(p.copy(v.Elem()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(p.copy(v.Field(i)))
			}
		}
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return out
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(p.copy(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			return out
		}
		out.Set(reflect.MakeMap(v.Type()))
		for at := v.MapRange(); at.Next(); {
			out.SetMapIndex(p.copy(at.Key()), p.copy(at.Value()))
		}
	}
	return out
}

// poison makes every text of in hostile.
func poison(t *testing.T, in report.Input, make func(string) string, empty bool) report.Input {
	t.Helper()
	p := &poisoned{make: make, empty: empty, keep: ours(), seen: map[any]reflect.Value{}}
	out := p.copy(reflect.ValueOf(in)).Interface().(report.Input)
	if p.texts < 500 {
		t.Fatalf("only %d texts were made hostile", p.texts)
	}
	return out
}

// everything is full with all that is said when things are otherwise: axes absent, servers that drift, choices by letter.
func everything() report.Input {
	in := full()
	a := in.Analysis
	a.Absent = []analysis.Absent{{Axis: axis.Neural, Reason: "no states"}, {Benchmark: "sum.eq", Reason: "no items"},
		{Axis: axis.Semantic, Benchmark: "max.of", Reason: "too few"}}
	a.Warnings, a.OrderedBy, a.Map.Warnings = []string{"compared loosely"}, "raw overlap", []string{"flat"}
	a.Pairs[3].Blocked, a.Recovery.Notes = "an alarm", []string{"a note"}
	outlier, none, recovered := findings(a)[3], findings(a)[0], findings(a)[4]
	outlier.ID, outlier.Kind = "finding-outlier", analysis.KindOutlier
	none.ID, none.Kind = "finding-none", analysis.KindNoFlags
	recovered.ID, recovered.Kind, recovered.Numbers[0].Name = "finding-recovered", analysis.KindRecovered, "semantic.tfidf"
	a.Findings = append(a.Findings, outlier, none, recovered)
	for i := range a.Findings {
		a.Findings[i].Wording = &analysis.Witnesses{Encoder: "m01"}
		a.Findings[i].Shared = []analysis.Shared{{A: axis.Semantic, B: axis.Neural, Models: []string{"m01", "m02"}}}
		a.Findings[i].Universes = &analysis.Universes{Of: 12, Held: 5, Kills: []string{"raw", "words", "states", "m01"}}
	}
	a.Agreement[0].Shared = []string{"m01"}
	addExplained(a)
	a.Findings[1].Others = [][]string{{"copy.a", "flip.b"}, {"max.of", "logic.c"}}
	in.Alarms = []axis.Alarm{{Kind: "drift", Other: "m01", Text: "The server said something else.", Advice: "Ask again.",
		Blocks: true}}
	in.Models[0].Engine, in.Models[0].Route, in.Models[1].Unpinned = "llama.cpp", "a server", true
	in.Embedders = []report.Model{{ID: "bert", Path: "bert.gguf", Engine: "embedded", Digest: "sha256:00", Unpinned: true}}
	t := in.Scores
	for range t.Benchmarks {
		t.ByLetter, t.Unseen = append(t.ByLetter, make([]bool, len(t.Models))), append(t.Unseen, make([]int, len(t.Models)))
	}
	t.ByLetter[0][0], t.Unseen[0][0] = true, 1
	return in
}

// TestHostileTextInEveryField makes every text that a report is built from hostile, whether a study could hold it or not, and
// looks at every file that comes of it.
func TestHostileTextInEveryField(t *testing.T) {
	plain := documents(t, build(t, everything()))
	for _, lead := range leads {
		t.Run(lead[:min(8, len(lead))], func(t *testing.T) {
			t.Parallel()
			docs := documents(t, build(t, poison(t, everything(), hostileTo(lead), false)))
			docs.check(t)
			docs.compare(t, plain)
		})
	}
	t.Run("texts that are not there", func(t *testing.T) {
		t.Parallel()
		documents(t, build(t, poison(t, everything(), anywhere, true))).check(t)
	})
	t.Run("long words", func(t *testing.T) {
		t.Parallel()
		docs := documents(t, build(t, poison(t, everything(), func(s string) string { return strings.Repeat("long", 250) + s },
			false)))
		docs.check(t)
		docs.compare(t, plain)
	})
}

// TestPoisonIsThorough wants every text that is in an Input to be reached.
func TestPoisonIsThorough(t *testing.T) {
	in := poison(t, full(), func(s string) string { return "\x1b" + s }, false)
	for _, s := range []string{in.Study.Benchmarks[2].Family, in.Analysis.Pairs[0].Overlaps[axis.Performance].Method,
		in.Axes[axis.Neural].Variants[0].Overlap.Rows[1],
		in.Scores.Items[0][0], in.Signatures.Of[0].Pieces[0].Before, in.Skipped[0].Reason, in.Models[0].ID} {
		if !strings.HasPrefix(s, "\x1b") {
			t.Errorf("%q was not reached", s)
		}
	}
	if !slices.Equal(slices.Sorted(maps.Keys(in.Axes)), slices.Sorted(slices.Values(axis.Names()))) {
		t.Error("names of the program were changed")
	}
}

// worst is what an author may write, by mistake or not.
const worst = "<script>alert(1)</script>\n\na <img src=x onerror=alert(1)> <scr<b>ipt> <!-- note --> b " +
	"\x1b[31m\u202e\x00\n\n[x](javascript:a) [y](&#106;avascript:b) [z][r] ![i](data:text/html,c) <javascript:d>\n\n" +
	"[r]: <vbscript:e>\n\n> <div onclick=f>\n> quoted\n\n- <iframe src=g>\n\n| a |\n|---|\n| <b>x</b> |\n\n### Sub <i>h</i> " +
	"{onclick=i}\n\n{{ /n/models | %.0f }} models [@mine].\n\n"

// TestHostileNarrative puts the worst into every place of the author's text, with a block of code left open at its end.
func TestHostileNarrative(t *testing.T) {
	in := full()
	in.Narrative = []byte("# T {#abstract}\n\n" + worst + "## Map {#map}\n\n" + worst +
		"## <b>Own</b> \x1b {#own)](javascript:a}\n\n" + worst + "[r]: javascript:late\n\n~~~\n<script>alert(1)</script>\n")
	in.Bibliography = []byte("@misc{mine, author = {A <b>\x1b[31m}, year = {\u202e}, title = {[x](javascript:y)}, url = " +
		"{javascript:z}}")
	d, plain := documents(t, build(t, in)), documents(t, build(t, full()))
	d.check(t)
	for name, b := range map[string][2][]byte{"the page": {d.page, plain.page}, "report.md": {d.viewed, plain.viewed}} {
		got, _ := structure(t, b[0])
		known, _ := structure(t, b[1])
		known = append(known, "<!-- raw HTML omitted -->", "img src alt", "blockquote", "h3 id", "table", "thead", "tr", "th",
			"tbody", "td", "pre", "code")
		for _, e := range got {
			if !slices.Contains(known, e) {
				t.Errorf("%s has an element %q", name, e)
			}
		}
	}
	if end := "Made by sdmap 0.1.0.</p>\n"; !strings.HasSuffix(string(d.viewed), end) {
		t.Errorf("the author's block of code swallowed the rest of report.md: %s", d.viewed[max(0, len(d.viewed)-200):])
	}
}

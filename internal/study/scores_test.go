package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sdmap/internal/diag"
)

// board loads a study whose table of scores is board.csv.
func board(t testing.TB, toml, csv string) (*Study, diag.List) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"study.toml": toml, "board.csv": csv} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return format().Load(filepath.Join(dir, "study.toml"))
}

const fromBoard = "[scores]\nsource = \"board.csv\"\n"

// mustBoard is the same of a study without a fault.
func mustBoard(t testing.TB, toml, csv string) *Study {
	t.Helper()
	s, list := board(t, toml, csv)
	if len(list) > 0 {
		t.Fatal(list)
	}
	return s
}

// told is every diagnostic in one text.
func told(list diag.List) string {
	var all []string
	for _, d := range list {
		all = append(all, d.Severity.String()+": "+d.Summary+" | "+d.Detail+" | "+d.Suggestion)
	}
	return strings.Join(all, "\n")
}

// column is the scores of one benchmark, by its name; -9 where one is missing.
func column(t *testing.T, s *Study, name string) []float64 {
	t.Helper()
	at := slices.IndexFunc(s.Benchmarks, func(b Benchmark) bool { return b.Shown() == name })
	if at < 0 {
		t.Fatalf("no benchmark %q among %v", name, s.Benchmarks)
	}
	var out []float64
	for _, row := range s.Scores.Values {
		if math.IsNaN(row[at]) {
			out = append(out, -9)
		} else {
			out = append(out, row[at])
		}
	}
	return out
}

func equal(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The public tables that testdata/boards has rows of are read as they stand.
func TestPublicTables(t *testing.T) {
	for _, c := range []struct {
		file, toml string
		benchmarks string
		lineages   int
		gaps       Gaps
		warnings   int
	}{
		{"base.csv", "lineage_column = \"Model Family\"\n",
			"MMLU ARC-C HellaSwag Winograd TruthfulQA GSM8K XWinograd HumanEval", 6,
			Gaps{80, 9, []int{1, 6, 7}, 28, 18, 4, 10}, 0},
		{"instruct.csv", "lineage_column = \"Model Family\"\n",
			"Arena-Elo MTBench MMLU ARC-C HellaSwag Winogrande TruthfulQA GSM8K HumanEval", 8,
			Gaps{81, 5, []int{0, 1, 4, 5}, 36, 26, 6, 9}, 0},
		{"post-training.csv", "columns = [\"gsm8k_5*\", \"*match,strict-match\"]\nrename = { " +
			"\"bbh_cot_fewshot_*_3_exact_match,*\" = " +
			"\"BBH * (*)\", \"gsm8k_5_exact_match,*\" = \"GSM8K (*)\" }\n",
			"GSM8K (strict-match) GSM8K (flexible-extract) BBH boolean_expressions (strict-match) " +
				"BBH causal_judgement (strict-match)", 9, Gaps{36, 14, []int{0, 1, 2, 3}, 6, 6, 3, 8}, 0},
		{"post-training.csv", "", "", 9, Gaps{99, 51, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 55, 55, 3, 8}, 0},
	} {
		csv, err := os.ReadFile(filepath.Join("testdata", "boards", c.file))
		if err != nil {
			t.Fatal(err)
		}
		s, list := board(t, fromBoard+c.toml, string(csv))
		if list.HasErrors() || len(list) != c.warnings {
			t.Fatalf("%s: %s", c.file, told(list))
		}
		var names []string
		lineages := map[string]bool{}
		for _, b := range s.Benchmarks {
			names = append(names, b.Shown())
		}
		for _, m := range s.Models {
			lineages[m.Lineage] = true
		}
		if got := strings.Join(names, " "); c.benchmarks != "" && got != c.benchmarks {
			t.Errorf("%s: benchmarks %s", c.file, got)
		}
		if g := s.Scores.Gaps(); len(lineages) != c.lineages || !reflect.DeepEqual(g, c.gaps) {
			t.Errorf("%s: %d lineages, gaps %+v", c.file, len(lineages), g)
		}
	}
}

// Columns that are called as lineages are, and whose words repeat, are pointed out where no lineage is named.
func TestColumnsLikeLineages(t *testing.T) {
	for _, c := range []struct{ toml, csv, want string }{
		{"", "model,Model Family,a\nm,x,1\nn,x,0\no,y,1\n", "Model Family"},
		{"", "model,note,a\nm,x,1\nn,x,0\no,y,1\n", ""},
		{"", "model,organization,a\nm,x,1\nn,y,0\no,z,1\n", ""},
		{"", "model,family,a\nm,x,1\nn,x,0\no,x,1\n", ""},
		{"", "model,family,lineage,a\nm,x,1,1\nn,x,2,0\no,y,2,1\n", ""},
		{"lineage_column = \"family\"\n", "model,family,a\nm,x,1\nn,x,0\no,y,1\n", ""},
	} {
		if got := mustBoard(t, fromBoard+c.toml, c.csv).Scores.LikeLineage; got != c.want {
			t.Errorf("%q: %q", c.csv, got)
		}
	}
}

// Chance is judged where the study gives it and the items, and scores are shares.
func TestNoChance(t *testing.T) {
	s := mustBoard(t, fromBoard+"lower_is_better = true\nperplexities = [\"p\"]\n[[benchmarks]]\nid = \"b\"\nchance = 0.25\n"+
		"items = 20\n[[benchmarks]]\nid = \"c\"\nchance = 0.25\n", "model,a,b,c,p\nm,0.5,0.5,1,3\nn,0.5,0.5,0,4\n")
	got := s.Scores.NoChance(s.Benchmarks)
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "c"}) {
		t.Error(got)
	}
	for _, b := range s.Benchmarks {
		if b.Lower == (b.ID == "p") {
			t.Errorf("%s: errors %v", b.ID, b.Lower)
		}
	}
}

// Names of models and columns are what readers see; ids are made of them, each its own.
func TestScoreNames(t *testing.T) {
	s := mustBoard(t, fromBoard+"rename = { \"org/*\" = \"*\", \"IFEval\" = \"IF\" }\n[[benchmarks]]\nid = "+
		"\"arc-c\"\nfamily = \"arc\"\n",
		"Model,IFEval,ARC-C,C++,C--,模型\norg/Llama 2,1,0,1,0,1\norg/b,0,1,0,1,0\nx/Y,0,0,0,0,0\n")
	var got []string
	for _, b := range s.Benchmarks {
		got = append(got, b.ID+"="+b.Shown())
	}
	for _, m := range s.Models {
		got = append(got, m.ID+"="+m.Shown()+"="+m.Lineage)
	}
	want := "arc-c=ARC-C if=IF c=C++ c-2=C-- benchmark=模型 llama-2=Llama 2=Llama 2 b=b=b x-y=x/Y=x/Y"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s", strings.Join(got, " "))
	}
	if s.Models[1].Label != "" || s.Benchmarks[0].Family != "arc" {
		t.Errorf("%+v, %+v", s.Models[1], s.Benchmarks[0])
	}
}

// One table gives the same scores in each of its written forms.
func TestScoreForms(t *testing.T) {
	want := [][]float64{{0.5, 0.25, -9}, {1, -9, 0.125}}
	for name, c := range map[string][2]string{
		"comma":     {"", "model,a,b\nm,0.5,1\nn,0.25,\no,,0.125\n"},
		"semicolon": {"", "model;a;b\nm;0,5;1\nn;0,25;\no;;0,125000\n"},
		"tab":       {"", "model\ta\tb\nm\t0.5\t1\nn\t0.25\t\no\t\t0.125"},
		"mark":      {"", "\xef\xbb\xbfModel,a,b\r\nm,0.5,1\r\nn,0.25,\r\no,,0.125\r\n"},
		"quotes":    {"", "\"model\", \"a\",\"b\"\n\"m\",\"0.5\",1\nn, 0.25,\no,,\"0.125\"\n"},
		"per cent":  {"", "model,a,b\nm,50%,100 %\nn,25.0%,\no,,12.5%\n"},
		"scale":     {"scale = 100\n", "model,a,b\nm,50,100%\nn,25,\no,,12.5\n"},
		"words":     {"missing = [\"-\", \"N/A\", \"nan\"]\n", "model,a,b\nm,0.5,1\nn,0.25,-\no,N/A,0.125\n"},
		"columns":   {"columns = [\"a\", \"b\"]\n", "model,c,a,x,b\nm,9,0.5,t,1\nn,-5,0.25,u,\no,,,v,0.125\n"},
		"not these": {"columns = [\"*\", \"!c\"]\n", "model,c,a,x,b\nm,9,0.5,t,1\nn,-5,0.25,u,\no,,,v,0.125\n"},
		"rows":      {"rows = [\"!z*\"]\n", "model,a,b\nm,0.5,1\nz1,7,7\nn,0.25,\nz2,7,7\no,,0.125\n"},
		"names":     {"models_column = \"who\"\n", "a,who,b\n0.5,m,1\n0.25,n,\n,o,0.125\n"},
		"long":      {"", "model,benchmark,score\nm,a,0.5\nm,b,1\nn,a,0.25\no,b,0.125\n"},
		"other long": {"models_column = \"x\"\nbenchmarks_column = \"task\"\nscores_column = \"acc\"\n",
			"acc,task,x\n0.5,a,m\n1,b,m\n0.25,a,n\n0.125,b,o\n"},
		"properties": {"", "model,#Params (B),a,release date,b,License\nm,7,0.5,2024,1,mit\nn,70,0.25,2025,,\no,,,,0.125,x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustBoard(t, fromBoard+c[0], c[1])
			for i, b := range []string{"a", "b"} {
				equal(t, b, column(t, s, b), want[i])
			}
			if len(s.Benchmarks) != 2 || len(s.Models) != 3 {
				t.Errorf("%d benchmarks, %d models", len(s.Benchmarks), len(s.Models))
			}
		})
	}
}

// What a column is measured in stands in its [[benchmarks]].
func TestScoreColumns(t *testing.T) {
	s, list := board(t, "benchmarks = [\n  { id = \"error\", scale = 50, lower_is_better = true, chance = 0.5, items = 20 },\n"+
		"  { id = \"elo\", scale = 2000, stderr = \"CI\" },\n]\n"+fromBoard+"items = 10\nstderr = \"*_se\"\ncovariates = "+
		"[\"Vendor\"]\n",
		"model,Error,Elo,norm,norm_se,CI,Vendor,note\nm,10,1000,-0.5,0.1,20,x,t\nn,50,1500,1,,10,,u\n")
	if len(list) != 1 || list.HasErrors() { // a negative score
		t.Fatal(told(list))
	}
	equal(t, "turned round", column(t, s, "Error"), []float64{0.8, 0})
	equal(t, "scale of its own", column(t, s, "Elo"), []float64{0.5, 0.75})
	at := map[string]int{}
	for i, b := range s.Benchmarks {
		at[b.Shown()] = i
	}
	e := s.Scores.Errors
	if e[0][at["Elo"]] != 0.01 || e[0][at["norm"]] != 0.1 || !math.IsNaN(e[1][at["norm"]]) || !math.IsNaN(e[0][at["Error"]]) {
		t.Errorf("standard errors %v", e)
	}
	if n := s.Scores.ItemsOf(0, at["Error"], s.Benchmarks[at["Error"]]); n != 20 || *s.Benchmarks[at["Error"]].Chance != 0.5 {
		t.Errorf("%d items", n)
	}
	if n := s.Scores.ItemsOf(0, at["Elo"], s.Benchmarks[at["Elo"]]); n != 10 {
		t.Errorf("%d items of all", n)
	}
	if got := s.Scores.Covariates; len(got) != 1 || got[0].Name != "Vendor" || !slices.Equal(got[0].Texts, []string{"x", ""}) {
		t.Errorf("covariates %v", got)
	}
	if !slices.Equal(s.Scores.LeftOut, []string{"note"}) {
		t.Errorf("left out %q", s.Scores.LeftOut)
	}
	long := mustBoard(t, fromBoard+"columns = [\"a\"]\n", "Model,Benchmark,Score,stderr,n\nm,a,0.5,0.1,25\nm,b,7,,\nn,a,1,,\n")
	if long.Scores.Errors[0][0] != 0.1 || long.Scores.ItemsOf(0, 0, long.Benchmarks[0]) != 25 || long.Scores.Counts[1][0] != 0 {
		t.Errorf("long: %+v", long.Scores)
	}
}

// Faults are told with what settles them; of a kind the first twenty are shown, behind the line that settles most.
func TestScoreFaults(t *testing.T) {
	many := "model,a,b\n"
	for i := range 3000 {
		many += fmt.Sprintf("m%d,%s,0.5\n", i, []string{"-", "N/A", "0.25"}[i%3])
	}
	perplexities := "model,a,p\n"
	for i := range 40 {
		perplexities += fmt.Sprintf("m%d,0.%d,%d\n", i, i+10, 102+100*i)
	}
	cent := "model,a,b\n"
	for i := range 30 {
		cent += fmt.Sprintf("m%d,%d,%d\n", i, 3*i+2, i+5)
	}
	for name, c := range map[string]struct{ toml, csv, want string }{
		"words": {"", many, "error: 2000 cells hold no number | Among them: \"-\", \"N/A\". They stand in \"a\". | " +
			"If they stand " +
			"for missing scores, write missing = [\"-\", \"N/A\"]"},
		"per cent": {"", cent, "error: 60 scores lie outside their scale | They stand in \"a\", \"b\"; the largest is 89. | " +
			"Write scale = 100"},
		"perplexities": {"", perplexities, "error: 40 scores lie outside their scale | They stand in \"p\"; the largest is 4002. | " +
			"If \"p\" hold perplexities, which have no greatest, name them in perplexities of [scores]."},
		"shares": {"scale = 100\n", "model,a,b\nm,0.5,0.25\nn,1,\n", "warning: no score is above 0.01 of its scale | " +
			"The largest number in \"a\", \"b\" is 1, before it is divided by scale. | If they are shares of 1, take scale"},
		"negative":    {"", "model,a\nm,-0.5\nn,1\n", "warning: 1 scores are negative, down to -0.5"},
		"far below":   {"", "model,a\nm,-1.5\nn,1\n", "the score -1.5 lies outside 0 to 1"},
		"two ways":    {"scale = 2000\n", "model;a\nm;1,250\nn;1,5\n", "\"1,250\" can be read in two ways"},
		"utf-16":      {"", "\xff\xfem\x00", "not text in UTF-8"},
		"spreadsheet": {"", "PK\x03\x04", "It is an archive"},
		"twice":       {"", "model,MMLU,mmlu\nm,1,1\n", "two benchmarks are called \"mmlu\""},
		"model twice": {"", "model,a\nm,1\nM,1\n",
			"two models are called \"M\" | The first is at line 2. | Leave one of them out by rows"},
		"long twice": {"", "model,benchmark,score\nm,a,1\nm,a,0\n", "two scores of \"m\" on \"a\""},
		"no column": {"lineage_column = \"familiy\"\n", "model,family,a\nm,f,1\n",
			"no column \"familiy\" | Columns: model, family, a. | Did you mean \"family\"?"},
		"no pattern":  {"columns = [\"MMLU\"]\n", "model,mmlu\nm,1\n", "\"MMLU\" fits none of the table's names"},
		"no row":      {"rows = [\"meta/*\"]\n", "model,a\nm,1\n", "\"meta/*\" fits none of the table's names"},
		"no renaming": {"rename = { \"x\" = \"y\" }\n", "model,a\nm,1\n", "\"x\" fits none of the table's names"},
		"stars":       {"rename = { \"a\" = \"y*\" }\n", "model,a\nm,1\n", "\"y*\" has more * than \"a\""},
		"renamed to":  {"rename = { a = 3 }\n", "model,a\nm,1\n", "\"rename\" is a table; it must be a table of texts"},
		"hidden":      {"rename = { a = \"x\\u001b\" }\n", "model,a\nm,1\n", "\"a\" holds U+001B, which cannot be shown"},
		"no errors":   {"[[benchmarks]]\nid = \"a\"\nstderr = \"se\"\n", "model,a\nm,1\n", "no column \"se\""},
		"bad error":   {"stderr = \"*_se\"\n", "model,a,a_se\nm,1,-1\n", "\"-1\" is no standard error"},
		"bad count":   {"", "model,benchmark,score,n\nm,a,1,0.5\n", "\"0.5\" is no number of items"},
		"infinite":    {"", "model,a\nm,inf\nn,1\n", "\"inf\" is not a number"},
		"named words": {"columns = [\"a\", \"kind\"]\n", "model,a,kind\nm,1,x\n", "\"x\" is not a number"},
	} {
		t.Run(name, func(t *testing.T) {
			s, list := board(t, fromBoard+c.toml, c.csv)
			if !strings.Contains(told(list), c.want) || len(list) > 23 || s == nil != list.HasErrors() {
				t.Errorf("%d: %s", len(list), told(list))
			}
			if n := strings.Count(c.want, "| "); n == 2 && strings.Contains(c.want, "60") &&
				!strings.Contains(list[0].Summary, "60") {
				t.Errorf("first: %v", list[0])
			}
		})
	}
	_, list := board(t, fromBoard, many)
	if len(list) != 22 || !strings.HasPrefix(list[0].Summary, "2000 cells") ||
		list[21].Summary != "1980 more from here on: the cell "+
			"holds no number" {
		t.Errorf("%d: %v ... %v", len(list), list[0], list[len(list)-1])
	}
	_, list = board(t, "[[benchmarks]]\nid = \"a\"\nsource = \"board.csv\"\nscale = 100\n", "")
	if !strings.Contains(told(list), "\"scale\" means nothing without [scores]") {
		t.Error(told(list))
	}
}

// A column that is the mean of others is refused with their names, wherever it stands, rounded or not, with gaps or without;
// columns that only go with others are not.
func TestMeansAreRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	table := func(rows int, decimals int, gaps bool, order []int, of []int) string {
		out := "model"
		for _, j := range order {
			out += fmt.Sprintf(",%c", 'a'+j)
		}
		for i := range rows {
			v := make([]string, 6)
			sum, n := 0.0, 0.0
			for j := range 5 {
				x := 100 * rng.Float64()
				if gaps && rng.IntN(4) == 0 {
					continue
				}
				v[j] = fmt.Sprintf("%.*f", decimals, x)
				if slices.Contains(of, j) {
					sum, n = sum+x, n+1
				}
			}
			if n > 1 {
				v[5] = fmt.Sprintf("%.*f", decimals, sum/n)
			}
			out += fmt.Sprintf("\nm%d", i)
			for _, j := range order {
				out += "," + v[j]
			}
		}
		return out
	}
	behind, front := []int{0, 1, 2, 3, 4, 5}, []int{5, 0, 1, 2, 3, 4}
	for name, c := range map[string]struct{ csv, want string }{
		"all, behind":     {table(40, 2, false, behind, []int{0, 1, 2, 3, 4}), `"a", "b", "c", "d", "e"`},
		"all, in front":   {table(6, 4, false, front, []int{0, 1, 2, 3, 4}), `"a", "b", "c", "d", "e"`},
		"some neighbours": {table(8, 3, false, front, []int{1, 2, 3}), `"b", "c", "d"`},
		"scattered":       {table(60, 2, false, behind, []int{0, 2, 4}), `"a", "c", "e"`},
		"of those there":  {table(40, 2, true, behind, []int{0, 1, 2, 3, 4}), `"a", "b", "c", "d", "e"`},
	} {
		_, list := board(t, fromBoard+"scale = 100\n", c.csv)
		if len(list) != 1 || !strings.Contains(told(list), `column "f" is the mean`) || !strings.Contains(told(list), c.want) ||
			!strings.Contains(told(list), `columns = ["*", "!f"]`) {
			t.Errorf("%s: %s", name, told(list))
		}
		mustBoard(t, fromBoard+"scale = 100\ncolumns = [\"*\", \"!f\"]\n", c.csv)
	}
	wide := "model"
	for j := range 40 {
		wide += fmt.Sprintf(",a%d,b%d,c%d", j, j, j)
	}
	wide += ",a all,b all,c all"
	for i := range 12 {
		var cells []string
		sum := [3]float64{}
		for range 40 {
			for k := range 3 {
				x := rng.Float64()
				sum[k] += x / 40
				cells = append(cells, fmt.Sprintf("%.5f", x))
			}
		}
		wide += fmt.Sprintf("\nm%d,%s,%.5f,%.5f,%.5f", i, strings.Join(cells, ","), sum[0], sum[1], rng.Float64())
	}
	_, list := board(t, fromBoard+"columns = [\"*\"]\n", wide)
	if text := told(list); len(list) != 3 || !strings.Contains(text, `Leave them out: write "!a all", "!b all" at the end`) ||
		!strings.Contains(text, `column "b all" is the mean of 40 others`) ||
		!strings.Contains(text, `write "!a all" at the end of columns`) || strings.Contains(text, "c all") {
		t.Errorf("wide: %s", text)
	}
	mustBoard(t, fromBoard+"scale = 100\n", table(4, 2, false, behind, []int{0, 1})) // too few rows to tell
	same := "model,a,b,c\n"
	for i := range 20 {
		same += fmt.Sprintf("m%d,0.%02d,0.%02d,0.%02d\n", i, i, i, i)
	}
	mustBoard(t, fromBoard, same)
}

// Plain numbers are read to the bits that strconv gives.
func TestPlainDecimals(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		cell := fmt.Sprintf("%.*f", rng.IntN(15), math.Exp(20*rng.Float64()-8))
		want, err := strconv.ParseFloat(cell, 64)
		if got, ok := plainDecimal(cell); err != nil || ok != (len(cell) <= 16) || ok && got != want {
			t.Fatalf("%q: %v %v, want %v", cell, got, ok, want)
		}
	}
	for cell, want := range map[string]bool{"": false, ".": false, "1.": true, ".5": true, "1.2.3": false, "-1": false,
		"1e3": false,
		"0x1": false, "nan": false, "1 ": false, "٣": false} {
		x, ok := plainDecimal(cell)
		if y, err := strconv.ParseFloat(cell, 64); ok != want || ok && (err != nil || x != y) {
			t.Errorf("%q: %v %v", cell, x, ok)
		}
	}
}

// A large table is read in about the memory of its numbers.
func TestLargeTable(t *testing.T) {
	if testing.Short() {
		t.Skip("a large table takes seconds")
	}
	const rows, columns = 20_000, 60
	csv := largeTable(rows, columns)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := mustBoard(t, fromBoard, csv)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if len(s.Models) != rows || len(s.Scores.Values[rows-1]) != columns {
		t.Fatalf("%d models", len(s.Models))
	}
	const most = 1600 // bytes a row: its numbers, its model and what the reading kept
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > most*rows {
		t.Errorf("%d bytes are kept of a row", kept/rows)
	}
	runtime.KeepAlive(s)
}

func largeTable(rows, columns int) string {
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("Model")
	for j := range columns {
		fmt.Fprintf(&b, ",B%d", j)
	}
	for i := range rows {
		fmt.Fprintf(&b, "\norg/model-%d", i)
		for range columns {
			fmt.Fprintf(&b, ",%.4f", rng.Float64())
		}
	}
	return b.String()
}

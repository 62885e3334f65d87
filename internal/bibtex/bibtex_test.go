package bibtex

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"sdmap/internal/diag"
)

// entries are written for this test: what is between the braces behind the key, and the short and long forms that come of it.
var entries = []struct{ body, short, long string }{
	// accents, with braces and without
	{`author = {Sz{\'e}kely, G{\'a}bor J.}, year = 2013, title = {Energy}`, "Székely 2013", "Székely, Gábor J. 2013. Energy."},
	{`author = {{\L}{\'o}d{\'z}, Ada}, year = 1999, title = {A town}`, "Łódź 1999", "Łódź, Ada. 1999. A town."},
	{`author = {G\"{o}del, Kurt}, year = {1931}, title = {Unentscheidbar}`, "Gödel 1931", "Gödel, Kurt. 1931. Unentscheidbar."},
	{`author = {Erd{\H o}s, P\'al}, year = "1947", title = {Graphs}`, "Erdős 1947", "Erdős, Pál. 1947. Graphs."},
	{`author = {\v{C}apek, Karel}, year = 1920, title = {R.U.R.}`, "Čapek 1920", "Čapek, Karel. 1920. R.U.R."},
	{`author = {Ho\v{s}ek, J. and Ku\v cera, L.}, year = 2001, title = {T}`, "Hošek and Kučera 2001",
		"Hošek, J.; Kučera, L. 2001. T."},
	{`author = {{\O}rsted, Hans}, year = 1820, title = {Currents}`, "Ørsted 1820", "Ørsted, Hans. 1820. Currents."},
	{`author = {{\AA}ngstr{\"o}m, Anders}, year = 1868, title = {Spectra}`, "Ångström 1868", "Ångström, Anders. 1868. Spectra."},
	{`author = {Bj{\o}rn, A. and Str\aa le, B.}, year = 2, title = {T}`, "Bjørn and Stråle 2", "Bjørn, A.; Stråle, B. 2. T."},
	{`author = {Gau\ss, Carl}, year = 1809, title = {Motus}`, "Gauß 1809", "Gauß, Carl. 1809. Motus."},
	{`author = {Wei{\ss}, E.}, year = 1930, title = {T}`, "Weiß 1930", "Weiß, E. 1930. T."},
	{`author = {Fran{\c c}ois, M. and Mu{\~n}oz, L.}, year = 2000, title = {T}`, "François and Muñoz 2000",
		"François, M.; Muñoz, L. 2000. T."},
	{`author = {Br\^{a}ncu\c{s}i, C.}, year = 1913, title = {T}`, "Brâncuşi 1913", "Brâncuşi, C. 1913. T."},
	{`author = {D{\'\i}az, J. and Mart{\'{\i}}nez, K.}, year = 1, title = {T}`, "Díaz and Martínez 1",
		"Díaz, J.; Martínez, K. 1. T."},
	{`author = {Na{\"\i}ve, A.}, year = 1, title = {Na\"{\i}vet\'e}`, "Naïve 1", "Naïve, A. 1. Naïveté."},
	{`author = {W{\k a}s, O. and G{\k{e}}ba, P.}, year = 1, title = {T}`, "Wąs and Gęba 1", "Wąs, O.; Gęba, P. 1. T."},
	{`author = {\.{Z}uk, P. and \'Swi\k atek, I.}, year = 1, title = {T}`, "Żuk and Świątek 1", "Żuk, P.; Świątek, I. 1. T."},
	{`author = {Nguy{\~{\^e}}n, V.}, year = 1, title = {T}`, "Nguyễn 1", "Nguyễn, V. 1. T."},
	{`author = {Ph\d{a}m, T.}, year = 1, title = {\b{d}ark}`, "Phạm 1", "Phạm, T. 1. ḏark."},
	{`author = {K\={a}lid\=asa}, year = 1, title = {T}`, "Kālidāsa 1", "Kālidāsa. 1. T."},
	{`author = {Ta\u{g}, A. and G\"ul\"umser \.Inan}, year = 1, title = {T}`, "Tağ and İnan 1", "Tağ, A.; İnan, Gülümser. 1. T."},
	{`author = {{\r{U}}sek, A. and K\r{u}s, B.}, year = 1, title = {T}`, "Ůsek and Kůs 1", "Ůsek, A.; Kůs, B. 1. T."},
	{`author = {{\AE}lfric}, year = 990, title = {{\OE}uvres and {\ae}ons}`, "Ælfric 990", "Ælfric. 990. Œuvres and æons."},
	{`author = {{\TH}{\'o}rr {\DH}lafur}, year = 1, title = {\th ing \dh at}`, "Ðlafur 1", "Ðlafur, Þórr. 1. þing ðat."},
	{`author = {Schölkopf, Bernhard}, year = 2002, title = {Kernels für alle}`, "Schölkopf 2002",
		"Schölkopf, Bernhard. 2002. Kernels für alle."},
	{`author = {Mu\"{}ller, A.}, year = 1, title = {\'{}}`, "Mu¨ller 1", "Mu¨ller, A. 1. ´."},
	{`author = {O'Toole, Alice J.}, year = 2005, title = {What's new}`, "O'Toole 2005", "O'Toole, Alice J. 2005. What's new."},
	// names
	{`author = {Ada Lovelace}, year = 1843, title = {Notes}`, "Lovelace 1843", "Lovelace, Ada. 1843. Notes."},
	{`author = {Knuth, Jr., Donald E.}, year = 1, title = {T}`, "Knuth 1", "Knuth, Jr., Donald E. 1. T."},
	{`author = {Jan de Leeuw}, year = 2009, title = {T}`, "de Leeuw 2009", "de Leeuw, Jan. 2009. T."},
	{`author = {de Leeuw, Jan}, year = 2009, title = {T}`, "de Leeuw 2009", "de Leeuw, Jan. 2009. T."},
	{`author = {van der Maaten, Laurens and Hinton, Geoffrey}, year = 2008, title = {t-{SNE}}`, "van der Maaten and Hinton 2008",
		"van der Maaten, Laurens; Hinton, Geoffrey. 2008. t-SNE."},
	{`author = {Ludwig van Beethoven}, year = 1808, title = {Fate}`, "van Beethoven 1808", "van Beethoven, Ludwig. 1808. Fate."},
	{`author = {Charles Louis Xavier Joseph de la Vall{\'e}e Poussin}, year = 1896, title = {Primes}`,
		"de la Vallée Poussin 1896", "de la Vallée Poussin, Charles Louis Xavier Joseph. 1896. Primes."},
	{`author = {{OpenAI}}, year = 2023, title = {Report}`, "OpenAI 2023", "OpenAI. 2023. Report."},
	{`author = {{Barnes and Noble}}, year = 1917, title = {Books}`, "Barnes and Noble 1917", "Barnes and Noble. 1917. Books."},
	{`author = {{{Allen Institute for AI}}}, year = 2018, title = {ARC}`, "Allen Institute for AI 2018",
		"Allen Institute for AI. 2018. ARC."},
	{`author = {{Google, Inc.} and Smith, A.}, year = 1, title = {T}`, "Google, Inc. and Smith 1",
		"Google, Inc.; Smith, A. 1. T."},
	{`author = {Gao, Leo and Tow, Jonathan and others}, year = 2023, title = {Harness}`, "Gao et al. 2023",
		"Gao, Leo; Tow, Jonathan; et al. 2023. Harness."},
	{`author = {Gao, Leo and others}, year = 2023, title = {Harness}`, "Gao et al. 2023", "Gao, Leo; et al. 2023. Harness."},
	{`author = {A One and B Two and C Three}, year = 1, title = {T}`, "One et al. 1", "One, A; Two, B; Three, C. 1. T."},
	{`author = {Anderson, R. and Sandman, M.}, year = 1, title = {T}`, "Anderson and Sandman 1",
		"Anderson, R.; Sandman, M. 1. T."},
	{"author = {First, A.\n and\n Second, B.}, year = 1, title = {On\n two lines}", "First and Second 1",
		"First, A.; Second, B. 1. On two lines."},
	{`author = {A. B. {von Neumann}}, year = 1, title = {T}`, "von Neumann 1", "von Neumann, A. B. 1. T."},
	{`author = {J.~R.~R. Tolkien}, year = 1954, title = {T}`, "Tolkien 1954", "Tolkien, J. R. R. 1954. T."},
	{`author = {Evans, James A.}, year = 2025, title = {T}`, "Evans 2025", "Evans, James A. 2025. T."},
	{`author = {Plato}, year = {{-380}}, title = {Meno}`, "Plato -380", "Plato. -380. Meno."},
	{`author = {Maria Garc{\'i}a Fern{\'a}ndez}, year = 1, title = {T}`, "Fernández 1", "Fernández, Maria García. 1. T."},
	{`author = {Garc{\'i}a Fern{\'a}ndez, Maria}, year = 1, title = {T}`, "García Fernández 1", "García Fernández, Maria. 1. T."},
	{`author = {d'Alembert, Jean}, year = 1743, title = {T}`, "d'Alembert 1743", "d'Alembert, Jean. 1743. T."},
	{`author = {王, 小明}, year = 2020, title = {题目}`, "王 2020", "王, 小明. 2020. 题目."},
	{`author = {{\'E}mile Zola}, year = 1885, title = {Germinal}`, "Zola 1885", "Zola, Émile. 1885. Germinal."},
	{`author = {}, title = {No one}, year = 1`, "No one 1", "1. No one."},
	{`editor = {Doe, Jane}, title = {Handbook}, year = 2010, publisher = {Press}`, "Doe 2010",
		"Doe, Jane (editor). 2010. Handbook. Press."},
	{`editor = {Doe, Jane and Roe, R.}, title = {Handbook}, year = 2010`, "Doe and Roe 2010",
		"Doe, Jane; Roe, R. (editors). 2010. Handbook."},
	{`author = { and Solo, Han}, year = 1977, title = {T}`, "Solo 1977", "Solo, Han. 1977. T."},
	{`author = {Kuehne, Hilde and H{\"a}nsel, Gretel and Gr{\"u}n, Uli and Wei{\ss}, E.}, year = 1812, title = {M{\"a}rchen}`,
		"Kuehne et al. 1812", "Kuehne, Hilde; Hänsel, Gretel; Grün, Uli; Weiß, E. 1812. Märchen."},
	{`author = {{\'{E}}cole Normale}, year = 1794, title = {T}`, "Normale 1794", "Normale, École. 1794. T."},
	{`author = {{{\'E}cole Normale}}, year = 1794, title = {T}`, "École Normale 1794", "École Normale. 1794. T."},
	{`author = {bell hooks}, year = 1981, title = {T}`, "bell hooks 1981", "bell hooks. 1981. T."},
	// titles
	{`title = {A {B}enchmark of {LLM}s}, author = {A, B}, year = 1`, "A 1", "A, B. 1. A Benchmark of LLMs."},
	{`title = "A {"}quoted{"} word", author = {A, B}, year = 1`, "A 1", `A, B. 1. A "quoted" word.`},
	{"title = {``Quoted'' and `single'}, author = {A, B}, year = 1", "A 1", "A, B. 1. “Quoted” and ‘single’."},
	{"title = {`Don't' said 'twas and `the `inner' one'}, author = {A, B}, year = 1", "A 1",
		"A, B. 1. ‘Don't’ said 'twas and ‘the ‘inner’ one’."},
	{`title = {An \emph{emphatic} \textbf{bold} {\it old} \textsc{Small}}, author = {A, B}, year = 1`, "A 1",
		"A, B. 1. An emphatic bold old Small."},
	{`title = {$k$-means and $\alpha$-stable \(\mu\)}, author = {A, B}, year = 1`, "A 1", "A, B. 1. k-means and α-stable μ."},
	{`title = {R\&D, 5\% of \$3, \#1, a\_b}, author = {A, B}, year = 1`, "A 1", "A, B. 1. R&D, 5% of $3, #1, a_b."},
	{`title = {Pages 1--2 --- or so}, author = {A, B}, year = 1`, "A 1", "A, B. 1. Pages 1–2 — or so."},
	{`title = {Is it?}, author = {A, B}, year = 1`, "A 1", "A, B. 1. Is it?"},
	{`title = {It is!}, author = {A, B}, year = 1`, "A 1", "A, B. 1. It is!"},
	{`title = {A dot.}, author = {A, B.}, year = 1`, "A 1", "A, B. 1. A dot."},
	{`title = {\LaTeX{} and \TeX\ and {\BibTeX}}, author = {A, B}, year = 1`, "A 1", "A, B. 1. LaTeX and TeX and BibTeX."},
	{`title = {See \url{https://a.example/x--y_z}}, author = {A, B}, year = 1`, "A 1", "A, B. 1. See https://a.example/x--y_z."},
	{`title = {See \href{https://a.example/q}{this}}, author = {A, B}, year = 1`, "A 1", "A, B. 1. See this."},
	{`title = {\enquote{Inner} \textendash\ outer}, author = {A, B}, year = 1`, "A 1", "A, B. 1. “Inner” – outer."},
	{`title = {H\textsubscript{2}O at 20\textdegree}, author = {A, B}, year = 1`, "A 1", "A, B. 1. H2O at 20°."},
	{`title = {{\noopsort{1973}}Late}, author = {A, B}, year = {{\noopsort{a}}1973}`, "A 1973", "A, B. 1973. Late."},
	{`title = {Wait\ldots\ what}, author = {A, B}, year = 1`, "A 1", "A, B. 1. Wait… what."},
	{`title = {co\-op\-er\-ate}, author = {A, B}, year = 1`, "A 1", "A, B. 1. cooperate."},
	{`title = {A\,B and a tie~here}, author = {A, B}, year = 1`, "A 1", "A, B. 1. A B and a tie here."},
	{`title = {\copyright\ \textregistered}, author = {A, B}, year = 1`, "A 1", "A, B. 1. © ®."},
	{`title = {$\geq 3 \times 10$}, author = {A, B}, year = 1`, "A 1", "A, B. 1. ≥3 ×10."},
	{`title = {Emoji and 中文 stay}, author = {A, B}, year = 1`, "A 1", "A, B. 1. Emoji and 中文 stay."},
	{`title = {Deep {{{{nesting}}}}}, author = {A, B}, year = 1`, "A 1", "A, B. 1. Deep nesting."},
	{`TITLE = {Upper}, Author = {A, B}, YEAR = 1`, "A 1", "A, B. 1. Upper."},
	// macros, joining, forms of fields
	{`author = {A, B}, title = "One" # { two} # " three", year = 1`, "A 1", "A, B. 1. One two three."},
	{`author = {A, B}, title = {T}, journal = jmlr, year = 1`, "A 1", "A, B. 1. T. Journal of Machine Learning Research."},
	{`author = {A, B}, title = {T}, journal = JMLR # { (Supplement)}, year = 1`, "A 1",
		"A, B. 1. T. Journal of Machine Learning Research (Supplement)."},
	{`author = {A, B}, title = {T}, year = 1, month = jan, note = {not shown}`, "A 1", "A, B. 1. T."},
	{`author = {A, B}, title = {T}, date = {2021-05-03}`, "A 2021", "A, B. 2021. T."},
	{`author = {A, B}, title = {T}, year = 1, pages = {10--20}, volume = 3, journal = {J}`, "A 1", "A, B. 1. T. J. 3. 10–20."},
	{`author = {A, B}, title = {T}, year = 1, booktitle = {Proc. of X}, publisher = {ACM}`, "A 1",
		"A, B. 1. T. Proc. of X. ACM."},
	{`author = {A, B}, title = {T}, year = 1, school = {MIT}`, "A 1", "A, B. 1. T. MIT."},
	{`author = {A, B}, title = {T}, year = 1, url = {https://a.example/x--y~z_w%20}`, "A 1",
		"A, B. 1. T. https://a.example/x--y~z_w%20."},
	{`author = {A, B}, title = {T}, year = 1, url = {https://a.example/x\_y\%20}`, "A 1",
		"A, B. 1. T. https://a.example/x_y%20."},
	{`author = {A, B}, title = {T}, year = 1, url = {https://a.example/\~user/{\~{}}x~y}`, "A 1",
		"A, B. 1. T. https://a.example/~user/~x~y."},
	{`author = {A, B}, title = {T}, year = 1, doi = {10.1002/(SICI)17:15/16<1661::AID>3.0.CO;2-2}`, "A 1",
		"A, B. 1. T. doi:10.1002/(SICI)17:15/16<1661::AID>3.0.CO;2-2."},
	{`author = {A, B}, title = {T}, year = 1, doi = {10.1000/a--b_c}`, "A 1", "A, B. 1. T. doi:10.1000/a--b_c."},
	{`author = {A, B}, title = {T}, year = 1, doi = {https://doi.org/10.1000/x}`, "A 1", "A, B. 1. T. doi:10.1000/x."},
	{`author = {A, B}, title = {T}, year = 1, eprint = {2509.23488}, archivePrefix = {arXiv}`, "A 1",
		"A, B. 1. T. arXiv 2509.23488."},
	{`author = {A, B}, title = {T}, year = 1, eprint = {123}, archiveprefix = {JSTOR}`, "A 1", "A, B. 1. T."},
	{`author={A, B},title={T},year={1},`, "A 1", "A, B. 1. T."},
	{"author\t=\n{A, B}\n,\ntitle = {T}\n,year=1\n", "A 1", "A, B. 1. T."},
	{`author = {A, B}, title = {T}, year = 1, crossref = {proceedings}`, "A 1", "A, B. 1. T. Proceedings of the Test. Testers."},
	{`author = {A, B}, title = {T}, year = 1, booktitle = {Own}, crossref = {proceedings}`, "A 1", "A, B. 1. T. Own. Testers."},
	{`author = "A, B and {"}C{"}, D", title = {T}, year = 1`, `A and "C" 1`, `A, B; "C", D. 1. T.`},
}

func TestEntries(t *testing.T) {
	if len(entries) < 100 {
		t.Errorf("%d entries", len(entries))
	}
	var src strings.Builder
	src.WriteString("% a comment\n@STRING{jmlr = {Journal of Machine Learning Research}}\n@string(unused = \"x\")\n@preamble{ " +
		"\"\\newcommand{\\x}{y}\" }\n@comment{@article{no, title = {Not there}}}\n")
	for i, e := range entries {
		open, shut := "{", "}"
		if i%7 == 3 && !strings.ContainsAny(e.body, "()") {
			open, shut = "(", ")"
		}
		fmt.Fprintf(&src, "@Article%s k%d , %s%s\nText between entries.\n", open, i, e.body, shut)
	}
	src.WriteString("@proceedings{proceedings, title = {Proceedings of the Test}, publisher = {Testers}, year = 7}\n")
	all, list := Read("r.bib", []byte(src.String()))
	for _, d := range list {
		t.Errorf("%+v", d)
	}
	for i, want := range entries {
		e, ok := all[fmt.Sprintf("k%d", i)]
		if !ok {
			t.Errorf("%s: not there", want.body)
		} else if e.Short() != want.short || e.Long() != want.long {
			t.Errorf("%s:\n got %q, %q\nwant %q, %q", want.body, e.Short(), e.Long(), want.short, want.long)
		}
	}
	if len(all) != len(entries)+1 {
		t.Errorf("%d entries of %d", len(all), len(entries)+1)
	}
}

// What cannot be read is told with its place, and costs itself alone.
func TestFaults(t *testing.T) {
	const good = "\n@misc{good, title = {Good}, year = 1}\n"
	for bad, want := range map[string]string{
		"@article{":                      "has no key",
		"@article{k":                     "behind the key",
		"@article{,}":                    "has no key",
		"@article good":                  "no opening brace",
		"@article{k, title = {open":      "not closed",
		"@article{k, title = \"open":     "not closed",
		"@article{k, title = }":          "the value is missing",
		"@article{k, title {T}}":         "an equals sign",
		"@article{k, a = 1 b = 2}":       "a comma or the end",
		"@misc{k, a = 1}@misc{k, b = 2}": `two entries have the key "k"`,
		"@misc{k, a = \"}\"}":            "a brace closes",
		"@misc{k, a = {\n}":              "a comma or the end",
		"@misc{k a = 1}":                 "missing behind the key",
		"@misc{a = 1}":                   "has no key",
		"@misc{k, a = \"\n":              "not closed",
		"@comment{ {":                    "not closed",
		"@misc{k, t = " + strings.Repeat("{", deepest+2): "inside each other",
	} {
		behind := strings.ReplaceAll(good, "ood", "reat")
		all, list := Read("r.bib", []byte(good+bad+behind))
		if !list.HasErrors() || !strings.Contains(fmt.Sprint(list), want) || list[0].Range.Start.Line != 3 ||
			list[0].Detail == "" {
			t.Errorf("%q: %v", bad, list)
		}
		if all["good"].Short() != "Good 1" || all["great"].Short() != "Great 1" {
			t.Errorf("%q: an entry beside it is lost: %v", bad, all)
		}
	}
	for odd, want := range map[string]string{
		`@misc{k, title = {\foo{x} y}}`:   `the command "\\foo" is not known`,
		`@misc{k, journal = jmlr}`:        `no macro is called "jmlr"`,
		`@misc{k, a = 1, A = 2}`:          `has the field "a" twice`,
		`@misc{k, crossref = {nowhere}}`:  `refers to "nowhere"`,
		`@misc{k, author = {A, B, C, D}}`: `the name "A, B, C, D" has too many commas`,
		`@misc{k, xdata = {x}}`:           `the field "xdata" of entry "k" is not followed`,
	} {
		all, list := Read("r.bib", []byte(good+odd+good[:0]))
		if list.HasErrors() || len(list) != 1 || list[0].Severity != diag.Warning || !strings.Contains(list[0].Summary, want) ||
			list[0].Range.Start.Line != 3 {
			t.Errorf("%q: %v", odd, list)
		}
		if len(all) != 2 {
			t.Errorf("%q: %d entries", odd, len(all))
		}
	}
	all, _ := Read("r.bib", []byte(`@misc{k, title = {\foo{x} y \bar}}`))
	if got := all["k"].Fields["title"]; got != `\foo x y \bar` {
		t.Errorf("what is not known is shown as %q", got)
	}
	_, list := Read("r.bib", []byte("\n@misc{a, b = 1}\n@misc{a, b = 2}"))
	if len(list) != 1 || list[0].Detail != "The first is at line 2." {
		t.Errorf("a key twice: %v", list)
	}
	_, list = Read("r.bib", []byte("@misc{a, crossref = {b}}@misc{b, crossref = {c}}@misc{c, title = {T}}"))
	if len(list) != 1 || !strings.Contains(list[0].Summary, `refers to "b", which refers to another`) {
		t.Errorf("a chain of references: %v", list)
	}
	all, list = Read("r.bib", []byte("@misc{a, title = {M\xfcller}}"))
	if len(all) != 0 || len(list) != 1 || !list.HasErrors() || list[0].Range.Start.Column != 20 {
		t.Errorf("text that is not UTF-8: %v, %v", all, list)
	}
}

// What stands between entries is no entry, whatever it looks like.
func TestComments(t *testing.T) {
	all, list := Read("r.bib", []byte("% me@a.example wrote\n@comment of old\n@comment{jabref-meta: x}\n@preamble(\"x\")\ntext "+
		"{\n@misc{good, title = {Good}, year = 1}"))
	if len(list) > 0 || len(all) != 1 || all["good"].Short() != "Good 1" {
		t.Errorf("%v, %v", all, list)
	}
}

// Macros of macros, and entries that all refer to a long one, add no more than a bound to the text.
func TestWhatIsLentIsBounded(t *testing.T) {
	var macros, references strings.Builder
	fmt.Fprintf(&macros, "@string{a0 = {%s}}\n", strings.Repeat("x", 100))
	for i := range 60 {
		fmt.Fprintf(&macros, "@string{a%d = a%d # a%d}\n", i+1, i, i)
	}
	fmt.Fprintf(&references, "@misc{whole, note = {%s}}\n", strings.Repeat("x", 1<<20))
	for i := range 60 {
		fmt.Fprintf(&references, "@misc{k%d, crossref = {whole}}\n", i)
	}
	for name, text := range map[string]string{"macros": macros.String(), "references": references.String()} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, list := Read("r.bib", []byte(text))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 20*mostLent {
			t.Errorf("%s: %d MB allocated", name, used>>20)
		}
		if !list.HasErrors() || !strings.Contains(fmt.Sprint(list), "add more than 16 MiB") {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// Long names and titles are cut where they are cited, and whole in the list of references.
func TestShortIsShort(t *testing.T) {
	long := strings.Repeat("Long ", 1000)
	for _, field := range []string{"title", "author"} {
		all, _ := Read("r.bib", []byte("@misc{k, "+field+" = {{"+long+"}}, year = 1}"))
		if e := all["k"]; len(e.Short()) > 100 || !strings.HasSuffix(e.Short(), "… 1") ||
			!strings.Contains(e.Long(), strings.TrimSpace(long)) {
			t.Errorf("%s: %q", field, e.Short())
		}
	}
}

func TestAddresses(t *testing.T) {
	for body, want := range map[string]string{
		"doi = {10.1/x}": "https://doi.org/10.1/x", "eprint = {1.2}": "https://arxiv.org/abs/1.2",
		"url = {https://a.example}":   "https://a.example",
		"url = {javascript:alert(1)}": "", "doi = {https://dx.doi.org/10.1/x}, eprint = {3}": "https://doi.org/10.1/x",
	} {
		all, _ := Read("r.bib", []byte("@misc{k, "+body+"}"))
		if got := all["k"].Address(); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// Bibliographies are read in time that grows with their length, and thousands of faults are told in few.
func TestReadingIsLinear(t *testing.T) {
	for name, unit := range map[string]string{
		"entries": "@article{k%d, title = {A title}, year = 2025}\n", "same key": "@article{k, title = {A}}\n",
		"open":  "@article{k%d, title = {",
		"signs": "@", "braces": "{", "open entries": "@a{", "no key": "@article{}\n", "strings": "@string{a = \"b\"}\n",
		"comments": "@comment{a}\n",
		"quotes":   "@a{k%d, t = \"", "fields": "@a{k%d, a = 1, b = 2, c = {3}, d = \"4\"}\n", "text": "a\n",
		"names": "@a{k%d, author = {A B and {C D} and e, F and \\'E}}\n", "commands": "@a{k%d, t = {\\foo\\emph{\\\"o}$x$}}\n",
		"blanks in braces": "@a{k%d, author = {x {a" + strings.Repeat(" ", 1<<16) + "b}}}\n", "accents": "@a{k%d, t = {" +
			strings.Repeat(`\'{\"{`, 10) + strings.Repeat("}", 20) + "}}\n",
		"open comments": "@comment(", "open lines": "\n@comment(", "open values": "\n@a{k%d, t = {", "addresses": "a@b ",
		"deep": "@a{k%d, t = " + strings.Repeat("{", 40) + "x" + strings.Repeat("}", 40) + "}\n",
	} {
		t.Run(name, func(t *testing.T) {
			took := func(size int) time.Duration {
				var b strings.Builder
				for i := 0; b.Len() < size; i++ {
					if strings.Contains(unit, "%d") {
						fmt.Fprintf(&b, unit, i)
					} else {
						b.WriteString(unit)
					}
				}
				begun := time.Now()
				if _, list := Read("r.bib", []byte(b.String())); len(list) > 100 {
					t.Errorf("%d diagnostics", len(list))
				}
				return time.Since(begun)
			}
			var small, large time.Duration
			for range 5 { // others use the processors too: one undisturbed time is enough
				small, large = took(1<<16), took(1<<19)
				if large <= 24*small+50*time.Millisecond {
					return
				}
			}
			t.Errorf("%v for 64 KiB and %v for 512 KiB", small, large)
		})
	}
}

// Reading a bibliography ends, and what it tells lies inside the text.
func FuzzRead(f *testing.F) {
	f.Add("@article{a, author = {A, B and {C}}, title = \"x {y} z\", year = 2025}")
	f.Add("@comment{x}@string{a = {b}}@a{")
	f.Fuzz(func(t *testing.T, text string) {
		sources, list := Read("r.bib", []byte(text))
		for key, s := range sources {
			if key == "" || s.Key != key {
				t.Errorf("%q has the key %q", key, s.Key)
			}
			_, _ = s.Short(), s.Long()
		}
		for _, d := range list {
			if d.Range.Start.Byte > len(text) || d.Range.End.Byte > len(text) || d.Range.End.Byte < d.Range.Start.Byte {
				t.Errorf("%+v lies outside of %d bytes", d.Range, len(text))
			}
		}
	})
}

package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"sdmap/internal/axis/performance"
	"sdmap/internal/benchmark"
)

// eeeVersion is that of the schemas of Every Eval Ever which the records follow.
const eeeVersion = "0.3.0"

// eeeFolder is where the records lie; below it paths are as that project's store of data has them.
const eeeFolder = "every_eval_ever"

// everyEvalEver writes a record for each model: one of all its scores, and one line an item beside it.
func (w *writer) everyEvalEver() error {
	for _, i := range w.Of {
		if slices.ContainsFunc(w.To, func(j int) bool { return w.There(i, j) }) {
			if err := w.eeeModel(i); err != nil {
				return fmt.Errorf("%s: %w", w.Study.Models[i].ID, err)
			}
		}
		for range w.To {
			if err := w.step(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) eeeModel(i int) error {
	digest := w.eeeDigest(i)
	study, model := component(w.Study.Name), component(w.Study.Models[i].ID)
	base := path.Join("data", study, study, model, uuid(digest))
	r := w.eeeRecord(i, study, model, digest)
	samples := base + "_samples.jsonl"
	sum, rows, err := w.eeeSamples(&r, i, path.Join(eeeFolder, samples))
	if err != nil {
		return err
	}
	r.Detailed = &eeeDetailed{"jsonl", samples, "sha256", sum, rows}
	text, err := indented(r)
	if err != nil {
		return err
	}
	return w.put(path.Join(eeeFolder, base+".json"), text)
}

// eeeSamples writes the answers of a model and adds its scores to the record.
func (w *writer) eeeSamples(r *eeeRecord, i int, path string) (digest string, rows int, err error) {
	f, err := w.file(path)
	if err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	for _, j := range w.To {
		if !w.There(i, j) || err != nil {
			continue
		}
		var n int
		n, err = w.eeeBenchmark(r, i, j, io.MultiWriter(f, sum))
		rows += n
	}
	return hex.EncodeToString(sum.Sum(nil)), rows, errors.Join(err, f.Close())
}

// eeeBenchmark writes a model's answers to a benchmark and adds its score to the record.
func (w *writer) eeeBenchmark(r *eeeRecord, i, j int, to io.Writer) (rows int, err error) {
	graded, err := w.Graded(i, j)
	if err != nil {
		return 0, err
	}
	b, sum := w.Answers.Benchmarks[j], w.Summary(j, graded)
	asked := performance.Asked(b, graded)
	resultID := ""
	if sum.Why == "" {
		result := w.eeeResult(b, asked, graded, sum)
		r.Results, resultID = append(r.Results, result), result.ID
	}
	for k, row := range w.rowsOf(i, j, graded, w.Texts) {
		text, err := line(eeeSampleOf(r, b, k, row, resultID))
		if err == nil {
			_, err = to.Write(text)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(graded), nil
}

// eeeDigest identifies what a model's record holds, in place of the time at which it was made.
func (w *writer) eeeDigest(i int) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "every eval ever %s\nstudy %q\nmodel %q\ntexts %v\n", eeeVersion, w.Study.Name, w.Study.Models[i].ID, w.Texts)
	for _, j := range w.To {
		if w.There(i, j) {
			fmt.Fprintf(h, "benchmark %q %s\nanswers %s\n", w.Study.Benchmarks[j].ID, w.Answers.Benchmarks[j].Digest(),
				w.cells[i][j].entry.Action)
		}
	}
	return h.Sum(nil)
}

// uuid is a digest in the form of a random identifier (version 4 of RFC 9562).
func uuid(digest []byte) string {
	b := slices.Clone(digest[:16])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// component makes a part of a path that all systems and the records' project take, of a name.
func component(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, strings.TrimRight(strings.TrimSpace(name), ". "))
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	reserved := []string{"", "DATA", "UNKNOWN", "CON", "PRN", "AUX", "NUL"}
	if slices.Contains(reserved, stem) || len(stem) == 4 && (stem[:3] == "COM" || stem[:3] == "LPT") {
		return "_" + name
	}
	return name
}

// seconds is the study's date as the records give times; 0 where it has none: no clock is read.
func seconds(date string) string {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return "0"
	}
	return strconv.FormatInt(at.Unix(), 10)
}

// eeeSampleOf is a row as the records have it. What they have no place for stands in its metadata. Only what counts names the
// result that it counts to, so that samples of a result average to its score.
func eeeSampleOf(r *eeeRecord, b *benchmark.Benchmark, k int, row Row, resultID string) eeeSample {
	s := eeeSample{Version: eeeVersion, Evaluation: r.ID, Model: r.Model.ID, Name: b.Spec.ID, Sample: row.Item,
		Interaction: "single_turn", Error: row.Error, Metadata: eeeMetadata(row), Attribution: []eeeAttribution{}}
	if row.Counts {
		s.Result = resultID
	}
	item := b.Items[k]
	s.Hash = eeeHash(item)
	s.Input = eeeInput{Raw: item.Question, Formatted: row.Prompt, Reference: references(item), Choices: row.Choices}
	if row.Prompt == nil {
		s.Input = numbered(row)
	}
	s.Output.Raw = []string{}
	if row.Score != nil {
		s.Grade = eeeGrade{*row.Score, row.IsRight()}
	}
	if said, extracted, ok := saidBy(row); ok {
		s.Output.Raw = []string{said}
		if extracted != nil {
			s.Attribution = []eeeAttribution{{0, "output.raw", *extracted, extractionMethod(row), true}}
		}
	}
	return s
}

// numbered is an item without its texts: its digest, and choices by their numbers.
func numbered(row Row) eeeInput {
	in := eeeInput{Raw: row.Digest, Reference: []string{}}
	for k, right := range row.Right {
		in.Choices = append(in.Choices, strconv.Itoa(k))
		if right {
			in.Reference = append(in.Reference, strconv.Itoa(k))
		}
	}
	return in
}

// saidBy is what a model said, as a text, and what of it was compared; without texts a choice is its number.
func saidBy(row Row) (said string, extracted *string, ok bool) {
	switch {
	case row.Text != nil:
		return *row.Text, row.Extracted, true
	case row.Chosen == nil:
		return "", nil, false
	}
	said = strconv.Itoa(int(*row.Chosen))
	if row.Choices != nil {
		said = row.Choices[*row.Chosen]
	}
	return said, &said, true
}

// IsRight says whether the answer is right: the choice is, or the text has the full score.
func (r Row) IsRight() bool {
	if r.Chosen != nil {
		return r.Right[*r.Chosen]
	}
	return r.Score != nil && *r.Score == 1
}

// references are the texts that are right.
func references(item benchmark.Item) []string {
	if len(item.References) > 0 {
		return item.References
	}
	if len(item.Choices) == 0 {
		return []string{item.Reference}
	}
	var out []string
	for k, right := range item.Right() {
		if right {
			out = append(out, item.Choices[k])
		}
	}
	return out
}

// eeeHash is the hash of question and references, with which records of one item are found.
func eeeHash(item benchmark.Item) string {
	sum := sha256.Sum256([]byte(item.Question + strings.Join(references(item), "")))
	return hex.EncodeToString(sum[:])
}

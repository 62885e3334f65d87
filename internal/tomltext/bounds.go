package tomltext

import "fmt"

// What a text may hold. The bounds are far above what people write: a study of a thousand benchmarks with thirty keys each
// holds a third of the values. They are there because a decoder's work can grow with the square of a depth or a length, so
// that a few kilobytes would cost gigabytes.
const (
	Deepest     = 8       // tables and lists inside each other, and parts of a dotted key
	LongestName = 256     // bytes of a key, or of one part of a dotted key
	LongestText = 1 << 20 // bytes of one text
	LongestList = 20_000  // elements of one list
	MostValues  = 100_000 // names of keys and tables, and elements of lists, together
)

// refuse notes the first bound that the text passes and ends the scan.
func (s *scanner) refuse(at Span, summary, detail string) {
	if s.fault == nil {
		s.fault = &Fault{at, summary, detail}
	}
	s.i = len(s.src)
}

func (s *scanner) checkDepth(at Span, depth int) {
	if depth > Deepest {
		s.refuse(at, fmt.Sprintf("more than %d tables and lists stand inside each other", Deepest),
			"Each part of a dotted key is a table inside the one before. Nothing that is read here lies deeper than "+
				"half of that.")
	}
}

func (s *scanner) checkName(at Span) {
	if n := at.End - at.Start; n > LongestName {
		s.refuse(Span{at.Start, at.Start + LongestName}, fmt.Sprintf("the name of a key is longer than %d bytes", LongestName),
			"Keys have names of a word or two.")
	}
}

func (s *scanner) checkText(at Span) {
	if n := at.End - at.Start; n > LongestText {
		s.refuse(Span{at.Start, at.Start + 1}, fmt.Sprintf("the text is longer than %d bytes", LongestText),
			"Texts of this length belong into a file of their own.")
	}
}

func (s *scanner) checkList(at Span, elements int) {
	if elements > LongestList {
		s.refuse(at, fmt.Sprintf("the list has more than %d elements", LongestList), "Use fewer, or a table of its own for each.")
	}
}

func (s *scanner) count(at Span) {
	if s.values++; s.values > MostValues {
		s.refuse(at, fmt.Sprintf("the file has more than %d names and elements of lists", MostValues),
			"Each part of a dotted key is a name. Divide the file: a thousand benchmarks with thirty keys each have a "+
				"third of that.")
	}
}

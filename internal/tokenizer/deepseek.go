package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// deepseekStages is the pre-tokenizer of DeepSeek LLM, one expression a stage:
//
//	[\r\n]   \s?[cased letters]+   \s?[signs]+   \s+$   [一-龥ࠀ-一가-퟿]+   \p{N}+
//
// The ranges are llama.cpp's. White space beyond ASCII is white space only there, never a sign or a letter.
var deepseekStages = []splitter{
	singles(func(r rune) bool { return r == '\r' || r == '\n' }),
	spaced(func(r rune) bool { return unicode.Is(deepseekLetters, r) }),
	spaced(func(r rune) bool { return unicode.Is(deepseekSigns, r) }),
	splitTrailingSpace,
	runs(func(r rune) bool { return unicode.Is(deepseekUncased, r) && !unicode.IsSpace(r) }),
	runs(isNumber),
}

// spaced makes a splitter that separates what matches \s?[in]+ from all else.
func spaced(in func(rune) bool) splitter {
	match := func(s string) int {
		lead := 0
		if class, size := front(s); class == space {
			lead = size
		}
		if first, _ := utf8.DecodeRuneInString(s[lead:]); lead == len(s) || !in(first) || unicode.IsSpace(first) {
			return 0
		}
		end := strings.IndexFunc(s[lead:], func(r rune) bool { return !in(r) || unicode.IsSpace(r) })
		if end < 0 {
			return len(s)
		}
		return lead + end
	}
	return func(s string) int {
		if n := match(s); n > 0 {
			return n
		}
		for i, size := 0, 0; i < len(s); i += size {
			if i > 0 && match(s[i:]) > 0 {
				return i
			}
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		return len(s)
	}
}

// splitTrailingSpace separates the white space at the end.
func splitTrailingSpace(s string) int {
	if text := strings.TrimRightFunc(s, unicode.IsSpace); text != "" {
		return len(text)
	}
	return len(s)
}

var (
	deepseekLetters = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x41, 0x5A, 1}, {0x61, 0x7A, 1}, {0xB5, 0xB5, 1}, {0xC0, 0xD6, 1}, {0xD8, 0xF6, 1}, {0xF8, 0x1BA, 1},
			{0x1BC, 0x1BF, 1}, {0x1C4, 0x293, 1}, {0x295, 0x2AF, 1}, {0x370, 0x373, 1}, {0x376, 0x377, 1},
			{0x37B, 0x37D, 1}, {0x37F, 0x37F, 1}, {0x386, 0x386, 1}, {0x388, 0x38A, 1}, {0x38C, 0x38C, 1},
			{0x38E, 0x3A1, 1}, {0x3A3, 0x3F5, 1}, {0x3F7, 0x481, 1}, {0x48A, 0x52F, 1}, {0x531, 0x556, 1},
			{0x10A0, 0x10C5, 1}, {0x13A0, 0x13F5, 1}, {0x13F8, 0x13FD, 1}, {0x1C90, 0x1CBA, 1}, {0x1CBD, 0x1CBF, 1},
			{0x1D00, 0x1D2B, 1}, {0x1D6B, 0x1D77, 1}, {0x1D79, 0x1D9A, 1}, {0x1E00, 0x1F15, 1}, {0x1F18, 0x1F1D, 1},
			{0x1F20, 0x1F45, 1}, {0x1F48, 0x1F4D, 1}, {0x1F50, 0x1F57, 1}, {0x1F59, 0x1F59, 1}, {0x1F5B, 0x1F5B, 1},
			{0x1F5D, 0x1F5D, 1}, {0x1F5F, 0x1F7D, 1}, {0x1F80, 0x1FB4, 1}, {0x1FB6, 0x1FBC, 1}, {0x1FBE, 0x1FBE, 1},
			{0x1FC2, 0x1FC4, 1}, {0x1FC6, 0x1FCC, 1}, {0x1FD0, 0x1FD3, 1}, {0x1FD6, 0x1FDB, 1}, {0x1FE0, 0x1FEC, 1},
			{0x1FF2, 0x1FF4, 1}, {0x1FF6, 0x1FFC, 1}, {0x2102, 0x2102, 1}, {0x2107, 0x2107, 1}, {0x210A, 0x2113, 1},
			{0x2115, 0x2115, 1}, {0x2119, 0x211D, 1}, {0x2124, 0x2124, 1}, {0x2126, 0x2126, 1}, {0x2128, 0x2128, 1},
			{0x212A, 0x212D, 1}, {0x212F, 0x2134, 1}, {0x2139, 0x2139, 1}, {0x213C, 0x213F, 1}, {0x2145, 0x2149, 1},
			{0x214E, 0x214E, 1}, {0x2183, 0x2184, 1}, {0x2C00, 0x2C7B, 1}, {0x2C7E, 0x2CE4, 1}, {0x2CEB, 0x2CEE, 1},
			{0x2CF2, 0x2CF3, 1}, {0xA640, 0xA66D, 1}, {0xA680, 0xA69B, 1}, {0xA722, 0xA76F, 1}, {0xA771, 0xA787, 1},
			{0xA78B, 0xA78E, 1}, {0xAB70, 0xABBF, 1}, {0xFB00, 0xFB06, 1}, {0xFB13, 0xFB17, 1}, {0xFF21, 0xFF3A, 1},
			{0xFF41, 0xFF5A, 1},
		},
		R32: []unicode.Range32{
			{0x10400, 0x1044F, 1}, {0x104B0, 0x104D3, 1}, {0x104D8, 0x104FB, 1}, {0x10C80, 0x10CB2, 1},
			{0x10CC0, 0x10CF2, 1}, {0x118A0, 0x118DF, 1}, {0x1E900, 0x1E943, 1},
		},
		LatinOffset: 5,
	}
	deepseekSigns = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x21, 0x2F, 1}, {0x3A, 0x7E, 1}, {0x2018, 0x201F, 1}, {0x3000, 0x3002, 1}, {0xFF01, 0xFF0F, 1},
			{0xFF1A, 0xFF5E, 1},
		},
		LatinOffset: 2,
	}
	deepseekUncased = &unicode.RangeTable{R16: []unicode.Range16{{0x800, 0x9FA5, 1}, {0xAC00, 0xD7FF, 1}}}
)

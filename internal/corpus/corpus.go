// Package corpus reads in-the-wild text and cuts it into pieces, the features of perplexity signatures.
//
// The pipeline: file -> documents -> pieces -> shards of whole documents. Two forms of file are read, gzip or not: plain
// text in which a line "%% id domain" starts each document, and JSON Lines whose rows hold text, id and domain.
//
// The opinion: pieces are cut on white space alone, so that every model, whatever its tokenizer, is scored on the same
// strings; and context never crosses a document, so a shard is made of whole ones.
package corpus

import (
	"crypto/sha256"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Corpus is the text behind signatures.
type Corpus struct {
	Docs   []Document // in the order of the file
	Digest string     // "sha256:<hex>" of ids, domains and texts
}

// Document is one text from one source.
type Document struct {
	ID     string
	Domain string
	Text   string
	Pieces []Piece // in order; together they are Text without the white space at its end
}

// Piece is the bytes [Start, End) of a document's text: a run of characters other than white space, with the white space
// before it.
type Piece struct{ Start, End int }

// Shard is a run of whole documents: the work of one action for each model.
type Shard struct {
	First      int        // index in Corpus.Docs of its first document
	FirstPiece int        // number of pieces in the documents before it
	Pieces     int        // number of its pieces
	Docs       []Document // shares memory with the corpus
	Digest     string     // "sha256:<hex>" of its ids, domains and texts
}

// PieceCount is the number of pieces of all documents.
func (c *Corpus) PieceCount() int { return countPieces(c.Docs) }

func countPieces(docs []Document) int {
	n := 0
	for _, d := range docs {
		n += len(d.Pieces)
	}
	return n
}

// Shards cuts the corpus into runs of whole documents of at most maxPieces pieces; a longer document is a shard of its own.
func (c *Corpus) Shards(maxPieces int) []Shard {
	var shards []Shard
	first, pieces, before := 0, 0, 0
	closeAt := func(end int) {
		if end > first {
			docs := c.Docs[first:end:end]
			shards = append(shards, Shard{First: first, FirstPiece: before, Pieces: pieces, Docs: docs, Digest: digestOf(docs)})
			first, pieces, before = end, 0, before+pieces
		}
	}
	for i, d := range c.Docs {
		if pieces+len(d.Pieces) > maxPieces {
			closeAt(i)
		}
		pieces += len(d.Pieces)
	}
	closeAt(len(c.Docs))
	return shards
}

// Cut finds the pieces of a text. White space is Unicode's; white space at the end belongs to no piece.
func Cut(text string) []Piece {
	var pieces []Piece
	start, inWord := 0, false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		space := unicode.IsSpace(r)
		if inWord && space {
			pieces = append(pieces, Piece{start, i})
			start = i
		}
		inWord = !space
		i += size
	}
	if inWord {
		pieces = append(pieces, Piece{start, len(text)})
	}
	return pieces
}

// digestOf hashes quoted texts, so that no two different lists look alike.
func digestOf(docs []Document) string {
	h := sha256.New()
	fmt.Fprintln(h, "corpus/1")
	for _, d := range docs {
		fmt.Fprintf(h, "%q %q %q\n", d.ID, d.Domain, d.Text)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}

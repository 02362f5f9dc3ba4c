// Package lang knows as much of the query language as is needed to adapt a text before it is asked: where its stages
// begin, what they group by, which words they look for. It refuses nothing: the server alone decides what is a query.
package lang

import "strings"

// Span is a piece of a text, by its first byte and the one behind its last.
type Span struct{ Start, End int }

// In is what the text holds there.
func (s Span) In(text string) string { return text[s.Start:s.End] }

// Split gives the pieces of text[within] between the separators that stand in no quotes and no parentheses, without the
// white space around them.
func Split(text string, within Span, separator byte) []Span {
	var pieces []Span
	start := within.Start
	eachPlain(text, within, func(at, depth int) {
		if depth == 0 && text[at] == separator {
			pieces = append(pieces, trimmed(text, Span{start, at}))
			start = at + 1
		}
	})
	return append(pieces, trimmed(text, Span{start, within.End}))
}

// Stages gives the search and the stages of a query.
func Stages(text string) []Span { return Split(text, Span{0, len(text)}, '|') }

// eachPlain calls visit for each byte that is in no quotes and not escaped, with the number of open parentheses around it.
func eachPlain(text string, within Span, visit func(at, depth int)) {
	depth := 0
	for at := within.Start; at < within.End; at++ {
		switch text[at] {
		case '\\':
			at++
		case '"', '`':
			at = endOfQuotes(text, at, within.End)
		case '(':
			visit(at, depth)
			depth++
		case ')':
			depth = max(0, depth-1)
			visit(at, depth)
		default:
			visit(at, depth)
		}
	}
}

// endOfQuotes is where the quotes end that begin at start, or the end of the piece.
func endOfQuotes(text string, start, end int) int {
	for at := start + 1; at < end; at++ {
		switch text[at] {
		case '\\':
			at++
		case text[start]:
			return at
		}
	}
	return end
}

func trimmed(text string, span Span) Span {
	piece := span.In(text)
	left := len(piece) - len(strings.TrimLeft(piece, whiteSpace))
	return Span{span.Start + left, span.Start + max(left, len(strings.TrimRight(piece, whiteSpace)))}
}

const whiteSpace = " \t\r\n"

// word finds a word that stands alone, outside quotes and parentheses.
func word(text string, within Span, wanted string) (Span, bool) {
	found, ok := Span{}, false
	eachPlain(text, within, func(at, depth int) {
		end := at + len(wanted)
		if ok || depth > 0 || end > within.End || text[at:end] != wanted {
			return
		}
		if (at == within.Start || isBorder(text[at-1])) && (end == within.End || isBorder(text[end])) {
			found, ok = Span{at, end}, true
		}
	})
	return found, ok
}

func isBorder(character byte) bool { return strings.IndexByte(whiteSpace+",()|\"`", character) >= 0 }

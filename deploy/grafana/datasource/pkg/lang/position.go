package lang

import (
	"strings"
	"unicode/utf8"
)

// Position is a place in a text as people count: lines and characters, from 1.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Offset is the byte at a position; of a position that is not in the text, the nearest one.
func (p Position) Offset(text string) int {
	start := 0
	for line := 1; line < p.Line; line++ {
		next := strings.IndexByte(text[start:], '\n')
		if next < 0 {
			return len(text)
		}
		start += next + 1
	}
	for column := 1; column < p.Column && start < len(text) && text[start] != '\n'; column++ {
		_, width := utf8.DecodeRuneInString(text[start:])
		start += width
	}
	return start
}

// PositionOf is the position of a byte.
func PositionOf(text string, offset int) Position {
	before := text[:min(offset, len(text))]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return Position{strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[lineStart:]) + 1}
}

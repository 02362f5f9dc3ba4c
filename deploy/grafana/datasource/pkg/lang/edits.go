package lang

import "strings"

// Edit replaces a piece of a text.
type Edit struct {
	Span
	Text string
}

// Edits are replacements in one text, in the order of their places, without overlap.
type Edits []Edit

// Apply makes the new text.
func (e Edits) Apply(text string) string {
	var out strings.Builder
	end := 0
	for _, edit := range e {
		out.WriteString(text[end:edit.Start])
		out.WriteString(edit.Text)
		end = edit.End
	}
	out.WriteString(text[end:])
	return out.String()
}

// Origin tells where in the old text a place of the new one comes from: of what was put in, the start of what it
// replaced.
func (e Edits) Origin(offset int) int {
	shift := 0
	for _, edit := range e {
		if start := edit.Start + shift; offset < start {
			break
		} else if offset < start+len(edit.Text) {
			return edit.Start
		}
		shift += len(edit.Text) - (edit.End - edit.Start)
	}
	return offset - shift
}

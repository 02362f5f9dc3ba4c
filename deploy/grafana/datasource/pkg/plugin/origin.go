package plugin

import (
	"logstore-datasource/pkg/client"
	"logstore-datasource/pkg/lang"
)

// origin is a text and what was done to it, one edit after the other.
type origin struct {
	text  string
	steps []lang.Edits
}

func (o *origin) then(edits lang.Edits) { o.steps = append(o.steps, edits) }

func (o *origin) result() string {
	text := o.text
	for _, edits := range o.steps {
		text = edits.Apply(text)
	}
	return text
}

// position leads a place in the result back to the text.
func (o *origin) position(place lang.Position) lang.Position {
	offset := place.Offset(o.result())
	for index := len(o.steps) - 1; index >= 0; index-- {
		offset = o.steps[index].Origin(offset)
	}
	return lang.PositionOf(o.text, offset)
}

// placed is an error with its place in the text as it was written.
func (o *origin) placed(refusal *client.RefusalError) *client.RefusalError {
	if refusal.Line == 0 {
		return refusal
	}
	here := *refusal
	place := o.position(lang.Position{Line: refusal.Line, Column: refusal.Column})
	here.Line, here.Column = place.Line, place.Column
	return &here
}

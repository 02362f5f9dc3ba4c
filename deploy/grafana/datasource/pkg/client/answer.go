package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

const (
	arrowType  = "application/vnd.apache.arrow.stream"
	factsKey   = "logstore.facts"
	errorKey   = "logstore.error"
	fieldKey   = "logstore.field"
	kindKey    = "logstore.kind"
	moreColumn = "_more"
)

// Facts are what an answer says beside its rows.
type Facts struct {
	// CutAt is the limit that cut the answer; nil when it is whole.
	CutAt   *int64   `json:"cut_at"`
	Notices []string `json:"notices"`
	// Outside is how many matching events lie outside the window of an empty answer, Newest when the newest of them was.
	Outside  *int64           `json:"outside"`
	Newest   *string          `json:"newest"`
	ElapsedS float64          `json:"elapsed_s"`
	Read     map[string]int64 `json:"read"`
	// Partial is what the answer lacks; nil when it is whole.
	Partial  *Partial `json:"partial"`
	Snapshot *string  `json:"snapshot"`
	Next     *string  `json:"next"`
}

// Partial is what an answer lacks because it is damaged or out of reach.
type Partial struct {
	Parts       int64  `json:"parts"`
	Events      int64  `json:"events"`
	From        string `json:"from"`
	To          string `json:"to"`
	Unreachable string `json:"unreachable"`
}

// Answer are the rows of an answer, field by field, and its facts.
type Answer struct {
	Rows   int
	Fields []*Field
	Facts  Facts
	more   *array.Map
}

// Field gives the field of a name; nil when the answer has none.
func (a *Answer) Field(name string) *Field {
	for _, field := range a.Fields {
		if field.Name == name {
			return field
		}
	}
	return nil
}

// More calls visit for each rare field of a row with its value as JSON text.
func (a *Answer) More(row int, visit func(name, value string)) {
	if a.more == nil || a.more.IsNull(row) {
		return
	}
	names, values := a.more.Keys().(*array.String), a.more.Items().(*array.String)
	start, end := a.more.ValueOffsets(row)
	for at := start; at < end; at++ {
		visit(names.Value(int(at)), values.Value(int(at)))
	}
}

// readAnswer reads an answer to its end. Half an answer is an error.
func readAnswer(stream io.Reader) (*Answer, error) {
	reader, err := ipc.NewReader(stream)
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	answer := &Answer{}
	pieces := make([][]arrow.Array, reader.Schema().NumFields())
	ended := false
	for reader.Next() {
		batch := reader.RecordBatch()
		for index, column := range batch.Columns() {
			column.Retain()
			pieces[index] = append(pieces[index], column)
		}
		answer.Rows += int(batch.NumRows())
		if ended, err = answer.readEnd(batch); err != nil {
			return nil, err
		}
	}
	if err := reader.Err(); err != nil {
		return nil, err
	}
	if !ended {
		return nil, errors.New("the server ended the connection in the middle of its answer")
	}
	return answer, answer.join(reader.Schema(), pieces)
}

// readEnd takes the facts from the batch that ends an answer; false for all others.
func (a *Answer) readEnd(batch arrow.RecordBatch) (bool, error) {
	told, ok := batch.(arrow.RecordBatchWithMetadata)
	if !ok {
		return false, nil
	}
	metadata := told.Metadata()
	if text, ok := metadata.GetValue(errorKey); ok {
		return true, lateRefusal(text)
	}
	text, ok := metadata.GetValue(factsKey)
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal([]byte(text), &a.Facts); err != nil {
		return true, fmt.Errorf("the facts of the answer: %w", err)
	}
	return true, nil
}

// lateRefusal is an error that came up after the first rows had been sent.
func lateRefusal(text string) error {
	refusal := struct {
		RefusalError
		Status int `json:"status"`
	}{Status: http.StatusInternalServerError}
	if err := json.Unmarshal([]byte(text), &refusal); err != nil {
		return fmt.Errorf("the error that ended the answer: %w", err)
	}
	refusal.RefusalError.Status, refusal.RefusalError.IsLogstore = refusal.Status, true
	return &refusal.RefusalError
}

func (a *Answer) join(schema *arrow.Schema, pieces [][]arrow.Array) error {
	for index, described := range schema.Fields() {
		joined, err := array.Concatenate(pieces[index], memory.DefaultAllocator)
		if err != nil {
			return fmt.Errorf("column %s: %w", described.Name, err)
		}
		name, ok := described.Metadata.GetValue(fieldKey)
		if more, isMap := joined.(*array.Map); isMap && !ok && described.Name == moreColumn {
			a.more = more
			continue
		}
		kind, _ := described.Metadata.GetValue(kindKey)
		a.add(name, column{Kind(kind), joined})
	}
	return nil
}

func (a *Answer) add(name string, column column) {
	field := a.Field(name)
	if field == nil {
		field = &Field{Name: name}
		a.Fields = append(a.Fields, field)
	}
	field.columns = append(field.columns, column)
}

package frames

import (
	"encoding/json"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/pkg/client"
)

// The column of a table with the fields of a row that are rare.
const moreField = "_more"

// Table makes a frame with the columns of an answer. A field whose values are of several kinds becomes text.
func Table(answer *client.Answer, asked Asked) *data.Frame {
	frame := data.NewFrame("")
	for _, field := range answer.Fields {
		frame.Fields = append(frame.Fields, data.NewField(field.Name, nil, columnOf(field, answer.Rows)))
	}
	if more, ok := moreColumn(answer); ok {
		frame.Fields = append(frame.Fields, data.NewField(moreField, nil, more))
	}
	frame.Meta = newMeta("", data.FrameTypeVersion{}, data.VisTypeTable, asked, answer.Facts)
	frame.AppendNotices(cutNotice(answer.Facts)...)
	return frame
}

func columnOf(field *client.Field, rows int) any {
	switch {
	case field.IsTime():
		return values(rows, func(row int) (time.Time, bool) { return field.Time(row) })
	case field.Only(client.Int):
		return values(rows, field.Int)
	case field.IsNumber():
		return values(rows, field.Number)
	case field.Only(client.Bool):
		return values(rows, field.Bool)
	}
	return values(rows, field.Text)
}

func values[T any](rows int, at func(row int) (T, bool)) []*T {
	column := make([]*T, rows)
	for row := range column {
		if value, ok := at(row); ok {
			column[row] = &value
		}
	}
	return column
}

func moreColumn(answer *client.Answer) ([]*json.RawMessage, bool) {
	any := false
	column := values(answer.Rows, func(row int) (json.RawMessage, bool) {
		rare := map[string]string{}
		answer.More(row, func(name, value string) { rare[name] = TextOf(json.RawMessage(value)) })
		any = any || len(rare) > 0
		return asJSON(rare), len(rare) > 0
	})
	return column, any
}

package client

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Kind is what a value was sent as.
type Kind string

// The kinds of values.
const (
	Bool  Kind = "bool"
	Int   Kind = "int"
	Uint  Kind = "uint"
	Float Kind = "float"
	Text  Kind = "text"
	JSON  Kind = "json"
	Time  Kind = "time"
)

// Field is a field of an answer. Its values may be of several kinds, each row's of one.
type Field struct {
	Name    string
	columns []column
}

type column struct {
	kind   Kind
	values arrow.Array
}

// Only says whether all values are of these kinds.
func (f *Field) Only(kinds ...Kind) bool {
	for _, column := range f.columns {
		allowed := false
		for _, kind := range kinds {
			allowed = allowed || column.kind == kind
		}
		if !allowed {
			return false
		}
	}
	return true
}

// IsNumber says whether all values are numbers.
func (f *Field) IsNumber() bool { return f.Only(Int, Uint, Float) }

// IsTime says whether all values are times.
func (f *Field) IsTime() bool { return f.Only(Time) }

// Time is a row's time; false when it has none.
func (f *Field) Time(row int) (time.Time, bool) {
	if column, ok := f.at(row); ok && column.kind == Time {
		return column.time(row), true
	}
	return time.Time{}, false
}

// Int is a row's whole number; false when it has none of 64 bits with sign.
func (f *Field) Int(row int) (int64, bool) {
	column, ok := f.at(row)
	if !ok || column.kind != Int {
		return 0, false
	}
	return column.values.(*array.Int64).Value(row), true
}

// Bool is a row's truth; false, false when it has none.
func (f *Field) Bool(row int) (value, ok bool) {
	column, ok := f.at(row)
	if !ok || column.kind != Bool {
		return false, false
	}
	return column.values.(*array.Boolean).Value(row), true
}

// Number is a row's number; false when its value is none.
func (f *Field) Number(row int) (float64, bool) {
	column, ok := f.at(row)
	if !ok {
		return 0, false
	}
	switch values := column.values.(type) {
	case *array.Int64:
		return float64(values.Value(row)), true
	case *array.Uint64:
		return float64(values.Value(row)), true
	case *array.Float64:
		return values.Value(row), true
	}
	return 0, false
}

// Text is a row's value as text, whatever its kind; false when it is missing.
func (f *Field) Text(row int) (string, bool) {
	column, ok := f.at(row)
	if !ok {
		return "", false
	}
	return column.text(row), true
}

func (f *Field) at(row int) (column, bool) {
	for _, column := range f.columns {
		if column.values.IsValid(row) {
			return column, true
		}
	}
	return column{}, false
}

func (c column) text(row int) string {
	switch values := c.values.(type) {
	case *array.String:
		return values.Value(row)
	case *array.Int64:
		return strconv.FormatInt(values.Value(row), 10)
	case *array.Uint64:
		return strconv.FormatUint(values.Value(row), 10)
	case *array.Float64:
		return FloatText(values.Value(row))
	case *array.Boolean:
		return strconv.FormatBool(values.Value(row))
	case *array.Timestamp:
		return c.time(row).Format(time.RFC3339Nano)
	}
	return c.values.ValueStr(row)
}

func (c column) time(row int) time.Time {
	return time.Unix(0, int64(c.values.(*array.Timestamp).Value(row))).UTC()
}

// FloatText writes a float as the server does: as JSON, and by name where JSON has no number for it.
func FloatText(value float64) string {
	switch {
	case math.IsNaN(value):
		return "NaN"
	case math.IsInf(value, 1):
		return "Infinity"
	case math.IsInf(value, -1):
		return "-Infinity"
	}
	text, _ := json.Marshal(value)
	return string(text)
}

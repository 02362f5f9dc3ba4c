// Package answers makes answers as a Logstore server writes them, for tests.
package answers

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"logstore-datasource/pkg/client"
)

// Column is a column of an answer: a value for each row, nil where it has none.
type Column struct {
	Field  string
	Kind   client.Kind
	Values []any
}

// More is the column of rare fields: for each row their names and their values as JSON text.
type More []map[string]string

var types = map[client.Kind]arrow.DataType{
	client.Bool: arrow.FixedWidthTypes.Boolean, client.Int: arrow.PrimitiveTypes.Int64, client.Uint: arrow.PrimitiveTypes.Uint64,
	client.Float: arrow.PrimitiveTypes.Float64, client.Text: arrow.BinaryTypes.String, client.JSON: arrow.BinaryTypes.String,
	client.Time: &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"},
}

// Stream is an answer in the format arrow, with what its last batch tells under a key.
func Stream(t *testing.T, columns []Column, more More, key, told string) []byte {
	t.Helper()
	var described []arrow.Field
	var arrays, empty []arrow.Array
	for index, column := range columns {
		metadata := arrow.NewMetadata([]string{"logstore.field", "logstore.kind"}, []string{column.Field, string(column.Kind)})
		name := column.Field
		if index > 0 && columns[index-1].Field == name {
			name += "#" + string(column.Kind)
		}
		described = append(described, arrow.Field{Name: name, Type: types[column.Kind], Nullable: true, Metadata: metadata})
		arrays, empty = append(arrays, valuesOf(column)), append(empty, valuesOf(Column{Kind: column.Kind}))
	}
	if more != nil {
		described = append(described, arrow.Field{Name: "_more", Type: moreType, Nullable: true})
		arrays, empty = append(arrays, moreOf(more)), append(empty, moreOf(nil))
	}
	schema := arrow.NewSchema(described, nil)
	var out bytes.Buffer
	writer := ipc.NewWriter(&out, ipc.WithSchema(schema))
	rows := int64(0)
	if len(arrays) > 0 {
		rows = int64(arrays[0].Len())
	}
	must(t, writer.Write(array.NewRecordBatch(schema, arrays, rows)))
	if key != "" {
		must(t, writer.Write(array.NewRecordBatchWithMetadata(schema, empty, 0, arrow.NewMetadata([]string{key}, []string{told}))))
	}
	must(t, writer.Close())
	return out.Bytes()
}

// Read is what the client makes of an answer with these columns and facts.
func Read(t *testing.T, columns []Column, more More, facts string) *client.Answer {
	t.Helper()
	answer, err := Ask(t, Stream(t, columns, more, "logstore.facts", facts))
	must(t, err)
	return answer
}

// Ask is what the client makes of a response with this body.
func Ask(t *testing.T, body []byte) (*client.Answer, error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "application/vnd.apache.arrow.stream")
		_, _ = writer.Write(body)
	}))
	defer server.Close()
	asker, err := client.New(server.URL, server.Client(), server.Client())
	must(t, err)
	return asker.Query(t.Context(), client.Question{Text: "*"})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func valuesOf(column Column) arrow.Array {
	builder := array.NewBuilder(memory.DefaultAllocator, types[column.Kind])
	for _, value := range column.Values {
		appendTo(builder, value)
	}
	return builder.NewArray()
}

func appendTo(builder array.Builder, value any) {
	switch value := value.(type) {
	case bool:
		builder.(*array.BooleanBuilder).Append(value)
	case int:
		builder.(*array.Int64Builder).Append(int64(value))
	case uint64:
		builder.(*array.Uint64Builder).Append(value)
	case float64:
		builder.(*array.Float64Builder).Append(value)
	case string:
		builder.(*array.StringBuilder).Append(value)
	case time.Time:
		builder.(*array.TimestampBuilder).Append(arrow.Timestamp(value.UnixNano()))
	default:
		builder.AppendNull()
	}
}

var moreType = arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.String)

func moreOf(rows More) arrow.Array {
	builder := array.NewMapBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String, arrow.BinaryTypes.String, false)
	for _, row := range rows {
		builder.Append(true)
		for name, value := range row {
			builder.KeyBuilder().(*array.StringBuilder).Append(name)
			builder.ItemBuilder().(*array.StringBuilder).Append(value)
		}
	}
	return builder.NewArray()
}

package plugin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"

	"logstore-datasource/pkg/client"
	"logstore-datasource/pkg/macros"
)

// passed are the routes of the server's API that editors may ask as they are. Whatever is not on a list is not to be
// had through Grafana: above all not what writes or deletes.
var passed = []string{"complete", "context", "histogram"}

const (
	defaultValues = 1000
	// Where no time is given, fields and values are those of so much time before now.
	defaultWindow = time.Hour
)

func (d *Datasource) resources() backend.CallResourceHandler {
	routes := map[string]http.HandlerFunc{
		"GET /fields":        answering(d.fields),
		"GET /fields/values": answering(d.fieldValues),
		"GET /parse":         answering(d.parse),
		"GET /explain":       answering(d.explain),
	}
	for _, name := range passed {
		routes["GET /"+name], routes["POST /"+name] = d.pass, d.pass
	}
	return httpadapter.New(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		// Paths are compared as they are: none leads to a route by way of another.
		if route, ok := routes[request.Method+" "+request.URL.Path]; ok {
			route(writer, request)
			return
		}
		tell(writer, http.StatusNotFound, map[string]string{"message": "this data source has no resource " + request.Method + " " + request.URL.Path})
	}))
}

// answering makes a handler of what gives a value to tell as JSON, or an error.
func answering(answer func(ctx context.Context, asked url.Values) (any, error)) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		value, err := answer(request.Context(), request.URL.Query())
		var refusal *client.RefusalError
		switch {
		case err == nil:
			tell(writer, http.StatusOK, value)
		case errors.As(err, &refusal):
			tell(writer, refusal.Status, map[string]any{"message": explained(err), "error": faultOf(refusal)})
		default:
			tell(writer, int(statusOf(err)), map[string]string{"message": explained(err)})
		}
	}
}

func tell(writer http.ResponseWriter, status int, value any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	// Whoever asked may have left.
	_ = json.NewEncoder(writer).Encode(value)
}

type fieldInfo struct {
	Name string `json:"name"`
	// Kinds of its values; rare fields have none.
	Kinds string `json:"kinds,omitempty"`
	Rare  bool   `json:"rare,omitempty"`
}

// fields lists the fields that events of a search may have.
func (d *Datasource) fields(ctx context.Context, asked url.Values) (any, error) {
	question, err := questionOf(asked)
	if err != nil {
		return nil, err
	}
	lines, err := d.server.Fields(ctx, question.Question)
	if err != nil {
		return nil, err
	}
	defer lines.Close()
	found := []fieldInfo{}
	decoder := json.NewDecoder(bufio.NewReader(lines))
	for {
		var line struct {
			Field string `json:"field"`
			Kinds string `json:"kinds"`
			Rare  bool   `json:"rare"`
		}
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			return map[string]any{"fields": found}, nil
		} else if err != nil {
			return nil, err
		}
		found = append(found, fieldInfo{line.Field, line.Kinds, line.Rare})
	}
}

type fieldValue struct {
	Value string `json:"value"`
	Count int64  `json:"count,omitempty"`
}

// fieldValues lists the values of a field that are most frequent among the events of a search, of those that begin so.
func (d *Datasource) fieldValues(ctx context.Context, asked url.Values) (any, error) {
	question, err := questionOf(asked)
	if err != nil {
		return nil, err
	}
	name := asked.Get("field")
	if name == "" {
		return nil, badRequest("the parameter field is missing")
	}
	question.Limit, err = strconv.ParseInt(asked.Get("limit"), 10, 64)
	if err != nil || question.Limit <= 0 || question.Limit > defaultValues {
		question.Limit = defaultValues
	}
	answer, err := d.server.FieldValues(ctx, question.Question, name, asked.Get("prefix"))
	if err != nil {
		return nil, err
	}
	found := []fieldValue{}
	values, counts := answer.Field(client.ValueField), answer.Field(client.CountField)
	for row := range answer.Rows {
		if values == nil || counts == nil {
			break
		}
		if text, ok := values.Text(row); ok {
			count, _ := counts.Int(row)
			found = append(found, fieldValue{text, count})
		}
	}
	return map[string]any{"values": found}, nil
}

// parsed is what the front end is told of a text.
type parsed struct {
	Canonical string `json:"canonical,omitempty"`
	Error     *fault `json:"error,omitempty"`
}

// parse tells whether a text is a query, and where not. What is wrong with it is an answer, not an error.
func (d *Datasource) parse(ctx context.Context, asked url.Values) (any, error) {
	question, err := questionOf(asked)
	if err != nil {
		return nil, err
	}
	told, err := d.server.Parse(ctx, question.Question)
	if err != nil {
		return nil, err
	}
	if told.Error != nil {
		wrong := faultOf(question.written.placed(told.Error))
		return parsed{Error: &wrong}, nil
	}
	if question.Text != question.written.text {
		// Nobody wants the interval of this moment in place of a macro.
		return parsed{}, nil
	}
	return parsed{Canonical: told.Canonical}, nil
}

// explain tells how a query would be answered.
func (d *Datasource) explain(ctx context.Context, asked url.Values) (any, error) {
	question, err := questionOf(asked)
	if err != nil {
		return nil, err
	}
	text, err := d.server.Explain(ctx, question.Question)
	if err != nil {
		return nil, err
	}
	return map[string]string{"text": text}, nil
}

// pass asks one of the passed routes as it is.
func (d *Datasource) pass(writer http.ResponseWriter, request *http.Request) {
	path := "/api/v1" + request.URL.Path
	response, err := d.server.Pass(request.Context(), request.Method, path, request.URL.RawQuery, request.Header.Get("Content-Type"), request.Body)
	if err != nil {
		tell(writer, int(statusOf(err)), map[string]string{"message": explained(err)})
		return
	}
	defer response.Body.Close()
	writer.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	writer.WriteHeader(response.StatusCode)
	_, _ = io.Copy(writer, response.Body)
}

// asking is a question, and how its text was written.
type asking struct {
	client.Question
	written origin
}

// questionOf reads the query and the time range of a request; times are milliseconds since 1970. Macros are filled in.
func questionOf(asked url.Values) (asking, error) {
	var made asking
	var err error
	if made.To, err = moment(asked.Get("to"), time.Now()); err != nil {
		return made, err
	}
	if made.From, err = moment(asked.Get("from"), made.To.Add(-defaultWindow)); err != nil {
		return made, err
	}
	made.written.text = asked.Get("query")
	made.written.then(macros.Expand(made.written.text, macros.Values{From: made.From, To: made.To, Interval: time.Minute, Auto: time.Minute}))
	if made.Text = made.written.result(); strings.TrimSpace(made.Text) == "" {
		made.Text = "*"
	}
	return made, nil
}

func moment(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	milliseconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return otherwise, badRequest("times are milliseconds since 1970, and " + text + " is none")
	}
	return time.UnixMilli(milliseconds), nil
}

func badRequest(message string) error {
	return &client.RefusalError{Status: http.StatusBadRequest, Message: message}
}

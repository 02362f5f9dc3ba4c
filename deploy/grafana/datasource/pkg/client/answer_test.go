package client_test

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"logstore-datasource/internal/answers"
	"logstore-datasource/pkg/client"
)

// A field whose values are of several kinds is one field; each row has its own value.
func TestFieldsOfSeveralKinds(t *testing.T) {
	answer := answers.Read(t, []answers.Column{
		{Field: "v", Kind: client.Int, Values: []any{1, nil, nil, nil}},
		{Field: "v", Kind: client.Float, Values: []any{nil, math.Inf(-1), nil, nil}},
		{Field: "v", Kind: client.Text, Values: []any{nil, nil, "x", nil}},
	}, nil, `{}`)
	field := answer.Field("v")
	if len(answer.Fields) != 1 || field.IsNumber() || !field.Only(client.Int, client.Float, client.Text) {
		t.Fatal(answer.Fields)
	}
	for row, wanted := range []string{"1", "-Infinity", "x", ""} {
		if text, ok := field.Text(row); text != wanted || ok != (wanted != "") {
			t.Errorf("%d: %q %v", row, text, ok)
		}
	}
	if number, ok := field.Number(1); !ok || !math.IsInf(number, -1) {
		t.Error(number)
	}
	if _, ok := field.Number(2); ok {
		t.Error("a text is a number")
	}
}

// What the server says beside the rows is read, whatever is missing.
func TestFacts(t *testing.T) {
	answer := answers.Read(t, nil, nil, `{"cut_at":5,"notices":["n"],"read":{"rows":7},"partial":{"parts":1,"events":2}}`)
	if *answer.Facts.CutAt != 5 || answer.Facts.Notices[0] != "n" || answer.Facts.Read["rows"] != 7 || answer.Facts.Partial.Events != 2 {
		t.Fatal(answer.Facts)
	}
}

// Half an answer is never taken for a whole one.
func TestHalfAnAnswer(t *testing.T) {
	column := []answers.Column{{Field: "v", Kind: client.Int, Values: []any{1}}}
	whole := answers.Stream(t, column, nil, "logstore.facts", `{}`)
	for _, body := range [][]byte{answers.Stream(t, column, nil, "", ""), whole[:len(whole)/2], {}} {
		if _, err := answers.Ask(t, body); err == nil {
			t.Errorf("%d bytes of %d are an answer", len(body), len(whole))
		}
	}
}

// An error that came up after the first rows is told like any other.
func TestLateErrors(t *testing.T) {
	column := []answers.Column{{Field: "v", Kind: client.Int, Values: []any{1}}}
	_, err := answers.Ask(t, answers.Stream(t, column, nil, "logstore.error", `{"message":"too long","hint":"ask less","status":422}`))
	var refusal *client.RefusalError
	if !errors.As(err, &refusal) || refusal.Status != 422 || refusal.Error() != "too long: ask less" {
		t.Fatal(err)
	}
}

// Errors have Logstore's words and places, or say at least what HTTP says.
func TestRefusals(t *testing.T) {
	for body, wanted := range map[string]string{
		`{"error":{"message":"no","hint":"so","line":2,"column":3,"diagram":"no (line 2, column 3)\n  x | y\n      ^^\nhint: so"}}`: "no (line 2, column 3): so",
		`<html>`: "the server answered 418 I'm a teapot",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
			writer.WriteHeader(http.StatusTeapot)
			_, _ = writer.Write([]byte(body))
		}))
		asker, err := client.New(server.URL+"/", server.Client(), server.Client())
		if err != nil {
			t.Fatal(err)
		}
		_, err = asker.Query(t.Context(), client.Question{})
		server.Close()
		var refusal *client.RefusalError
		if !errors.As(err, &refusal) || refusal.Error() != wanted || refusal.IsLogstore && refusal.MarkLength() != 2 {
			t.Error(err)
		}
	}
}

package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// RefusalError is an error that a server answered with.
type RefusalError struct {
	// Status is HTTP's.
	Status int `json:"-"`
	// IsLogstore says whether the error has the form of Logstore's.
	IsLogstore bool   `json:"-"`
	Message    string `json:"message"`
	Hint       string `json:"hint,omitempty"`
	// Line and Column count from 1; both are 0 when the error is not about a place in the query.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Diagram is the query with a mark under the fault.
	Diagram string `json:"diagram,omitempty"`
}

// Error says what is wrong, where, and what to do instead.
func (e *RefusalError) Error() string {
	said := e.Message
	if e.Line > 0 {
		said += fmt.Sprintf(" (line %d, column %d)", e.Line, e.Column)
	}
	if e.Hint != "" {
		said += ": " + e.Hint
	}
	return said
}

// MarkLength is how many characters the diagram marks; 0 when there is no mark.
func (e *RefusalError) MarkLength() int {
	for line := range strings.Lines(e.Diagram) {
		if marks := strings.TrimSpace(line); marks != "" && strings.Trim(marks, "^") == "" {
			return len(marks)
		}
	}
	return 0
}

// NotLogstoreError is an answer that no Logstore gives.
type NotLogstoreError struct {
	ContentType string
}

func (e *NotLogstoreError) Error() string {
	return fmt.Sprintf("the answer is no Logstore's (its content type is %q): is the URL right?", e.ContentType)
}

// An error is told in a few lines; a page of somebody else's is not worth more.
const maxErrorBytes = 64 << 10

func refusalOf(response *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	return refusalIn(body, response.StatusCode)
}

func refusalIn(body []byte, status int) *RefusalError {
	told := struct {
		Error RefusalError `json:"error"`
	}{}
	if json.Unmarshal(body, &told) == nil && told.Error.Message != "" {
		told.Error.Status, told.Error.IsLogstore = status, true
		return &told.Error
	}
	return &RefusalError{Status: status, Message: fmt.Sprintf("the server answered %d %s", status, http.StatusText(status))}
}

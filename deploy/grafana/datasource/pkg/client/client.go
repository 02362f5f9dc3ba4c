// Package client speaks to a Logstore server over HTTP.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const formType = "application/x-www-form-urlencoded"

// Client asks one server. Whatever it asks ends when its context does: the connection is closed, and the server gives
// the query up.
type Client struct {
	base *url.URL
	// asking gives up after the timeout of the settings, following goes on until somebody ends it.
	asking, following *http.Client
}

// New makes a client for the server at an URL.
func New(address string, asking, following *http.Client) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(strings.TrimSpace(address), "/"))
	if err != nil {
		return nil, fmt.Errorf("the URL of the data source is none: %w", err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fmt.Errorf("the URL of the data source is %q; it must look like http://logstore:24280", address)
	}
	return &Client{base: base, asking: asking, following: following}, nil
}

// Question is what a query is asked with.
type Question struct {
	Text string
	// From is in the window, To is not.
	From, To time.Time
	// Limit is how many rows are wanted at most; 0 leaves it to the server.
	Limit int64
	// IDs says whether rows that are events shall have their ids, in a column IDField.
	IDs bool
}

// IDField is the column of the ids of rows.
const IDField = "_row"

func (q Question) parameters() url.Values {
	form := q.window()
	if q.Limit > 0 {
		form.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.IDs {
		form.Set("ids", "true")
	}
	return form
}

func (q Question) window() url.Values {
	return url.Values{
		"query": {q.Text},
		"from":  {q.From.UTC().Format(time.RFC3339Nano)},
		"to":    {q.To.UTC().Format(time.RFC3339Nano)},
	}
}

// Query asks a query.
func (c *Client) Query(ctx context.Context, question Question) (*Answer, error) {
	return c.answer(ctx, "/api/v1/query", question.parameters())
}

// The columns of an answer to FieldValues.
const (
	ValueField = "value"
	CountField = "count"
)

// FieldValues asks for the values of a field that begin so, the most frequent first, and how many rows of a question have
// each.
func (c *Client) FieldValues(ctx context.Context, question Question, field, prefix string) (*Answer, error) {
	form := question.parameters()
	form.Set("field", field)
	form.Set("prefix", prefix)
	return c.answer(ctx, "/api/v1/field_values", form)
}

func (c *Client) answer(ctx context.Context, path string, form url.Values) (*Answer, error) {
	form.Set("format", "arrow")
	response, err := c.post(ctx, c.asking, path, form)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, arrowType) {
		return nil, &NotLogstoreError{ContentType: kind}
	}
	read, err := readAnswer(response.Body)
	return read, unreadable(err)
}

// unreadable says of an answer that broke off, or is none, that it is the answer's fault; what the server refused stays.
func unreadable(err error) error {
	var refusal *RefusalError
	if err == nil || errors.As(err, &refusal) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("the answer cannot be read (%w): did something between Grafana and Logstore cut it off or change it?", err)
}

// Explain tells how a query would be answered; what is no query is refused as it would be there.
func (c *Client) Explain(ctx context.Context, question Question) (string, error) {
	response, err := c.post(ctx, c.asking, "/api/v1/explain", question.window())
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// Parsed is what the server says of a text.
type Parsed struct {
	// Canonical is the one spelling that the query has among all that mean the same.
	Canonical string `json:"canonical"`
	// Error is what is wrong with it; nil when it is a query.
	Error *RefusalError `json:"error"`
}

// Parse tells what a text says; nothing is asked.
func (c *Client) Parse(ctx context.Context, question Question) (Parsed, error) {
	var told Parsed
	return told, c.told(ctx, http.MethodPost, "/api/v1/parse", question.window(), &told)
}

// Version is which server answers, and what its clock says.
type Version struct {
	Version string    `json:"version"`
	Time    time.Time `json:"time"`
}

// Version asks the server which one it is.
func (c *Client) Version(ctx context.Context) (Version, error) {
	var told Version
	return told, c.told(ctx, http.MethodGet, "/api/v1/version", nil, &told)
}

// told reads an answer that is one JSON value.
func (c *Client) told(ctx context.Context, method, path string, form url.Values, into any) error {
	contentType := ""
	if form != nil {
		contentType = formType
	}
	response, err := c.do(ctx, c.asking, method, path, contentType, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return unreadable(json.NewDecoder(response.Body).Decode(into))
}

// Fields lists the fields that the events of a search may have, as JSON lines.
func (c *Client) Fields(ctx context.Context, question Question) (io.ReadCloser, error) {
	response, err := c.post(ctx, c.asking, "/api/v1/fields", question.window())
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// Tail follows a query: JSON lines without an end, with empty ones now and then. Each line has the id of its event.
func (c *Client) Tail(ctx context.Context, text string) (io.ReadCloser, error) {
	response, err := c.post(ctx, c.following, "/api/v1/tail", url.Values{"query": {text}, "ids": {"true"}})
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// Pass sends a request on as it is, whatever the server answers.
func (c *Client) Pass(ctx context.Context, method, path, query, contentType string, body io.Reader) (*http.Response, error) {
	request, err := c.request(ctx, method, path, contentType, body)
	if err != nil {
		return nil, err
	}
	request.URL.RawQuery = query
	response, err := c.asking.Do(request)
	if err != nil {
		return nil, err
	}
	if err := notAPage(response); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

func (c *Client) post(ctx context.Context, by *http.Client, path string, form url.Values) (*http.Response, error) {
	return c.do(ctx, by, http.MethodPost, path, formType, strings.NewReader(form.Encode()))
}

// do gives a response that the caller must close, or the error that the server told.
func (c *Client) do(ctx context.Context, by *http.Client, method, path, contentType string, body io.Reader) (*http.Response, error) {
	request, err := c.request(ctx, method, path, contentType, body)
	if err != nil {
		return nil, err
	}
	response, err := by.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		return nil, refusalOf(response)
	}
	if err := notAPage(response); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

// notAPage refuses what no route of Logstore answers with: a proxy asks to log in, or something else is at this address.
func notAPage(response *http.Response) error {
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
		return &NotLogstoreError{ContentType: kind}
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath(path).String(), body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return request, nil
}

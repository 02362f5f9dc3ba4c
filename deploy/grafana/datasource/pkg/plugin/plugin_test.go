package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"logstore-datasource/pkg/client"
)

func query(t *testing.T, written model) backend.DataQuery {
	t.Helper()
	text, err := json.Marshal(written)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 22, 10, 0, 7, 0, time.UTC)
	span := backend.TimeRange{From: from, To: from.Add(time.Hour)}
	return backend.DataQuery{RefID: "A", JSON: text, TimeRange: span, Interval: 20 * time.Second, MaxDataPoints: 100}
}

// What is asked follows from the kind of the query: its text, its start, its limit.
func TestPrepare(t *testing.T) {
	for _, each := range []struct {
		written model
		text    string
		from    string
		limit   int64
	}{
		{model{Expr: "error"}, "error", "10:00:07", 500},
		{model{Expr: " "}, "*", "10:00:07", 500},
		{model{Expr: "error", MaxLines: 20}, "error", "10:00:07", 20},
		{model{Expr: "error", MaxLines: 1 << 30}, "error", "10:00:07", maxLinesCap},
		{model{Expr: "* | count", QueryType: tableQuery}, "* | count", "10:00:07", 500},
		{model{Expr: "error", QueryType: instantQuery}, "error | count", "10:00:07", maxRows},
		{model{Expr: "* | stats max(x)", QueryType: instantQuery}, "* | stats max(x)", "10:00:07", maxRows},
		{model{Expr: "* | count by bin($__interval)", QueryType: rangeQuery}, "* | count by bin(20s)", "10:00:00", maxRows},
		{model{Expr: "* | count by bin($__interval)", QueryType: rangeQuery, Step: "5m"}, "* | count by bin(5m)", "10:00:00", maxRows},
		{model{Expr: "* | count by bin($__interval)", QueryType: metricsQuery, Step: "$__range"}, "* | count by bin(1h)", "10:00:00", maxRows},
		{model{Expr: "* | count by a", QueryType: rangeQuery}, "* | count by bin(1m), a", "10:00:00", maxRows},
	} {
		made, err := prepare(query(t, each.written), settings{MaxLines: 500})
		if err != nil {
			t.Errorf("%v: %v", each.written, err)
			continue
		}
		asked := made.question
		if from := asked.From.UTC().Format(time.TimeOnly); asked.Text != each.text || from != each.from || asked.Limit != each.limit {
			t.Errorf("%v: %q %s %d", each.written, asked.Text, from, asked.Limit)
		}
		if asked.IDs != (made.kind == logsQuery) {
			t.Errorf("%v: ids %v", each.written, asked.IDs)
		}
	}
}

// What makes no question is refused before anything is asked.
func TestPrepareRefuses(t *testing.T) {
	for _, written := range []model{
		{Expr: "*", QueryType: "chart"},
		{Expr: "*", QueryType: rangeQuery, Step: "soon"},
		{Expr: "*", QueryType: rangeQuery, Step: "0s"},
		{Expr: "*", QueryType: rangeQuery, Step: "$width"},
	} {
		if made, err := prepare(query(t, written), settings{}); err == nil {
			t.Errorf("%v: %q", written, made.question.Text)
		}
	}
}

// A model that somebody wrote by hand tells which part of it is wrong.
func TestPrepareRefusesKinds(t *testing.T) {
	for written, said := range map[string]string{
		`{"expr": "*", "maxLines": "20"}`: "maxLines of the query must be of another kind than string",
		`{"expr": 5}`:                     "expr of the query must be of another kind than number",
		`[`:                               "no JSON",
	} {
		asked := query(t, model{})
		asked.JSON = []byte(written)
		if _, err := prepare(asked, settings{}); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %v", written, err)
		}
	}
}

// A bin of time whose width is none is left to the server, which tells where it is wrong.
func TestPrepareLeavesWidths(t *testing.T) {
	for _, text := range []string{"* | count by bin(0s)", "* | count by bin($width)"} {
		made, err := prepare(query(t, model{Expr: text, QueryType: rangeQuery}), settings{})
		if err != nil || made.question.Text != text || made.misfit != nil {
			t.Errorf("%s: %q %v", text, made.question.Text, err)
		}
	}
}

// What gives no numbers over time is known before anything is asked.
func TestPrepareFindsMisfits(t *testing.T) {
	for text, isMisfit := range map[string]bool{"* | top 3 a": true, "* | cuont": true, "* | count by a": false, "a": false} {
		made, err := prepare(query(t, model{Expr: text, QueryType: rangeQuery}), settings{})
		if err != nil || (made.misfit != nil) != isMisfit || made.question.Text == "" {
			t.Errorf("%s: %v %v %q", text, err, made.misfit, made.question.Text)
		}
	}
}

// Bins begin at multiples of their width, also before 1970.
func TestFloored(t *testing.T) {
	if found := floored(time.Unix(-1, 0), time.Minute); !found.Equal(time.Unix(-60, 0)) {
		t.Error(found)
	}
}

// Clocks are compared with the time that the question took left out.
func TestSkew(t *testing.T) {
	before := time.Unix(1000, 0)
	for ahead, wanted := range map[time.Duration]int64{-2 * time.Second: -2000, 0: 0, time.Second: 0, 5 * time.Second: 3000} {
		if found := skewOf(before.Add(ahead), before, 2*time.Second); found != wanted {
			t.Errorf("%v: %d", ahead, found)
		}
	}
	if text := (health{Version: "1", ClockSkewMS: -3000}).text(); text != "Logstore 1 answered in 0 ms: 0 events in the last 5 minutes. Its clock is 3s behind Grafana's: new lines may be missing from panels" {
		t.Error(text)
	}
}

// Settings that are not there have their defaults; those that are no JSON are refused.
func TestSettings(t *testing.T) {
	read, err := readSettings(nil)
	if err != nil || read.limit(0) != defaultMaxLines || read.limit(5) != 5 || read.TenantHeader != defaultTenantHeader {
		t.Error(read, err)
	}
	if _, err := readSettings(json.RawMessage(`{"maxLines":"many"}`)); err == nil {
		t.Error("many is a number")
	}
}

// A line of a tail has the shape of a line of an answer.
func TestLineOf(t *testing.T) {
	line, err := lineOf([]byte(`{"time":"2026-11-22T10:00:00.123456789Z","message":"m","level":"warn","tag":"t","n":1.50,"list":[1]}`))
	if err != nil || line.Body != "m" || *line.Severity != "warn" || line.Time.Nanosecond() != 123456789 {
		t.Fatal(line, err)
	}
	for index, wanted := range []string{"level=warn", "list=[1]", "n=1.50", "tag=t"} {
		if label := line.Labels[index]; label.Name+"="+label.Value != wanted {
			t.Error(label)
		}
	}
	if _, err := lineOf([]byte(`nothing`)); err == nil {
		t.Error("nothing is a line")
	}
}

// Whatever goes wrong on the way to the server is told with what to do about it, and with a status that fits.
func TestExplained(t *testing.T) {
	onTheWay := func(err error) error { return &url.Error{Op: "Post", URL: "http://logs:1/api/v1/query", Err: err} }
	for _, each := range []struct {
		err    error
		said   string
		status int
	}{
		{onTheWay(&net.DNSError{Name: "logs", IsTimeout: true}), "the host logs is not known", http.StatusGatewayTimeout},
		{onTheWay(context.DeadlineExceeded), "did not answer in time", http.StatusGatewayTimeout},
		{onTheWay(context.Canceled), "was cancelled", statusCancelled},
		{onTheWay(errors.New("connection refused")), "http://logs:1 cannot be reached (connection refused)", http.StatusBadGateway},
		{&client.RefusalError{Status: http.StatusForbidden}, "may not ask this server (403)", http.StatusForbidden},
		{&client.RefusalError{Status: http.StatusNotFound, Message: "nothing", IsLogstore: true}, "does not know what was asked (nothing)", http.StatusNotFound},
		{&client.RefusalError{Status: 422, Message: "too much", Hint: "ask less", IsLogstore: true}, "too much: ask less", 422},
		{&client.RefusalError{Status: 429}, "takes no more requests now (429 Too Many Requests)", 429},
		{&client.RefusalError{Status: 503}, "a proxy answered 503 Service Unavailable: is Logstore running", 503},
		{&client.RefusalError{Status: 418}, "answered 418 I'm a teapot, and not as Logstore does", 418},
		{&client.NotLogstoreError{ContentType: "text/html"}, "no Logstore's", http.StatusBadGateway},
	} {
		if said, status := explained(each.err), int(statusOf(each.err)); !strings.Contains(said, each.said) || status != each.status {
			t.Errorf("%v: %q %d", each.err, said, status)
		}
	}
}

package frames_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/internal/answers"
	"logstore-datasource/pkg/client"
	"logstore-datasource/pkg/frames"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares frames, as Grafana sends them to browsers, with a file.
func golden(t *testing.T, name string, found ...*data.Frame) {
	t.Helper()
	told, err := json.MarshalIndent(found, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	told = append(told, '\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, told, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wanted, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(told, wanted) {
		t.Errorf("%s differs:\n%s", path, told)
	}
}

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)
	asked = frames.Asked{Text: "error | let n = 1", SearchWords: []string{"(?i)error"}, Limit: 100}
)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// Lines have nanoseconds, ids that are unique, labels that are texts, and an origin for each of them.
func TestLines(t *testing.T) {
	answer := answers.Read(t, []answers.Column{
		{Field: "time", Kind: client.Time, Values: []any{at(2), at(1), at(1), at(0)}},
		{Field: "level", Kind: client.Text, Values: []any{"error", "info", "info", nil}},
		{Field: "tag", Kind: client.Text, Values: []any{"app", "app", "app", "<sys>"}},
		{Field: "message", Kind: client.Text, Values: []any{"an error", "fine", "fine", nil}},
		{Field: "n", Kind: client.Int, Values: []any{1, 1, 1, 1}},
		{Field: "ok", Kind: client.Bool, Values: []any{true, nil, nil, false}},
		{Field: "_row", Kind: client.Text, Values: []any{"2.4", "1.3", "1.3", nil}},
	}, answers.More{{"rare": `"text"`}, {}, {}, {"list": `[1,2]`}}, `{"elapsed_s":0.5,"read":{"rows":9,"parts":1},"next":"1.3","snapshot":"s"}`)
	golden(t, "lines", frames.Lines(answer, asked, func(name string, _ func(string) (string, bool)) bool { return name == "n" }))
}

// Rows without times are no lines.
func TestHasLines(t *testing.T) {
	if frames.HasLines(answers.Read(t, []answers.Column{{Field: "time", Kind: client.Text, Values: []any{"noon"}}}, nil, `{}`)) {
		t.Error("a text is a time")
	}
}

// What the asker should know is told on the frame.
func TestNotices(t *testing.T) {
	facts := `{"cut_at":2,"notices":["no field x"],"outside":3,"newest":"2026-11-22T10:00:00Z",
		"partial":{"parts":1,"events":5,"from":"a","to":"b","unreachable":"no network"}}`
	golden(t, "notices", frames.Table(answers.Read(t, nil, nil, facts), asked))
}

func series(t *testing.T) *client.Answer {
	return answers.Read(t, []answers.Column{
		{Field: "time", Kind: client.Time, Values: []any{at(0), at(0), at(60), at(30)}},
		{Field: "status", Kind: client.Int, Values: []any{200, 500, 200, 200}},
		{Field: "host", Kind: client.Text, Values: []any{"a", nil, "a", "a"}},
		{Field: "count", Kind: client.Int, Values: []any{1, 2, 3, 4}},
		{Field: "mean", Kind: client.Float, Values: []any{0.5, nil, 1.5, 2.5}},
		{Field: "all", Kind: client.JSON, Values: []any{"[]", "[]", "[]", "[]"}},
	}, nil, `{"cut_at":4}`)
}

// Numbers that are grouped by are labels; each value has series of its own, ordered by time.
func TestSeries(t *testing.T) {
	grouping := frames.Grouping{Keys: []string{"time", "status", "host"}, IsKnown: true}
	found, err := frames.Series(series(t), grouping, time.Minute, asked)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "series", found...)
}

// Where the query does not tell, texts are labels and numbers are values.
func TestSeriesOfUnknownGroups(t *testing.T) {
	found, err := frames.Series(series(t), frames.Grouping{Legend: "{{host}}: {{ __name__ }} {{"}, 0, asked)
	if err != nil {
		t.Fatal(err)
	}
	if name := found[0].Fields[1].Config.DisplayNameFromDS; len(found) != 6 || name != "a: status {{" {
		t.Error(len(found), name)
	}
}

// No rows are no data, which rules can tell from an error.
func TestNoData(t *testing.T) {
	empty := answers.Read(t, []answers.Column{{Field: "time", Kind: client.Time}, {Field: "count", Kind: client.Int}}, nil, `{}`)
	found, err := frames.Series(empty, frames.Grouping{IsKnown: true}, time.Minute, asked)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "no-data", found...)
}

// An instant query gives a frame for each number.
func TestNumbers(t *testing.T) {
	answer := answers.Read(t, []answers.Column{
		{Field: "lower(host)", Kind: client.Text, Values: []any{"a", "b"}},
		{Field: "count", Kind: client.Int, Values: []any{3, 4}},
	}, nil, `{}`)
	found, err := frames.Numbers(answer, frames.Grouping{Keys: []string{"lower( host )"}, IsKnown: true}, asked)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "numbers", found...)
}

// Answers of the wrong kind are refused, with what to write instead.
func TestWrongKinds(t *testing.T) {
	if _, err := frames.Numbers(series(t), frames.Grouping{}, asked); err != frames.ErrTime {
		t.Error(err)
	}
	if _, err := frames.Series(answers.Read(t, nil, nil, `{}`), frames.Grouping{}, 0, asked); err != frames.ErrNoTime {
		t.Error(err)
	}
}

// More series than anybody can tell apart are cut, and the answer says so.
func TestTooManySeries(t *testing.T) {
	times, names, counts := []any{}, []any{}, []any{}
	for number := range frames.MaxSeries + 2 {
		times, names, counts = append(times, noon), append(names, time.Duration(number).String()), append(counts, number)
	}
	answer := answers.Read(t, []answers.Column{
		{Field: "time", Kind: client.Time, Values: times}, {Field: "name", Kind: client.Text, Values: names}, {Field: "count", Kind: client.Int, Values: counts},
	}, nil, `{}`)
	found, err := frames.Series(answer, frames.Grouping{Keys: []string{"time", "name"}, IsKnown: true}, time.Minute, asked)
	if err != nil || len(found) != frames.MaxSeries || len(found[0].Meta.Notices) != 1 {
		t.Error(err, len(found))
	}
}

// A table keeps the types of its columns; one of several kinds is text, rare fields are JSON.
func TestTable(t *testing.T) {
	answer := answers.Read(t, []answers.Column{
		{Field: "time", Kind: client.Time, Values: []any{at(0), nil}},
		{Field: "n", Kind: client.Int, Values: []any{1, nil}},
		{Field: "big", Kind: client.Uint, Values: []any{uint64(1 << 63), nil}},
		{Field: "ok", Kind: client.Bool, Values: []any{false, nil}},
		{Field: "mixed", Kind: client.Int, Values: []any{1, nil}},
		{Field: "mixed", Kind: client.Text, Values: []any{nil, "x"}},
	}, answers.More{{"rare": `1.5`}, {}}, `{}`)
	golden(t, "table", frames.Table(answer, asked))
}

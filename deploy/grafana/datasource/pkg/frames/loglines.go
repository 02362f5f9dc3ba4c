package frames

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/pkg/client"
)

// Line is a line of a log.
type Line struct {
	Time time.Time
	// Body is the message; of events without one, all their fields.
	Body     string
	Severity *string
	// ID is the server's own; one is made up for lines without.
	ID     string
	Labels []Label
}

// LogLines collects lines for a frame of the type log-lines.
type LogLines struct {
	times    []time.Time
	bodies   []string
	severity []*string
	ids      []string
	labels   []json.RawMessage
	origins  []json.RawMessage
	seen     map[string]int
}

// NewLogLines begins a frame.
func NewLogLines() *LogLines { return &LogLines{seen: map[string]int{}} }

// Len is how many lines there are.
func (l *LogLines) Len() int { return len(l.times) }

// Add adds a line.
func (l *LogLines) Add(line Line) {
	values, origins := labelsJSON(line.Labels)
	if line.Body == "" {
		line.Body = string(values)
	}
	if line.ID == "" {
		line.ID = madeUpID(line.Time, line.Body, values)
	}
	l.times = append(l.times, line.Time)
	l.bodies = append(l.bodies, line.Body)
	l.severity = append(l.severity, line.Severity)
	l.ids = append(l.ids, l.unique(line.ID))
	l.labels = append(l.labels, values)
	l.origins = append(l.origins, origins)
}

// unique tells lines apart that are one event: joins and unions give an event more than once.
func (l *LogLines) unique(id string) string {
	count := l.seen[id]
	l.seen[id]++
	if count == 0 {
		return id
	}
	return id + "_" + strconv.Itoa(count)
}

func madeUpID(at time.Time, body string, labels json.RawMessage) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(body))
	_, _ = hash.Write(labels)
	return fmt.Sprintf("%d_%08x", at.UnixNano(), hash.Sum32())
}

// Frame is the frame, with what it tells of its question.
func (l *LogLines) Frame(asked Asked, facts client.Facts) *data.Frame {
	origins := data.NewField("labelTypes", nil, l.origins)
	origins.Config = &data.FieldConfig{Custom: map[string]any{"hidden": true}}
	frame := data.NewFrame("",
		data.NewField("timestamp", nil, l.times),
		data.NewField("body", nil, l.bodies),
		data.NewField("severity", nil, l.severity),
		data.NewField("id", nil, l.ids),
		data.NewField("labels", nil, l.labels),
		origins,
	)
	frame.Meta = newMeta(data.FrameTypeLogLines, data.FrameTypeVersion{0, 0}, data.VisTypeLogs, asked, facts)
	custom := map[string]any{"searchWords": asked.SearchWords, "limit": asked.Limit}
	if facts.Snapshot != nil {
		custom["snapshot"] = *facts.Snapshot
	}
	if facts.Next != nil {
		custom["next"] = *facts.Next
	}
	frame.Meta.Custom = custom
	return frame
}

// HasLines says whether the rows of an answer can be shown as lines: they have times.
func HasLines(answer *client.Answer) bool {
	field := answer.Field("time")
	return field != nil && field.IsTime()
}

// MadeByStages says whether stages of the query made a field of a row, whose other fields it may look at as texts.
type MadeByStages func(name string, textOf func(field string) (string, bool)) bool

// Lines makes a frame of an answer whose rows have times.
func Lines(answer *client.Answer, asked Asked, isParsed MadeByStages) *data.Frame {
	lines := NewLogLines()
	reader := lineReader{answer, isParsed}
	for row := range answer.Rows {
		if line, ok := reader.line(row); ok {
			lines.Add(line)
		}
	}
	return lines.Frame(asked, answer.Facts)
}

type lineReader struct {
	answer   *client.Answer
	isParsed MadeByStages
}

func (r lineReader) line(row int) (Line, bool) {
	var line Line
	hasTime := false
	for _, field := range r.answer.Fields {
		if field.Name == "time" {
			line.Time, hasTime = field.Time(row)
			continue
		}
		value, ok := field.Text(row)
		if !ok {
			continue
		}
		switch field.Name {
		case "message":
			line.Body = value
		case client.IDField:
			line.ID = value
		default:
			if field.Name == "level" {
				line.Severity = &value
			}
			line.Labels = append(line.Labels, Label{field.Name, value, r.origin(field.Name, row, Indexed)})
		}
	}
	r.answer.More(row, func(name, value string) {
		line.Labels = append(line.Labels, Label{name, TextOf(json.RawMessage(value)), r.origin(name, row, Structured)})
	})
	return line, hasTime
}

// origin is where a field is from: kept is where events have it that have it of themselves.
func (r lineReader) origin(name string, row int, kept Origin) Origin {
	textOf := func(field string) (string, bool) {
		found := r.answer.Field(field)
		if found == nil {
			return "", false
		}
		text, _ := found.Text(row)
		return text, true
	}
	if r.isParsed(name, textOf) {
		return Parsed
	}
	return kept
}

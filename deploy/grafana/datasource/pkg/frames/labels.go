package frames

import (
	"encoding/json"
	"strings"
)

// Origin is where a field of a line comes from; the front end shows the fields of each under a heading of its own.
type Origin string

// The origins, as Grafana abbreviates them for Loki.
const (
	// Indexed are fields that are columns.
	Indexed Origin = "I"
	// Structured are rare fields, which are kept beside the columns.
	Structured Origin = "S"
	// Parsed are fields that stages of the query made.
	Parsed Origin = "P"
)

// Label is a field of a line.
type Label struct {
	Name, Value string
	Origin      Origin
}

// labelsJSON writes labels as an object of texts, and their origins as another.
func labelsJSON(labels []Label) (values, origins json.RawMessage) {
	named, from := make(map[string]string, len(labels)), make(map[string]Origin, len(labels))
	for _, label := range labels {
		named[label.Name], from[label.Name] = label.Value, label.Origin
	}
	return asJSON(named), asJSON(from)
}

func asJSON(value any) json.RawMessage {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	// Maps of texts can always be written.
	_ = encoder.Encode(value)
	return json.RawMessage(strings.TrimSuffix(out.String(), "\n"))
}

// TextOf is a JSON value as text: what a string holds, everything else as it is written.
func TextOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil && len(value) > 0 && value[0] == '"' {
		return text
	}
	return string(value)
}

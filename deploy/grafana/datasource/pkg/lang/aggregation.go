package lang

import (
	"regexp"
	"strings"
	"time"
)

// Aggregation is the last stage of a query that makes groups of events by what it says itself: stats or count.
type Aggregation struct {
	// By are what it groups by.
	By []Key
	// insertAt is where another key can be put in front of them.
	insertAt int
}

// Key is one thing that is grouped by.
type Key struct {
	// Name is what its column is called.
	Name string
	// IsTime says whether it is a bin of time.
	IsTime bool
	// Step is the width of the bins, when it is a bin of time that has one; else 0.
	Step time.Duration
}

// FindAggregation finds the last stage of stats or count; false when there is none.
func FindAggregation(text string) (Aggregation, bool) {
	stages := Stages(text)
	for index := len(stages) - 1; index > 0; index-- {
		if keyword := keywordOf(text, stages[index]); keyword == "stats" || keyword == "count" {
			return aggregationOf(text, stages[index]), true
		}
	}
	return Aggregation{}, false
}

// TimeKey is the first key that is a bin of time.
func (a Aggregation) TimeKey() (Key, bool) {
	for _, key := range a.By {
		if key.IsTime {
			return key, true
		}
	}
	return Key{}, false
}

// Names are the names of the columns that are grouped by.
func (a Aggregation) Names() []string {
	names := make([]string, len(a.By))
	for index, key := range a.By {
		names[index] = key.Name
	}
	return names
}

// WithTimeBin is the edit that has a query count by bins of time: in front of the other keys of its aggregation, or, for
// one that is a search alone, as a count of what it finds. False when the query has other stages and no aggregation.
func WithTimeBin(text string, step time.Duration) (Edits, bool) {
	bin := "bin(" + FormatDuration(step) + ")"
	if aggregation, ok := FindAggregation(text); ok {
		before, after := " by ", ""
		if len(aggregation.By) > 0 {
			before, after = " ", ","
		}
		return Edits{{Span{aggregation.insertAt, aggregation.insertAt}, before + bin + after}}, true
	}
	return appended(text, " | count by "+bin)
}

// WithCount is the edit that has a search count what it finds; false when the query has stages.
func WithCount(text string) (Edits, bool) { return appended(text, " | count") }

func appended(text, stage string) (Edits, bool) {
	stages := Stages(text)
	if len(stages) > 1 {
		return nil, false
	}
	if search := stages[0]; search.Start == search.End {
		stage = "*" + stage
	}
	return Edits{{Span{stages[0].End, len(text)}, stage}}, true
}

func keywordOf(text string, stage Span) string {
	fields := strings.FieldsFunc(stage.In(text), func(character rune) bool { return strings.ContainsRune(whiteSpace+"(", character) })
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

func aggregationOf(text string, stage Span) Aggregation {
	by, ok := word(text, stage, "by")
	if !ok {
		return Aggregation{insertAt: stage.End}
	}
	keys := make([]Key, 0, 2)
	for _, piece := range Split(text, Span{by.End, stage.End}, ',') {
		keys = append(keys, keyOf(text, piece))
	}
	return Aggregation{By: keys, insertAt: by.End}
}

var binCall = regexp.MustCompile(`^bin\s*\(\s*(?:(.*\S)\s*,\s*)?(\S+?)\s*\)$`)

func keyOf(text string, piece Span) Key {
	expression, name := piece, ""
	if as, ok := word(text, piece, "as"); ok {
		expression = trimmed(text, Span{piece.Start, as.Start})
		name = unquoted(strings.TrimSpace(text[as.End:piece.End]))
	}
	key := Key{Name: unquoted(expression.In(text))}
	if parts := binCall.FindStringSubmatch(expression.In(text)); parts != nil {
		key.Name = "time"
		if parts[1] != "" {
			key.Name = unquoted(parts[1])
		}
		key.IsTime = key.Name == "time"
		if step, ok := ParseDuration(parts[2]); ok && key.IsTime {
			key.Step = step
		}
	}
	if name != "" {
		key.Name = name
	}
	return key
}

// unquoted takes the backquotes off a name.
func unquoted(name string) string {
	if len(name) < 2 || name[0] != '`' || name[len(name)-1] != '`' {
		return name
	}
	return strings.NewReplacer("\\`", "`", `\\`, `\`).Replace(name[1 : len(name)-1])
}

var plainName = regexp.MustCompile(`^[A-Za-z_][\w.]*$`)

// QuoteName writes the name of a field as stages take it.
func QuoteName(name string) string {
	switch name {
	case "and", "or", "not", "null", "true", "false", "by", "as", "from", "on", "keep":
	default:
		if plainName.MatchString(name) {
			return name
		}
	}
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}

// Package macros puts into a query what Grafana knows of the panel that asks: the window and the interval.
package macros

import (
	"regexp"
	"strconv"
	"time"

	"logstore-datasource/pkg/lang"
)

// Values are what the macros stand for.
type Values struct {
	From, To time.Time
	// Interval is what Grafana suggests between two points; Auto is the width of bins that is chosen.
	Interval, Auto time.Duration
}

// A name alone or in braces, where Grafana's own formats of times mean the same here: a time is always RFC 3339.
var macro = regexp.MustCompile(`\$(?:__(\w+)|\{__(\w+?)(?::date(?::iso)?)?\})`)

// Expand gives the edits that replace the macros of a text. Unknown ones stay, and the server will tell where they are.
func Expand(text string, values Values) lang.Edits {
	var edits lang.Edits
	for _, at := range macro.FindAllStringSubmatchIndex(text, -1) {
		if expansion, ok := values.expansion(group(text, at, 1) + group(text, at, 2)); ok {
			edits = append(edits, lang.Edit{Span: lang.Span{Start: at[0], End: at[1]}, Text: expansion})
		}
	}
	return edits
}

func group(text string, at []int, number int) string {
	if at[2*number] < 0 {
		return ""
	}
	return text[at[2*number]:at[2*number+1]]
}

func (v Values) expansion(name string) (string, bool) {
	span := v.To.Sub(v.From)
	switch name {
	case "interval":
		return lang.FormatDuration(v.Interval), true
	case "interval_ms":
		return strconv.FormatInt(v.Interval.Milliseconds(), 10), true
	case "auto", "rate_interval":
		return lang.FormatDuration(v.Auto), true
	case "range":
		return lang.FormatDuration(span), true
	case "range_s":
		return strconv.FormatInt(int64(span.Seconds()), 10), true
	case "range_ms":
		return strconv.FormatInt(span.Milliseconds(), 10), true
	case "from":
		return v.From.UTC().Format(time.RFC3339Nano), true
	case "to":
		return v.To.UTC().Format(time.RFC3339Nano), true
	}
	return "", false
}

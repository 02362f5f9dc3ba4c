package frames

import (
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/pkg/client"
)

// Grouping says how the columns of an answer are to be understood.
type Grouping struct {
	// Keys are the names of the columns that rows are grouped by; IsKnown is false when the query does not tell. Then
	// every column that holds no numbers is one.
	Keys    []string
	IsKnown bool
	// Legend is a pattern for the names of series, such as `{{service}} on {{host}}`; empty for names made of labels.
	Legend string
}

// The label that tells the series of several values apart.
const valueLabel = "__name__"

// grouped are the columns of an answer by what they are.
type grouped struct {
	time    *client.Field
	labels  []*client.Field
	values  []*client.Field
	leftOut []string
}

func (g Grouping) of(answer *client.Answer) grouped {
	var found grouped
	for _, field := range answer.Fields {
		switch {
		case found.time == nil && field.IsTime():
			found.time = field
		case g.isKey(field.Name):
			found.labels = append(found.labels, field)
		case field.IsNumber():
			found.values = append(found.values, field)
		case g.IsKnown:
			found.leftOut = append(found.leftOut, field.Name)
		default:
			found.labels = append(found.labels, field)
		}
	}
	return found
}

// isKey compares without white space: the server writes expressions in its own spelling.
func (g Grouping) isKey(name string) bool {
	return g.IsKnown && slices.ContainsFunc(g.Keys, func(key string) bool { return squeezed(key) == squeezed(name) })
}

func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }

// leftOutNotice tells of columns that cannot be drawn.
func (g grouped) leftOutNotice() []data.Notice {
	if len(g.leftOut) == 0 {
		return nil
	}
	return []data.Notice{warning("No numbers, and so left out: " + strings.Join(g.leftOut, ", "))}
}

// labelsOf are the labels of a row's series of one value.
func (g grouped) labelsOf(row int, value *client.Field) data.Labels {
	labels := data.Labels{}
	for _, field := range g.labels {
		if text, ok := field.Text(row); ok {
			labels[field.Name] = text
		}
	}
	if len(g.values) > 1 {
		labels[valueLabel] = value.Name
	}
	return labels
}

// displayName is what a series is called.
func (g Grouping) displayName(labels data.Labels, value string) string {
	if g.Legend != "" {
		return legend(g.Legend, labels, value)
	}
	names := make([]string, 0, len(labels))
	for name := range labels {
		if name != valueLabel {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	pairs := make([]string, len(names))
	for index, name := range names {
		pairs[index] = name + "=" + labels[name]
	}
	_, several := labels[valueLabel]
	switch {
	case len(names) == 0:
		return value
	case several:
		return value + " " + strings.Join(pairs, ", ")
	case len(names) == 1:
		return labels[names[0]]
	}
	return strings.Join(pairs, ", ")
}

// legend fills a pattern. A label that a series has not is empty.
func legend(pattern string, labels data.Labels, value string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(pattern, "{{")
		name, after, closed := strings.Cut(rest, "}}")
		if !ok || !closed {
			out.WriteString(pattern)
			return out.String()
		}
		out.WriteString(before)
		if name = strings.TrimSpace(name); name == valueLabel {
			out.WriteString(value)
		} else {
			out.WriteString(labels[name])
		}
		pattern = after
	}
}

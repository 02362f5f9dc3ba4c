// Package frames makes Grafana's data frames of answers, in the shapes of the dataplane contract.
package frames

import (
	"fmt"
	"sort"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/pkg/client"
)

// Asked is what a frame tells of its question.
type Asked struct {
	// Text is the query as it was sent to the server.
	Text string
	// SearchWords are marked in lines.
	SearchWords []string
	Limit       int64
}

func newMeta(kind data.FrameType, version data.FrameTypeVersion, seen data.VisType, asked Asked, facts client.Facts) *data.FrameMeta {
	return &data.FrameMeta{
		Type:                   kind,
		TypeVersion:            version,
		PreferredVisualization: seen,
		ExecutedQueryString:    asked.Text,
		Stats:                  stats(facts),
		Notices:                notices(facts),
	}
}

func stats(facts client.Facts) []data.QueryStat {
	told := []data.QueryStat{stat("Summary: execution time", "s", facts.ElapsedS)}
	names := make([]string, 0, len(facts.Read))
	for name := range facts.Read {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		told = append(told, stat("Read: "+name, "short", float64(facts.Read[name])))
	}
	return told
}

func stat(name, unit string, value float64) data.QueryStat {
	return data.QueryStat{FieldConfig: data.FieldConfig{DisplayName: name, Unit: unit}, Value: value}
}

// notices are what the asker should know. That lines were cut at the limit is told by Grafana itself.
func notices(facts client.Facts) []data.Notice {
	var told []data.Notice
	if partial := facts.Partial; partial != nil {
		told = append(told, warning(partialText(*partial)))
	}
	for _, text := range facts.Notices {
		told = append(told, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	if facts.Outside != nil && *facts.Outside > 0 {
		text := fmt.Sprintf("Nothing in this time range; %d events match outside of it", *facts.Outside)
		if facts.Newest != nil {
			text += ", the newest at " + *facts.Newest
		}
		told = append(told, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return told
}

func partialText(partial client.Partial) string {
	text := fmt.Sprintf("The answer lacks %d damaged or missing files with %d events, some of which may match", partial.Parts, partial.Events)
	if partial.From != "" {
		text += fmt.Sprintf(" (%s to %s)", partial.From, partial.To)
	}
	if partial.Unreachable != "" {
		text += ": " + partial.Unreachable
	}
	return text
}

func cutNotice(facts client.Facts) []data.Notice {
	if facts.CutAt == nil {
		return nil
	}
	return []data.Notice{warning(fmt.Sprintf("There are more than %d rows; the others are left out", *facts.CutAt))}
}

func warning(text string) data.Notice {
	return data.Notice{Severity: data.NoticeSeverityWarning, Text: text}
}

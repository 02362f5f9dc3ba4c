package frames

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/pkg/client"
)

// MaxSeries are shown at most: browsers draw no more, and nobody can tell them apart.
const MaxSeries = 1000

// ErrNoTime is an answer whose rows have no times.
var ErrNoTime = errors.New("the rows have no time to draw them over: end the query in `count by bin($__interval), …` or `stats … by bin($__interval), …`, or ask for an instant value or a table")

// ErrTime is an answer over time where one number per group was asked for.
var ErrTime = errors.New("an instant query gives one number per group, and this one groups by time: leave bin(…) out, or ask for a range")

type series struct {
	labels data.Labels
	name   string
	times  []time.Time
	values []*float64
}

// Series makes a frame for each series, of the type timeseries-multi; of an answer without rows, one without fields.
func Series(answer *client.Answer, grouping Grouping, step time.Duration, asked Asked) (data.Frames, error) {
	columns := grouping.of(answer)
	if columns.time == nil {
		return nil, ErrNoTime
	}
	newFrame := func(fields ...*data.Field) *data.Frame {
		frame := data.NewFrame("", fields...)
		frame.Meta = newMeta(data.FrameTypeTimeSeriesMulti, data.FrameTypeVersion{0, 1}, data.VisTypeGraph, asked, client.Facts{})
		return frame
	}
	var frames data.Frames
	collected := collect(answer, columns)
	for _, each := range collected[:min(len(collected), MaxSeries)] {
		sort.Stable(byTime{each})
		at := data.NewField("Time", nil, each.times)
		at.Config = &data.FieldConfig{Interval: float64(step.Milliseconds())}
		value := data.NewField("Value", each.labels, each.values)
		value.Config = &data.FieldConfig{DisplayNameFromDS: grouping.displayName(each.labels, each.name)}
		frames = append(frames, newFrame(at, value))
	}
	if len(frames) == 0 {
		frames = data.Frames{newFrame()}
	}
	tell(frames[0], answer.Facts, columns)
	if len(collected) > MaxSeries {
		frames[0].AppendNotices(warning(fmt.Sprintf("There are %d series; all but the first %d are left out", len(collected), MaxSeries)))
	}
	return frames, nil
}

// tell puts what is to be said of a whole answer on one of its frames, so that it is said once.
func tell(frame *data.Frame, facts client.Facts, columns grouped) {
	frame.Meta.Stats = stats(facts)
	frame.AppendNotices(notices(facts)...)
	frame.AppendNotices(cutNotice(facts)...)
	frame.AppendNotices(columns.leftOutNotice()...)
}

// collect gathers the rows of each series, in the order of their first rows.
func collect(answer *client.Answer, columns grouped) []*series {
	var found []*series
	known := map[string]*series{}
	for row := range answer.Rows {
		at, ok := columns.time.Time(row)
		if !ok {
			continue
		}
		for _, value := range columns.values {
			labels := columns.labelsOf(row, value)
			key := value.Name + "\x00" + string(asJSON(labels))
			each, ok := known[key]
			if !ok {
				each = &series{labels: labels, name: value.Name}
				known[key] = each
				found = append(found, each)
			}
			each.times = append(each.times, at)
			each.values = append(each.values, number(value, row))
		}
	}
	return found
}

func number(field *client.Field, row int) *float64 {
	if value, ok := field.Number(row); ok {
		return &value
	}
	return nil
}

type byTime struct{ *series }

func (s byTime) Len() int           { return len(s.times) }
func (s byTime) Less(i, j int) bool { return s.times[i].Before(s.times[j]) }
func (s byTime) Swap(i, j int) {
	s.times[i], s.times[j] = s.times[j], s.times[i]
	s.values[i], s.values[j] = s.values[j], s.values[i]
}

// Numbers makes a frame with one number for each group and value, of the type numeric-multi.
func Numbers(answer *client.Answer, grouping Grouping, asked Asked) (data.Frames, error) {
	columns := grouping.of(answer)
	if columns.time != nil {
		return nil, ErrTime
	}
	var frames data.Frames
	for row := range answer.Rows {
		for _, value := range columns.values {
			labels := columns.labelsOf(row, value)
			field := data.NewField("Value", labels, []*float64{number(value, row)})
			field.Config = &data.FieldConfig{DisplayNameFromDS: grouping.displayName(labels, value.Name)}
			frames = append(frames, numericFrame(asked, field))
		}
	}
	if len(frames) == 0 {
		frames = data.Frames{numericFrame(asked)}
	}
	tell(frames[0], answer.Facts, columns)
	return frames, nil
}

func numericFrame(asked Asked, fields ...*data.Field) *data.Frame {
	frame := data.NewFrame("", fields...)
	frame.Meta = newMeta(data.FrameTypeNumericMulti, data.FrameTypeVersion{0, 1}, "", asked, client.Facts{})
	return frame
}

package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"logstore-datasource/pkg/client"
	"logstore-datasource/pkg/lang"
	"logstore-datasource/pkg/macros"
)

// queryType says what the rows of an answer become.
type queryType string

const (
	logsQuery    queryType = "logs"
	rangeQuery   queryType = "range"
	instantQuery queryType = "instant"
	tableQuery   queryType = "table"
)

// The name that a range has in provisioned alert rules of other data sources, and that people try.
const metricsQuery queryType = "metrics"

// model is a query as dashboards store it.
type model struct {
	Expr         string    `json:"expr"`
	QueryType    queryType `json:"queryType"`
	LegendFormat string    `json:"legendFormat"`
	Step         string    `json:"step"`
	MaxLines     int64     `json:"maxLines"`
}

// prepared is a query that is ready to be asked.
type prepared struct {
	kind     queryType
	question client.Question
	// origin leads back from the text that is asked to the text that was written.
	origin origin
	// aggregation says how its rows are grouped, if it says so.
	aggregation    lang.Aggregation
	hasAggregation bool
	step           time.Duration
	legend         string
	// misfit is why its answer can not be of its kind; nil when it can.
	misfit error
}

// An answer of more rows is not drawn by anybody: so many make MaxSeries series of 200 points.
const maxRows = 200_000

var errNoAggregation = errors.New("this query gives rows, not numbers over time: end it in `| count by bin($__interval)` or in `| stats … by bin($__interval)`, or show it as a table")

// prepare makes the question of a query. Macros are filled in; what is to be drawn over time gets bins of time, and what
// is to be a number a count, where the query does not say so itself.
func prepare(query backend.DataQuery, settings settings) (prepared, error) {
	asked, err := readModel(query)
	if err != nil {
		return prepared{}, err
	}
	step, err := stepOf(asked, query)
	if err != nil {
		return prepared{}, err
	}
	made := prepared{kind: asked.QueryType, legend: asked.LegendFormat, step: step, origin: origin{text: asked.Expr}}
	made.origin.then(macros.Expand(asked.Expr, valuesOf(asked, query, step)))
	made.complete(step)
	text := made.origin.result()
	if strings.TrimSpace(text) == "" {
		text = "*"
	}
	made.aggregation, made.hasAggregation = lang.FindAggregation(text)
	made.question = client.Question{Text: text, From: query.TimeRange.From, To: query.TimeRange.To, Limit: maxRows}
	made.window(settings.limit(asked.MaxLines))
	return made, nil
}

func readModel(query backend.DataQuery) (model, error) {
	var asked model
	if err := json.Unmarshal(query.JSON, &asked); err != nil {
		return asked, unknownModel(err)
	}
	if asked.QueryType == "" {
		asked.QueryType = queryType(query.QueryType)
	}
	switch asked.QueryType {
	case "":
		asked.QueryType = logsQuery
	case metricsQuery:
		asked.QueryType = rangeQuery
	case logsQuery, rangeQuery, instantQuery, tableQuery:
	default:
		return asked, fmt.Errorf("unknown query type %q: there are logs, range, instant and table", asked.QueryType)
	}
	return asked, nil
}

func unknownModel(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return fmt.Errorf("%s of the query must be of another kind than %s: maxLines is a whole number, all others are texts", kind.Field, kind.Value)
	}
	return fmt.Errorf("the query is no JSON that this data source knows: %w", err)
}

// complete adds the stage without which the query is not of its kind.
func (p *prepared) complete(step time.Duration) {
	text := p.origin.result()
	aggregation, ok := lang.FindAggregation(text)
	switch p.kind {
	case rangeQuery:
		if _, hasTime := aggregation.TimeKey(); hasTime {
			return
		}
		edits, can := lang.WithTimeBin(text, step)
		if !can {
			p.misfit = errNoAggregation
			return
		}
		p.origin.then(edits)
	case instantQuery:
		if edits, can := lang.WithCount(text); can && !ok {
			p.origin.then(edits)
		}
	}
}

// window sets what depends on the kind of the query: how many rows, and of which time exactly.
func (p *prepared) window(lines int64) {
	switch p.kind {
	case logsQuery:
		p.question.IDs, p.question.Limit = true, lines
		// Grafana knows milliseconds, and asks for older lines with the time of the last one: all of that millisecond.
		p.question.To = p.question.To.Add(time.Millisecond)
	case tableQuery:
		p.question.Limit = lines
	case rangeQuery:
		if key, ok := p.aggregation.TimeKey(); ok && key.Step > 0 {
			p.step = key.Step
			// Bins begin at multiples of their width: the first one is as full as the others.
			p.question.From = floored(p.question.From, key.Step)
		}
	}
}

func floored(moment time.Time, step time.Duration) time.Time {
	nanoseconds := moment.UnixNano()
	rest := nanoseconds % int64(step)
	if rest < 0 {
		rest += int64(step)
	}
	return time.Unix(0, nanoseconds-rest)
}

// How many bins there are where Grafana does not say.
const defaultPoints = 1000

// stepOf is the width of bins: the query's own, or a readable one for the points that the panel has.
func stepOf(asked model, query backend.DataQuery) (time.Duration, error) {
	if asked.Step != "" {
		values := valuesOf(model{}, query, query.Interval)
		text := macros.Expand(asked.Step, values).Apply(asked.Step)
		step, ok := lang.ParseDuration(text)
		if !ok || step < time.Millisecond {
			return 0, fmt.Errorf("the step is no duration of a millisecond or more: %q; write 30s, 5m or 1h", asked.Step)
		}
		return step, nil
	}
	points := query.MaxDataPoints
	if points <= 0 {
		points = defaultPoints
	}
	span := query.TimeRange.To.Sub(query.TimeRange.From)
	return lang.NiceStep(max(query.Interval, span/time.Duration(points), time.Millisecond)), nil
}

func valuesOf(asked model, query backend.DataQuery, step time.Duration) macros.Values {
	interval := query.Interval
	if asked.Step != "" || interval < time.Millisecond {
		interval = max(step, time.Millisecond)
	}
	return macros.Values{From: query.TimeRange.From, To: query.TimeRange.To, Interval: interval, Auto: step}
}

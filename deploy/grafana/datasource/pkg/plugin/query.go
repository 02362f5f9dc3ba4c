package plugin

import (
	"context"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"

	"logstore-datasource/pkg/client"
	"logstore-datasource/pkg/frames"
	"logstore-datasource/pkg/lang"
)

// How many queries of one panel are asked at the same time.
const parallelQueries = 10

// QueryData answers the queries of a panel or a rule, side by side. Each has its own answer or its own error.
func (d *Datasource) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	return concurrent.QueryData(ctx, request, func(ctx context.Context, query concurrent.Query) backend.DataResponse {
		return d.answer(ctx, query.DataQuery)
	}, parallelQueries)
}

func (d *Datasource) answer(ctx context.Context, query backend.DataQuery) backend.DataResponse {
	made, err := prepare(query, d.settings)
	if err != nil {
		return refused(err)
	}
	if made.misfit != nil {
		return d.refusedAsMisfit(ctx, &made)
	}
	answer, err := d.server.Query(ctx, made.question)
	if err != nil {
		return failed(err, &made)
	}
	found, err := made.frames(answer)
	if err != nil {
		return refused(err)
	}
	return backend.DataResponse{Frames: found, Status: backend.StatusOK}
}

// refusedAsMisfit is the answer to a query that can not be of its kind. What is wrong with its text comes first: a stage that
// does not exist is the reason, and not that it gives no numbers.
func (d *Datasource) refusedAsMisfit(ctx context.Context, made *prepared) backend.DataResponse {
	told, err := d.server.Parse(ctx, made.question)
	switch {
	case err != nil:
		return failed(err, made)
	case told.Error != nil:
		told.Error.Status, told.Error.IsLogstore = http.StatusBadRequest, true
		return failed(told.Error, made)
	}
	return refused(made.misfit)
}

func (p *prepared) frames(answer *client.Answer) (data.Frames, error) {
	asked := frames.Asked{Text: p.question.Text, SearchWords: lang.SearchWords(p.question.Text), Limit: p.question.Limit}
	grouping := frames.Grouping{Keys: p.aggregation.Names(), IsKnown: p.hasAggregation, Legend: p.legend}
	switch p.kind {
	case rangeQuery:
		return frames.Series(answer, grouping, p.step, asked)
	case instantQuery:
		return frames.Numbers(answer, grouping, asked)
	case logsQuery:
		if !p.hasAggregation && frames.HasLines(answer) {
			made := lang.MadeFields(p.question.Text)
			return data.Frames{frames.Lines(answer, asked, made.Has)}, nil
		}
	}
	return data.Frames{frames.Table(answer, asked)}, nil
}

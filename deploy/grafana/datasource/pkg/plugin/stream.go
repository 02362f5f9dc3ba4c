package plugin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/pkg/client"
	"logstore-datasource/pkg/frames"
	"logstore-datasource/pkg/lang"
	"logstore-datasource/pkg/macros"
)

// The channels of live tails are called `tail/` and a name of the query; the query itself comes with the subscription.
const tailPrefix = "tail/"

// A frame holds so many lines at most: what comes in one burst is sent at once.
const linesPerFrame = 1000

// SubscribeStream lets whoever may ask this data source follow a query. One that cannot be followed is refused here, and
// not tried again and again by the stream.
func (d *Datasource) SubscribeStream(ctx context.Context, request *backend.SubscribeStreamRequest) (*backend.SubscribeStreamResponse, error) {
	if !strings.HasPrefix(request.Path, tailPrefix) {
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusNotFound}, nil
	}
	text, err := followed(request.Data)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	lines, err := d.server.Tail(ctx, text)
	if err != nil {
		return nil, backend.DownstreamError(errors.New(explained(err)))
	}
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK}, lines.Close()
}

// PublishStream refuses: nobody writes logs through Grafana.
func (d *Datasource) PublishStream(context.Context, *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
}

// RunStream sends lines as they arrive, until nobody follows any more.
func (d *Datasource) RunStream(ctx context.Context, request *backend.RunStreamRequest, sender *backend.StreamSender) error {
	text, err := followed(request.Data)
	if err != nil {
		return backend.DownstreamError(err)
	}
	stream, err := d.server.Tail(ctx, text)
	if err != nil {
		return backend.DownstreamError(errors.New(explained(err)))
	}
	defer stream.Close()
	asked := frames.Asked{Text: text, SearchWords: lang.SearchWords(text)}
	// A frame without lines: from here on nothing is missed, and the panel knows what is to come.
	if err := sender.SendFrame(frames.NewLogLines().Frame(asked, client.Facts{}), data.IncludeAll); err != nil {
		return err
	}
	return forward(stream, asked, sender)
}

// forward sends the lines of a tail, as many in a frame as have come together.
func forward(stream io.Reader, asked frames.Asked, sender *backend.StreamSender) error {
	reader := bufio.NewReaderSize(stream, 1<<20)
	lines := frames.NewLogLines()
	for {
		text, err := reader.ReadBytes('\n')
		if err != nil {
			return backend.DownstreamError(fmt.Errorf("the live tail ended: %w", err))
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			line, err := lineOf(text)
			if err != nil {
				return backend.DownstreamError(fmt.Errorf("the live tail: %w", err))
			}
			lines.Add(line)
		}
		if lines.Len() == 0 || (lines.Len() < linesPerFrame && hasLine(reader)) {
			continue
		}
		if err := sender.SendFrame(lines.Frame(asked, client.Facts{}), data.IncludeAll); err != nil {
			return err
		}
		lines = frames.NewLogLines()
	}
}

// hasLine says whether another whole line is here already.
func hasLine(reader *bufio.Reader) bool {
	waiting, _ := reader.Peek(reader.Buffered())
	return bytes.IndexByte(waiting, '\n') >= 0
}

// lineOf reads an event as the tail writes it.
func lineOf(text []byte) (frames.Line, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return frames.Line{}, err
	}
	line := frames.Line{}
	for name, value := range members {
		said := frames.TextOf(value)
		switch name {
		case "time":
			at, err := time.Parse(time.RFC3339Nano, said)
			if err != nil {
				return line, err
			}
			line.Time = at
		case "message":
			line.Body = said
		case client.IDField:
			line.ID = said
		default:
			if name == "level" {
				line.Severity = &said
			}
			line.Labels = append(line.Labels, frames.Label{Name: name, Value: said, Origin: frames.Indexed})
		}
	}
	slices.SortFunc(line.Labels, func(a, b frames.Label) int { return strings.Compare(a.Name, b.Name) })
	if line.Time.IsZero() {
		line.Time = time.Now()
	}
	return line, nil
}

// followed is the query of a subscription. A tail has no range and no step: macros are those of the last hour.
func followed(raw json.RawMessage) (string, error) {
	var asked model
	if err := json.Unmarshal(raw, &asked); err != nil {
		return "", fmt.Errorf("a live tail is subscribed to with its query: %w", err)
	}
	if strings.TrimSpace(asked.Expr) == "" {
		return "*", nil
	}
	now := time.Now()
	values := macros.Values{From: now.Add(-defaultWindow), To: now, Interval: time.Second, Auto: time.Second}
	return macros.Expand(asked.Expr, values).Apply(asked.Expr), nil
}

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"logstore-datasource/pkg/client"
)

const (
	// What is counted for a check: little enough to be told at once by any server.
	checkedWindow = 5 * time.Minute
	// Clocks that differ by more put new lines outside of a panel's time range.
	toleratedSkew = time.Second
)

// health is what a check finds out.
type health struct {
	Version string `json:"version,omitempty"`
	// Events came in during the last five minutes.
	Events int64 `json:"events"`
	// ClockSkewMS is how far the server's clock is ahead of Grafana's.
	ClockSkewMS int64 `json:"clockSkewMs"`
	TookMS      int64 `json:"tookMs"`
}

// CheckHealth asks a real query, the way that panels are answered.
func (d *Datasource) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	found, err := d.examine(ctx)
	if err != nil {
		return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: explained(err)}, nil
	}
	details, err := json.Marshal(found)
	if err != nil {
		return nil, err
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: found.text(), JSONDetails: details}, nil
}

func (d *Datasource) examine(ctx context.Context) (health, error) {
	before := time.Now()
	answer, err := d.server.Query(ctx, client.Question{
		Text: "* | stats count() as events",
		From: before.Add(-checkedWindow),
		To:   before.Add(checkedWindow),
	})
	if err != nil {
		return health{}, err
	}
	found := health{TookMS: time.Since(before).Milliseconds()}
	events := answer.Field("events")
	if events == nil || answer.Rows != 1 {
		return health{}, errors.New("the server answered, but not what was asked: is it older than the plugin?")
	}
	found.Events, _ = events.Int(0)
	return found, d.identify(ctx, &found)
}

// identify asks the server for its version and its time.
func (d *Datasource) identify(ctx context.Context, found *health) error {
	before := time.Now()
	told, err := d.server.Version(ctx)
	if err != nil {
		return err
	}
	found.Version, found.ClockSkewMS = told.Version, skewOf(told.Time, before, time.Since(before))
	return nil
}

// skewOf is how far a clock is ahead that was read at some moment between two of ours; 0 when it fits in between.
func skewOf(theirs, before time.Time, took time.Duration) int64 {
	switch ahead := theirs.Sub(before); {
	case ahead < 0:
		return ahead.Milliseconds()
	case ahead > took:
		return (ahead - took).Milliseconds()
	}
	return 0
}

func (h health) text() string {
	name := "Logstore"
	if h.Version != "" {
		name += " " + h.Version
	}
	text := fmt.Sprintf("%s answered in %d ms: %d events in the last 5 minutes", name, h.TookMS, h.Events)
	skew := time.Duration(h.ClockSkewMS) * time.Millisecond
	if skew.Abs() <= toleratedSkew {
		return text + "; its clock agrees with Grafana's"
	}
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	return fmt.Sprintf("%s. Its clock is %s %s Grafana's: new lines may be missing from panels", text, skew.Abs(), direction)
}

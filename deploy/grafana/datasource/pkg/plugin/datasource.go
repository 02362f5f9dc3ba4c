// Package plugin is the back end of the data source: it answers Grafana's queries, health checks, resource calls and
// streams out of a Logstore server.
package plugin

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"

	"logstore-datasource/pkg/client"
)

// ID is the plugin's id, as in plugin.json.
const ID = "logstore-logstore-datasource"

// Datasource is one configured data source. The SDK makes another one when its settings change.
type Datasource struct {
	settings settings
	server   *client.Client
	backend.CallResourceHandler
}

var (
	_ backend.QueryDataHandler    = (*Datasource)(nil)
	_ backend.CheckHealthHandler  = (*Datasource)(nil)
	_ backend.CallResourceHandler = (*Datasource)(nil)
	_ backend.StreamHandler       = (*Datasource)(nil)
)

// New makes a data source of its settings.
func New(ctx context.Context, instance backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	read, err := readSettings(instance.JSONData)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	server, err := newClient(ctx, instance, read)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	made := &Datasource{settings: read, server: server}
	made.CallResourceHandler = made.resources()
	return made, nil
}

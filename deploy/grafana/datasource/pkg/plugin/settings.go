package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"

	"logstore-datasource/pkg/client"
)

const (
	defaultMaxLines = 1000
	// More lines than this make browsers slow, and no reader reads them.
	maxLinesCap         = 10_000
	defaultTenantHeader = "X-Logstore-Tenant"
)

// settings are what the page of the data source says of queries.
type settings struct {
	MaxLines     int64  `json:"maxLines"`
	Tenant       string `json:"tenant"`
	TenantHeader string `json:"tenantHeader"`
}

func readSettings(raw json.RawMessage) (settings, error) {
	var read settings
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &read); err != nil {
			return read, fmt.Errorf("the settings of the data source: %w", err)
		}
	}
	if read.MaxLines <= 0 {
		read.MaxLines = defaultMaxLines
	}
	if read.TenantHeader == "" {
		read.TenantHeader = defaultTenantHeader
	}
	return read, nil
}

// limit is how many lines a query gets that asks for so many, or, with 0, leaves it to the settings.
func (s settings) limit(wanted int64) int64 {
	if wanted <= 0 {
		wanted = s.MaxLines
	}
	return min(wanted, maxLinesCap)
}

// newClient makes the client that the settings describe: authentication, TLS, headers, proxy and timeout are the SDK's.
func newClient(ctx context.Context, instance backend.DataSourceInstanceSettings, read settings) (*client.Client, error) {
	options, err := instance.HTTPClientOptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("the settings of the connection: %w", err)
	}
	options.ForwardHTTPHeaders = true
	if read.Tenant != "" {
		if options.Header == nil {
			options.Header = http.Header{}
		}
		options.Header.Set(read.TenantHeader, read.Tenant)
	}
	asking, err := httpclient.New(options)
	if err != nil {
		return nil, fmt.Errorf("the settings of the connection: %w", err)
	}
	patient := *options.Timeouts
	patient.Timeout = 0
	options.Timeouts = &patient
	following, err := httpclient.New(options)
	if err != nil {
		return nil, fmt.Errorf("the settings of the connection: %w", err)
	}
	return client.New(instance.URL, asking, following)
}

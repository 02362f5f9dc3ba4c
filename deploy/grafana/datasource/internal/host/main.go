// Command host starts a back end as Grafana does and asks it over gRPC what it is told to: a line of JSON on the standard
// input is a call, lines on the standard output are what comes of it. Tests drive the plugin with it.
//
//	host ./gpx_logstore_linux_amd64
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
)

const pluginID = "logstore-logstore-datasource"

// call is what the host is told to do. Calls run side by side; `cancel` ends the one with the number Target.
type call struct {
	ID       int                                  `json:"id"`
	Call     string                               `json:"call"`
	Target   int                                  `json:"target"`
	Settings *pluginv2.DataSourceInstanceSettings `json:"settings"`
	Headers  map[string]string                    `json:"headers"`
	Queries  []*pluginv2.DataQuery                `json:"queries"`
	Method   string                               `json:"method"`
	Path     string                               `json:"path"`
	URL      string                               `json:"url"`
	Data     json.RawMessage                      `json:"data"`
}

// told is what comes of a call: one line, and of streams one for each packet before.
type told struct {
	ID     int             `json:"id"`
	Packet json.RawMessage `json:"packet,omitempty"`
	Result any             `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

type host struct {
	data        pluginv2.DataClient
	diagnostics pluginv2.DiagnosticsClient
	resources   pluginv2.ResourceClient
	streams     pluginv2.StreamClient

	mu      sync.Mutex
	out     *json.Encoder
	cancels map[int]context.CancelFunc
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
	process := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{},
			"data": &grpcplugin.DataGRPCPlugin{}, "stream": &grpcplugin.StreamGRPCPlugin{},
		}},
		Cmd:              exec.Command(path),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Warn}),
	})
	defer process.Kill()
	driver, err := connect(process)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var asked call
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		driver.begin(&asked, &running)
	}
	running.Wait()
	return lines.Err()
}

func connect(process *plugin.Client) (*host, error) {
	protocol, err := process.Client()
	if err != nil {
		return nil, err
	}
	driver := &host{out: json.NewEncoder(os.Stdout), cancels: map[int]context.CancelFunc{}}
	for name, take := range map[string]func(any){
		"data":        func(client any) { driver.data = client.(pluginv2.DataClient) },
		"diagnostics": func(client any) { driver.diagnostics = client.(pluginv2.DiagnosticsClient) },
		"resource":    func(client any) { driver.resources = client.(pluginv2.ResourceClient) },
		"stream":      func(client any) { driver.streams = client.(pluginv2.StreamClient) },
	} {
		client, err := protocol.Dispense(name)
		if err != nil {
			return nil, err
		}
		take(client)
	}
	return driver, nil
}

func (h *host) begin(asked *call, running *sync.WaitGroup) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if asked.Call == "cancel" {
		h.cancels[asked.Target]()
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.cancels[asked.ID] = cancel
	running.Go(func() {
		result, err := h.do(ctx, asked)
		line := told{ID: asked.ID, Result: result}
		if err != nil {
			line = told{ID: asked.ID, Error: err.Error()}
		}
		h.tell(line)
	})
}

func (h *host) tell(line told) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.out.Encode(line); err != nil {
		panic(err)
	}
}

func (h *host) do(ctx context.Context, asked *call) (any, error) {
	where := &pluginv2.PluginContext{OrgId: 1, PluginId: pluginID, DataSourceInstanceSettings: asked.Settings}
	switch asked.Call {
	case "query":
		return h.query(ctx, asked, where)
	case "health":
		return h.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: where, Headers: asked.Headers})
	case "resource":
		return h.resource(ctx, asked, where)
	case "subscribe":
		return h.streams.SubscribeStream(ctx, &pluginv2.SubscribeStreamRequest{PluginContext: where, Path: asked.Path, Data: asked.Data})
	case "stream":
		return nil, h.stream(ctx, asked, where)
	}
	return nil, fmt.Errorf("unknown call %q", asked.Call)
}

func (h *host) query(ctx context.Context, asked *call, where *pluginv2.PluginContext) (any, error) {
	answer, err := h.data.QueryData(ctx, &pluginv2.QueryDataRequest{PluginContext: where, Headers: asked.Headers, Queries: asked.Queries})
	if err != nil {
		return nil, err
	}
	return backend.FromProto().QueryDataResponse(answer)
}

func (h *host) resource(ctx context.Context, asked *call, where *pluginv2.PluginContext) (any, error) {
	stream, err := h.resources.CallResource(ctx, &pluginv2.CallResourceRequest{
		PluginContext: where, Path: asked.Path, Method: asked.Method, Url: asked.URL,
	})
	if err != nil {
		return nil, err
	}
	answer, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	return map[string]any{"status": answer.Code, "body": string(answer.Body)}, nil
}

func (h *host) stream(ctx context.Context, asked *call, where *pluginv2.PluginContext) error {
	stream, err := h.streams.RunStream(ctx, &pluginv2.RunStreamRequest{PluginContext: where, Path: asked.Path, Data: asked.Data})
	if err != nil {
		return err
	}
	for {
		packet, err := stream.Recv()
		if err != nil {
			return err
		}
		h.tell(told{ID: asked.ID, Packet: packet.Data})
	}
}

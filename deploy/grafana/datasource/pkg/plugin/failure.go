package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"logstore-datasource/pkg/client"
)

// HTTP's number for a client that has left.
const statusCancelled = 499

// refused is the answer to a query that cannot be asked, or whose answer is not of the wanted kind.
func refused(err error) backend.DataResponse {
	return backend.ErrDataResponseWithSource(backend.StatusBadRequest, backend.ErrorSourceDownstream, err.Error())
}

// failed is the answer to a query that the server did not answer. Where the fault is in the query's text is told in
// words, and in the metadata of a frame, for the editor to mark it.
func failed(err error, asked *prepared) backend.DataResponse {
	told := backend.DataResponse{Error: errors.New(explained(err)), ErrorSource: backend.ErrorSourceDownstream, Status: statusOf(err)}
	var refusal *client.RefusalError
	if !errors.As(err, &refusal) {
		return told
	}
	here := asked.origin.placed(refusal)
	if here.Line > 0 {
		told.Error = here
	}
	frame := data.NewFrame("")
	frame.Meta = &data.FrameMeta{ExecutedQueryString: asked.question.Text, Custom: map[string]any{"error": faultOf(here)}}
	told.Frames = data.Frames{frame}
	return told
}

// fault is an error in a query's text as the front end reads it.
type fault struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Length  int    `json:"length,omitempty"`
}

func faultOf(refusal *client.RefusalError) fault {
	return fault{refusal.Message, refusal.Hint, refusal.Line, refusal.Column, refusal.MarkLength()}
}

func statusOf(err error) backend.Status {
	var refusal *client.RefusalError
	switch {
	case errors.As(err, &refusal):
		return backend.Status(refusal.Status)
	case errors.Is(err, context.Canceled):
		return statusCancelled
	case isTimeout(err):
		return backend.StatusTimeout
	}
	return backend.StatusBadGateway
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout())
}

// explained says what is wrong with the connection or the server, and what to do about it.
func explained(err error) string {
	var refusal *client.RefusalError
	if errors.As(err, &refusal) {
		return explainedRefusal(refusal)
	}
	var unknown *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return "the query was cancelled"
	case errors.As(err, &unknown):
		return fmt.Sprintf("the host %s is not known where Grafana runs: check the URL of the data source", unknown.Name)
	case isTimeout(err):
		return "the server did not answer in time: ask for a shorter time range, or set a longer timeout in the data source"
	}
	var connection *url.Error
	if errors.As(err, &connection) {
		return explainedConnection(connection)
	}
	return err.Error()
}

func explainedRefusal(refusal *client.RefusalError) string {
	switch refusal.Status {
	case http.StatusUnauthorized:
		return "the server, or a proxy in front of it, wants other credentials (401): check the authentication of the data source"
	case http.StatusForbidden:
		return "these credentials may not ask this server (403): check the authentication of the data source"
	case http.StatusNotFound:
		if refusal.IsLogstore {
			return "this Logstore does not know what was asked (" + refusal.Message + "): check the URL, and whether the server is older than the plugin"
		}
		return "there is no Logstore at this URL (404): check the URL of the data source"
	}
	if refusal.IsLogstore {
		return refusal.Error()
	}
	return explainedProxy(refusal.Status)
}

// explainedProxy says what an answer means that is not Logstore's own.
func explainedProxy(status int) string {
	said := fmt.Sprintf("%d %s", status, http.StatusText(status))
	switch status {
	case http.StatusTooManyRequests:
		return "a proxy in front of Logstore takes no more requests now (" + said + "): ask again later, or for less at once"
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "a proxy answered " + said + ": is Logstore running behind it, and does it wait long enough?"
	}
	return "the server answered " + said + ", and not as Logstore does: is the URL of the data source right?"
}

func explainedConnection(failed *url.Error) string {
	address := failed.URL
	if parsed, err := url.Parse(failed.URL); err == nil {
		address = parsed.Scheme + "://" + parsed.Host
	}
	return fmt.Sprintf("%s cannot be reached (%v): is Logstore running, and the URL of the data source right?", address, failed.Err)
}

"""A receiver of OTLP over HTTP, as an OpenTelemetry Collector is one, for tests."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Received:
    """A span as it came."""

    name: str
    trace: str
    span: str
    parent: str
    start_ns: int
    end_ns: int
    attributes: dict
    is_error: bool
    events: tuple
    resource: dict


class Receiver:
    """What came so far."""

    def __init__(self):
        self._lock = threading.Lock()
        self._spans = []
        self.paths = set()

    def take(self, path, body):
        """Reads an export."""
        request = ExportTraceServiceRequest.FromString(body)
        found = [
            _received(span, _values(of.resource.attributes))
            for of in request.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]
        with self._lock:
            self.paths.add(path)
            self._spans += found

    @property
    def spans(self):
        """All of them."""
        with self._lock:
            return list(self._spans)

    def of(self, trace):
        """Those of one trace, in the order of their beginnings."""
        return sorted((span for span in self.spans if span.trace == trace), key=lambda span: span.start_ns)


def _values(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def _received(span, resource):
    return Received(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _values(span.attributes),
        span.status.code == span.status.STATUS_CODE_ERROR,
        tuple(event.name for event in span.events),
        resource,
    )


@contextmanager
def receiving():
    """A receiver, and the endpoint that leads to it."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Takes exports."""

        def do_POST(self):
            """Takes one."""
            receiver.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

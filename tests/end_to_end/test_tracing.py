"""Traces of a server, as a receiver of OTLP sees them."""

import json
import time
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest

from tests.deploy.prometheus import free_port
from tests.end_to_end.otlp_receiver import receiving
from tests.end_to_end.processes import DEADLINE_S, run, serving

CALLER = "b7ad6b7169203331"
SAMPLED = {"traceparent": f"00-{'1' * 32}-{CALLER}-01"}
UNSAMPLED = {"traceparent": f"00-{'2' * 32}-{CALLER}-00"}


class Asked:
    """What a request came back with."""

    def __init__(self, server, path, body=None, headers=(), **parameters):
        url = f"{server.url}{path}?{urlencode(parameters)}"
        request = urllib.request.Request(url, body, dict(headers))  # noqa: S310 (our own server)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:  # noqa: S310 (our own server)
                self.status, self.headers, self.body = response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            self.status, self.headers, self.body = error.code, error.headers, error.read()

    @property
    def trace(self):
        """The id of its trace."""
        return self.headers["X-Logstore-Trace"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a server was asked, and what a receiver heard of it until it had ended."""
    with receiving() as (receiver, endpoint):
        config = f'[tracing]\nendpoint = "{endpoint}"\nsample_ratio = 1\nservice_name = "logs-a"\n'
        with serving(tmp_path_factory.mktemp("traced") / "data", config=config) as server:
            events = b"".join(b'{"tag":"t","message":"line %d","n":%d}\n' % (n, n) for n in range(20))
            asked = {
                "post": Asked(server, "/api/v1/ingest", events, {"Content-Type": "application/x-ndjson", **SAMPLED}),
                "unsampled": Asked(server, "/api/v1/query", headers=UNSAMPLED, query="line", all="true"),
                "query": Asked(server, "/api/v1/query", query="n:in(line | where n < 3 | fields n)", all="true"),
                "grouped": Asked(server, "/api/v1/query", query="line | where n > 2 | count by n", all="true"),
                "sql": Asked(server, "/api/v1/sql", query="SELECT count(*) AS c FROM logs", all="true"),
                "wrong": Asked(server, "/api/v1/query", query="line |", all="true"),
                "absent": Asked(server, "/nowhere"),
                "health": Asked(server, "/healthz"),
            }
            assert run("send", "--server", f"127.0.0.1:{server.forward_port}", stdin=b"one\ntwo\n").returncode == 0
            assert server.stop() == 0
            assert "Traceback" not in server.said
        yield receiver, asked


def test_spans_arrive_where_otlp_has_its_place(seen):
    """With the name and the version of the service."""
    receiver, _ = seen
    assert receiver.paths == {"/v1/traces"}
    assert {span.resource["service.name"] for span in receiver.spans} == {"logs-a"}
    assert all(span.resource["service.version"] for span in receiver.spans)


def test_a_request_is_below_the_span_of_its_sender(seen):
    """W3C `traceparent` goes in, and the id of the trace comes out in a header."""
    receiver, asked = seen
    assert asked["post"].trace == "1" * 32
    root = receiver.of("1" * 32)[0]
    assert (root.name, root.parent) == ("POST /api/v1/ingest", CALLER)
    assert root.attributes["http.response.status_code"] == 200
    assert asked["post"].headers["traceresponse"] == f"00-{'1' * 32}-{root.span}-01"


def test_a_chunk_is_told_from_its_receipt_to_its_acknowledgement(seen):
    """Append and sync, decoding and acknowledgement are below it; over HTTP it is below its request."""
    receiver, _ = seen
    root, *below = receiver.of("1" * 32)
    (chunk,) = (span for span in below if span.name == "ingest chunk")
    assert chunk.parent == root.span
    assert (chunk.attributes["logstore.listener"], chunk.attributes["logstore.tag"]) == ("http", "http")
    steps = {span.name: span for span in below if span.parent == chunk.span}
    assert set(steps) == {"append to the log", "decode", "acknowledge"}
    append, decode, acknowledge = steps["append to the log"], steps["decode"], steps["acknowledge"]
    assert chunk.start_ns <= append.start_ns <= append.end_ns <= decode.start_ns <= decode.end_ns
    assert acknowledge.end_ns <= chunk.end_ns
    assert decode.attributes["logstore.run_rows"] == 20


def test_a_chunk_of_a_forward_sender_begins_a_trace(seen):
    """Nobody sent it one."""
    receiver, _ = seen
    (chunk,) = (span for span in receiver.spans if span.attributes.get("logstore.listener") == "forward")
    assert (chunk.name, chunk.parent, chunk.attributes["logstore.mode"]) == ("ingest chunk", "", "packed")
    below = {span.name for span in receiver.of(chunk.trace) if span.parent == chunk.span}
    assert below == {"append to the log", "decode", "acknowledge"}


def test_a_query_tells_its_steps(seen):
    """In their order, all within the request; what the first steps ask is below them."""
    receiver, asked = seen
    root, *below = receiver.of(asked["query"].trace)
    assert root.name == "GET /api/v1/query"
    assert [span.name for span in below if span.parent == root.span] == [
        "wait for a turn", "parse", "first steps", "plan", "statement", "encode",
    ]  # fmt: skip
    (first,) = (span for span in below if span.name == "first steps")
    assert [span.name for span in below if span.parent == first.span] == ["wait for a place", "statement"]
    assert all(root.start_ns <= span.start_ns <= span.end_ns <= root.end_ns for span in below)
    assert sum(span.attributes.get("logstore.rows", 0) for span in below if span.name == "encode") == 3
    assert asked["query"].status == 200


def test_groups_and_sql_tell_their_statements(seen):
    """With the rows that they gave."""
    receiver, asked = seen
    for name, rows in (("grouped", 17), ("sql", 1)):
        spans = receiver.of(asked[name].trace)
        statements = [span for span in spans if span.name == "statement"]
        assert statements[-1].attributes["logstore.rows"] == rows
        assert {"plan", "wait for a place", "encode"} <= {span.name for span in spans}


def test_errors_have_a_trace_too(seen):
    """Its id is in the header of the answer, and what failed is marked."""
    receiver, asked = seen
    assert (asked["wrong"].status, asked["absent"].status) == (400, 404)
    root, *below = receiver.of(asked["wrong"].trace)
    assert root.attributes["http.response.status_code"] == 400
    assert not root.is_error
    assert [(span.name, span.is_error, span.events) for span in below] == [
        ("wait for a turn", False, ()),
        ("parse", True, ("exception",)),
    ]
    assert receiver.of(asked["absent"].trace)[0].attributes["http.response.status_code"] == 404


def test_who_sends_a_request_decides_whether_it_is_traced(seen):
    """Its trace has an id, and nobody hears of its spans."""
    receiver, asked = seen
    assert asked["unsampled"].trace == "2" * 32
    assert asked["unsampled"].headers["traceresponse"].endswith("-00")
    assert len(asked["unsampled"].body.splitlines()) == 20
    assert receiver.of("2" * 32) == []


def test_platforms_are_not_traced(seen):
    """They ask all the time."""
    receiver, asked = seen
    assert asked["health"].trace is None
    assert not any("/healthz" in span.name for span in receiver.spans)


def test_a_receiver_that_is_down_holds_up_nobody(tmp_path):
    """The server works, and ends in good order and in time."""
    config = f'[tracing]\nendpoint = "http://127.0.0.1:{free_port()}"\nsample_ratio = 1\n'
    with serving(tmp_path / "data", config=config) as server:
        event = json.dumps({"message": "one"}).encode()
        assert Asked(server, "/api/v1/ingest", event, {"Content-Type": "application/json"}).status == 200
        assert len(server.ask("one")) == 1
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < DEADLINE_S


def test_without_an_endpoint_there_are_no_traces(tmp_path):
    """No header, whatever the request brings."""
    with serving(tmp_path / "data") as server:
        asked = Asked(server, "/api/v1/query", headers=SAMPLED, query="*", all="true")
        assert asked.status == 200
        assert asked.trace is None
        assert asked.headers["traceresponse"] is None

"""Tests of the HTTP API over real HTTP, with made-up answers."""

import asyncio
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.post_counters import PostCounters
from logstore.app.api.application import Handlers, make_application
from logstore.app.api.chunks import CHUNKS_PARAMETERS, ChunksHandlers
from logstore.app.api.complete import COMPLETE_PARAMETERS, CompleteHandlers
from logstore.app.api.context import CONTEXT_PARAMETERS, ContextHandlers
from logstore.app.api.deletions import ORDER_PARAMETERS, DeletionHandlers
from logstore.app.api.fields import FIELDS_PARAMETERS, VALUES_PARAMETERS, FieldsHandlers
from logstore.app.api.health import HealthHandlers, Readiness
from logstore.app.api.histogram import HISTOGRAM_PARAMETERS, HistogramHandlers
from logstore.app.api.ingest import IngestHandlers
from logstore.app.api.parse import PARSE_PARAMETERS, ParseHandlers
from logstore.app.api.parts import PARTS_PARAMETERS, PartsHandlers
from logstore.app.api.quarantine import EXPORT_PARAMETERS, LIST_PARAMETERS, SHOW_PARAMETERS, QuarantineHandlers
from logstore.app.api.query import EXPLAIN_PARAMETERS, QUERY_PARAMETERS, SQL_PARAMETERS, QueryHandlers
from logstore.app.api.reindex import ReindexHandlers
from logstore.app.api.tail import TAIL_PARAMETERS, TailHandlers, TailSources
from logstore.app.api.version import VersionHandlers
from logstore.app.facts import ERROR_KEY, HEADER, Facts
from logstore.app.http_server import HttpServer
from logstore.model.timespan import EVERYTHING
from tests.logstore.app.api.desk import MadeUpDesk

DOCUMENTATION = Path(__file__).parents[4] / "docs" / "http-api.md"
NOW = 1_795_341_600_000_000_000


class StoppedClock:
    """A clock that stands still."""

    def now_ns(self):
        """Always the same."""
        return NOW

    def monotonic_ns(self):
        """Always the same."""
        return 0


class Api:
    """A served API, and a client of it."""

    def __init__(self, session, address, desk, readiness, application):
        self.session, self.desk, self.readiness, self.application = session, desk, readiness, application
        self.base = f"http://{address[0]}:{address[1]}"

    def get(self, path, **parameters):
        """A GET request."""
        return self.session.get(self.base + path, params=parameters)

    def post(self, path, **body):
        """A POST request."""
        return self.session.post(self.base + path, **body)


@pytest.fixture
async def api():
    """The API with made-up answers."""
    desk, readiness, books = MadeUpDesk(), Readiness(is_ready=True), object()
    with ThreadPoolExecutor(2) as threads:
        handlers = Handlers(
            QueryHandlers(desk, StoppedClock(), threads),
            TailHandlers(TailSources(desk, lambda: desk.newest, threads), asyncio.Event()),
            HealthHandlers(readiness, tuple),
            ChunksHandlers(books, StoppedClock(), threads),
            QuarantineHandlers(books, StoppedClock(), threads),
            IngestHandlers(None, PostCounters()),
            PartsHandlers(books, StoppedClock(), threads),
            ReindexHandlers(books, threads),
            DeletionHandlers(books, desk, StoppedClock(), threads),
            FieldsHandlers(desk, StoppedClock(), threads),
            ParseHandlers(StoppedClock(), threads),
            VersionHandlers(StoppedClock()),
            HistogramHandlers(desk, StoppedClock(), threads),
            ContextHandlers(desk, StoppedClock(), threads),
            CompleteHandlers(desk, StoppedClock(), threads),
        )
        application = make_application(handlers, 10_000)
        async with HttpServer(application, "127.0.0.1", 0) as server, aiohttp.ClientSession() as session:
            yield Api(session, server.address, desk, readiness, application)


@pytest.mark.parametrize(
    "how",
    [
        {"json": {"query": "few", "all": True}},
        {"data": {"query": "few", "all": "true"}},
        {"params": {"query": "few", "all": ""}},
    ],
)
async def test_parameters_stand_in_json_in_a_form_or_in_the_query_string(api, how):
    """However it is asked, the answer is JSON lines with the facts in a header."""
    async with api.post("/api/v1/query", **how) as response:
        assert response.status == 200
        assert response.content_type == "application/x-ndjson"
        assert json.loads(await response.read())["n"] == 1
        assert Facts.from_json(response.headers[HEADER].encode()).rows == 1
    assert api.desk.questions[0].window == EVERYTHING


async def test_the_window_is_the_last_hour_unless_said_otherwise(api):
    """The same rule as for the command line, by the server's clock."""
    async with api.get("/api/v1/query", query="few", limit="5"):
        pass
    question = api.desk.questions[0]
    assert (question.window.start_ns, question.window.end_ns) == (NOW - 3600 * 10**9, NOW + 1)
    assert (question.limit, question.now_ns) == (5, NOW)


async def test_an_export_is_a_query_for_all_rows(api):
    """The same parameters; the engine is told that rows are wanted as they come, however many."""
    for path, is_export in (("/api/v1/query", False), ("/api/v1/export", True)):
        async with api.get(path, query="many", all="1", format="csv") as response:
            assert response.status == 200
            assert len((await response.read()).splitlines()) == 101
        assert api.desk.questions[-1].is_export == is_export


@pytest.mark.parametrize(
    ("parameters", "message", "hint"),
    [
        ({}, "query is missing", None),
        ({"query": "few", "limt": "1"}, "unknown parameter 'limt'", "did you mean limit?"),
        ({"query": "few", "limit": "0"}, "limit is not a whole number", None),
        ({"query": "few", "limit": "²"}, "limit is not a whole number", None),
        ({"query": "few", "all": "maybe"}, "all is neither", None),
        ({"query": "few", "all": "1", "since": "1h"}, "contradict", "give one"),
        ({"query": "few", "since": "soon"}, "not a duration", "15m"),
        ({"query": "few", "format": "xml"}, "unknown format 'xml'", "jsonl"),
    ],
)
async def test_wrong_parameters_are_told(api, parameters, message, hint):
    """Each mistake is a 400 with a sentence of its own; nothing is asked."""
    async with api.get("/api/v1/query", **parameters) as response:
        error = (await response.json())["error"]
    assert response.status == 400
    assert message in error["message"]
    assert hint is None or hint in error["hint"]
    assert api.desk.questions == []


GARBAGE = ("9" * 5_000, "-1", "", " ", "\x00", "NaN", "1e999", "\u0663", "'; DROP TABLE x; --", "%00", "\u202e", "{}")


@pytest.mark.parametrize("value", GARBAGE)
@pytest.mark.parametrize("name", ["limit", "since", "from", "to", "format", "at", "after", "ids", "all", "nonsense"])
async def test_no_value_of_a_parameter_is_an_error_of_ours(api, name, value):
    """An answer, or a status for whoever asked, in JSON."""
    async with api.post("/api/v1/query", data={"query": "few", name: value}) as response:
        assert response.status < 500
        if response.status != 200:
            assert (await response.json())["error"]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, "not JSON"),
        ({"data": b"[" * 10_000, "headers": {"Content-Type": "application/json"}}, "nested too deep"),
        ({"data": b"[]", "headers": {"Content-Type": "application/json"}}, "not an object"),
        ({"json": {"query": ["few"]}}, "neither text nor"),
        ({"data": b"few", "headers": {"Content-Type": "text/plain"}}, "text/plain"),
        ({"json": {"query": "few"}, "params": {"query": "few"}}, "twice"),
        ({"data": [("query", "few"), ("query", "many")]}, "twice"),
    ],
)
async def test_wrong_bodies_are_told(api, body, message):
    """What cannot be understood is not guessed at."""
    async with api.post("/api/v1/query", **body) as response:
        assert response.status == 400
        assert message in (await response.json())["error"]["message"]


async def test_errors_have_the_status_of_their_family(api):
    """A query's fault has its place, a bug tells nothing."""
    async with api.get("/api/v1/query", query="nonsense") as response:
        error = (await response.json())["error"]
        assert (response.status, error["line"], error["column"], error["hint"]) == (400, 1, 1, "say few")
        assert "^^^" in error["diagram"]
    async with api.get("/api/v1/query", query="broken") as response:
        assert response.status == 500
        assert "secret" not in await response.text()
    async with api.post("/api/v1/query", json={"query": "x" * 20_000}) as response:
        assert response.status == 413
        assert "http.max_request_bytes" in (await response.json())["error"]["hint"]


async def test_unknown_routes_and_methods_are_told(api):
    """Also these errors are JSON, with a suggestion."""
    async with api.get("/api/v1/querry") as response:
        assert response.status == 404
        assert (await response.json())["error"]["hint"] == "did you mean /api/v1/query?"
    async with api.session.delete(api.base + "/api/v1/query") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET,POST"
        assert (await response.read()).endswith(b"}\n")


async def test_head_runs_no_query(api):
    """An answer to HEAD has no body, so nothing is asked for it."""
    for path in ("/api/v1/query", "/api/v1/explain", "/api/v1/tail"):
        async with api.session.head(api.base + path, params={"query": "many"}) as response:
            assert response.status == 405
    async with api.session.head(api.base + "/healthz") as response:
        assert response.status == 200


async def test_a_query_of_the_greatest_length_fits_into_a_get(api):
    """However its characters are written."""
    async with api.get("/api/v1/explain", query="\u00fc" * 20_000) as response:
        assert response.status == 200


async def test_bytes_that_are_no_request_do_not_fill_the_log(api, caplog):
    """A scanner is answered with 400; it found no bug."""
    reader, writer = await asyncio.open_connection(*api.base.removeprefix("http://").split(":"))
    writer.write(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert caplog.records == []


async def test_a_long_answer_streams(api):
    """Rows are sent as they are made; the binary formats are whole."""
    async with api.get("/api/v1/query", query="many") as response:
        assert HEADER not in response.headers
        assert len((await response.read()).splitlines()) == 100
    async with api.get("/api/v1/query", query="many", format="parquet") as response:
        assert pq.read_table(io.BytesIO(await response.read())).num_rows == 100
    assert api.desk.open == 0


async def test_an_error_on_the_way_is_never_taken_for_the_end(api):
    """The body breaks off; in the format arrow the error is in the last batch."""
    with pytest.raises(aiohttp.ClientError):
        async with api.get("/api/v1/query", query="late") as response:
            await response.read()
    async with api.get("/api/v1/query", query="late", format="arrow") as response:
        stream = pa.ipc.open_stream(await response.read())
    batches = [stream.read_next_batch_with_custom_metadata() for _ in range(101)]
    error = json.loads(batches[-1][1][ERROR_KEY])
    assert (error["status"], error["message"], error["hint"]) == (422, "too slow", "narrow it")


async def test_an_asker_who_leaves_cancels_the_query(api):
    """Closing the connection interrupts the thread that works."""
    response = await api.get("/api/v1/query", query="endless")
    await response.content.read(1000)
    response.close()
    assert await asyncio.to_thread(api.desk.cancelled.wait, 10)


async def test_a_tail_streams_what_comes_and_nothing_else(api):
    """An empty line at once; then each event once, as it comes."""
    async with api.get("/api/v1/tail", query="few") as response:
        assert await response.content.readline() == b"\n"
        api.desk.newest = 3
        assert json.loads(await response.content.readline())["n"] == 1
        api.desk.newest = 7
        assert json.loads(await response.content.readline())["n"] == 1
    assert api.desk.looks == [("few", -1), ("few", -1), ("few", 3)]


async def test_a_tail_of_a_wrong_query_is_refused(api):
    """The status is that of any wrong query."""
    async with api.get("/api/v1/tail", query="nonsense") as response:
        assert response.status == 400


async def test_explain_is_text(api):
    """What the desk says, as it says it."""
    async with api.get("/api/v1/explain", query="x") as response:
        assert (response.content_type, await response.text()) == ("text/plain", "plan of x")


async def test_explain_answers_what_is_to_be_analyzed(api):
    """Only when that is asked for; what is neither yes nor no is refused."""
    for analyze, said in (("true", "times of x"), ("false", "plan of x")):
        async with api.get("/api/v1/explain", query="x", analyze=analyze) as response:
            assert (response.content_type, await response.text()) == ("text/plain", said)
    async with api.get("/api/v1/explain", query="x", analyze="perhaps") as response:
        assert response.status == 400


async def test_an_asker_who_leaves_cancels_what_is_analyzed(api):
    """Nothing has been sent yet, and the thread that works is interrupted all the same."""
    asking = asyncio.create_task(api.session.get(f"{api.base}/api/v1/explain?query=endless&analyze=true"))
    assert await asyncio.to_thread(api.desk.started.wait, 10)
    asking.cancel()
    assert await asyncio.to_thread(api.desk.cancelled.wait, 10)


async def test_platforms_get_their_answers(api):
    """Alive and ready are two things."""
    api.readiness.is_ready = False
    async with api.get("/healthz") as response:
        assert response.status == 200
    async with api.get("/readyz") as response:
        assert response.status == 503


async def test_every_route_is_documented(api):
    """docs/http-api.md has each route with its methods, and no other."""
    documented = re.findall(r"^\| `(/\S+)` \| ([A-Z, ]+) \|", DOCUMENTATION.read_text(), re.MULTILINE)
    routes = {}
    for route in api.application.router.routes():
        if route.method != "HEAD":
            routes.setdefault(route.resource.canonical, []).append(route.method)
    assert dict(documented) == {path: ", ".join(sorted(methods)) for path, methods in routes.items()}


@pytest.mark.parametrize(
    ("of", "known"),
    [
        ("(?:query|tail)", QUERY_PARAMETERS),
        ("(?:[a-z, ]*)tail", TAIL_PARAMETERS),
        ("(?:[a-z, ]*)explain", EXPLAIN_PARAMETERS),
        ("(?:[a-z, ]*)parse", PARSE_PARAMETERS),
        (r"(?:[a-z, ]*)\bfields", FIELDS_PARAMETERS),
        ("(?:[a-z_, ]*)complete", COMPLETE_PARAMETERS),
        ("(?:[a-z_, ]*)histogram", HISTOGRAM_PARAMETERS),
        ("(?:[a-z_, ]*)context", CONTEXT_PARAMETERS),
        ("(?:[a-z_, ]*)field_values", VALUES_PARAMETERS),
        ("(?:[a-z, ]*)sql", SQL_PARAMETERS),
        ("(?:[a-z, ]*)export", {*QUERY_PARAMETERS, *EXPORT_PARAMETERS}),
        ("parts", PARTS_PARAMETERS),
        ("(?:chunks|list)", {*CHUNKS_PARAMETERS, *LIST_PARAMETERS}),
        ("(?:[a-z, ]*)show", SHOW_PARAMETERS),
        ("a deletion", ORDER_PARAMETERS),
    ],
)
def test_every_parameter_is_documented(of, known):
    """docs/http-api.md has each parameter of a route, and no other."""
    rows = re.findall(rf"^\| (`.+?`) \| {of}", DOCUMENTATION.read_text(), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert documented == set(known)

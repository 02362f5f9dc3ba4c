"""Tests of `/api/v1/ingest` over real HTTP, with a store that is made up."""

import asyncio
import json
import re

import aiohttp
import pytest
from aiohttp import web

from ingest.counters import IntakeCounters
from ingest.post_counters import PostCounters
from ingest.posts import Posts, PostSettings
from logstore.app.api.errors import errors_as_json
from logstore.app.api.ingest import IngestHandlers
from logstore.app.http_server import HttpServer
from logstore.clock import SystemClock
from logstore.model.batch import Rejection
from logstore.model.chunk import Compression, Mode
from logstore.model.outcome import ChunkOutcome
from tests.ingest.fake_sink import FakeSink

JSON = {"Content-Type": "application/x-ndjson"}


class TellingSink(FakeSink):
    """A sink that tells what became of each chunk: what it was told before."""

    outcome = ChunkOutcome(7, 3)

    def append(self, chunk):
        """Takes a chunk."""
        flight = super().append(chunk)

        async def told():
            await flight
            return self.outcome

        return asyncio.ensure_future(told())


class Api:
    """The API, a client of it, and what is behind it."""

    def __init__(self, session, server, sink, counters):
        self.session, self.server, self.sink, self.counters = session, server, sink, counters
        self.url = f"http://{server.address[0]}:{server.address[1]}/api/v1/ingest"

    async def post(self, body=b"{}", *, query="", **headers):
        """Status and answer of a POST."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(self.url + query, data=body, headers=JSON | named) as response:
            return response.status, await response.json()

    async def speak(self, *pieces):
        """The answer to bytes that are written as they are, with the answers before it that have no body."""
        reader, writer = await asyncio.open_connection(*self.server.address)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        answer = b""
        while (length := re.search(rb"Content-Length: (\d+)", answer)) is None:
            answer += await reader.readuntil(b"\r\n\r\n")
        answer += await reader.readexactly(int(length[1]))
        writer.close()
        return answer


@pytest.fixture
async def api(request):
    """A served API; parameters are settings, or None to turn it off."""
    changed = getattr(request, "param", {})
    sink, counters = TellingSink(), PostCounters()
    posts = None if changed is None else Posts(PostSettings(**changed), sink, SystemClock(), IntakeCounters())
    handlers = IngestHandlers(posts, counters)
    application = web.Application(middlewares=[errors_as_json])
    application.router.add_post("/api/v1/ingest", handlers.ingest, expect_handler=handlers.promise)
    async with (
        HttpServer(application, "127.0.0.1", 0) as server,
        aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
    ):
        yield Api(session, server, sink, counters)


async def test_the_answer_counts(api):
    """What was stored, and nothing of what was not when there is none."""
    assert await api.post(query="?tag=web") == (200, {"stored": 3, "rejected": 0})
    (chunk,) = api.sink.chunks
    assert (chunk.tag, chunk.payload, chunk.mode) == ("web", b"{}", Mode.JSON)
    assert chunk.peer.startswith("127.0.0.1:")
    assert api.counters.stored == 3
    assert api.counters.received_bytes == 2


async def test_the_answer_says_which_events_were_rejected(api):
    """Their place in the body, and the reason."""
    api.sink.outcome = ChunkOutcome(100, 5, {"not JSON": 2}, (Rejection(101, "not JSON"), Rejection(104, "not JSON")))
    rejections = [{"index": 1, "reason": "not JSON"}, {"index": 4, "reason": "not JSON"}]
    told = {"stored": 5, "rejected": 2, "reasons": {"not JSON": 2}, "rejections": rejections}
    assert await api.post() == (200, told)
    assert api.counters.rejected == {"not JSON": 2}


async def test_a_body_of_which_nothing_is_stored_is_an_error(api):
    """For scripts that look at the status alone."""
    api.sink.outcome = ChunkOutcome(1, 0, {"not JSON": 1}, (Rejection(1, "not JSON"),))
    status, told = await api.post()
    assert status == 400
    assert told["error"]["message"] == "none of the events could be read"
    assert told["rejected"] == 1


async def test_copies_are_told_as_such(api):
    """With the counts of the first."""
    await api.post(Idempotency_Key="k")
    assert await api.post(Idempotency_Key="k") == (200, {"stored": 3, "rejected": 0, "duplicate": True})
    assert len(api.sink.chunks) == 1
    assert (api.counters.duplicates, api.counters.stored) == (1, 3)


@pytest.mark.parametrize(
    ("headers", "mode", "compression"),
    [
        ({"Content_Type": "application/json; charset=UTF-8"}, Mode.JSON, Compression.NONE),
        ({"Content_Type": "application/jsonl", "Content_Encoding": "gzip"}, Mode.JSON, Compression.GZIP),
        ({"Content_Encoding": "ZSTD"}, Mode.JSON, Compression.ZSTD),
        ({"Content_Encoding": "identity"}, Mode.JSON, Compression.NONE),
        ({"Content_Type": "application/x-msgpack"}, Mode.RECORDS, Compression.NONE),
    ],
)
async def test_headers_say_how_the_body_is_written(api, headers, mode, compression):
    """It is stored as it came, compressed or not."""
    assert (await api.post(b"any bytes", **headers))[0] == 200
    (chunk,) = api.sink.chunks
    assert (chunk.payload, chunk.mode, chunk.compression) == (b"any bytes", mode, compression)


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415, "not understood"),
        ({"Content_Type": "text/plain"}, 415, "not understood"),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415, "not understood"),
        ({"Content_Type": "application/json; charset=utf-16"}, 415, "utf-16"),
        ({"Content_Encoding": "br"}, 415, "br is not understood"),
        ({"Origin": "http://127.0.0.1"}, 403, "browser"),
        ({"Sec_Fetch_Site": "cross-site"}, 403, "browser"),
        ({"Idempotency_Key": ""}, 400, "Idempotency-Key"),
        ({"Idempotency_Key": "x" * 256}, 400, "Idempotency-Key"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_a_reason(api, headers, status, said):
    """Before anything is stored."""
    found, told = await api.post(**headers)
    assert found == status
    assert said in told["error"]["message"]
    assert not api.sink.chunks
    assert api.counters.requests == {str(status): 1}


async def test_a_body_of_no_type_is_refused(api):
    """Pages in a browser can send such bodies without asking."""
    head = b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    assert (await api.speak(head)).startswith(b"HTTP/1.1 415 ")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?tga=x", "did you mean tag?"),
        ("?tag=a&tag=b", "twice"),
        ("?tag=", "1 to 1024"),
        ("?tag=" + "x" * 1025, "1024"),
    ],
)
async def test_parameters_are_checked(api, query, said):
    """A misspelt tag would be found by nobody later."""
    status, told = await api.post(query=query)
    assert status == 400
    assert said in json.dumps(told)
    assert not api.sink.chunks


@pytest.mark.parametrize("api", [{"max_body_bytes": 1000}], indirect=True)
async def test_long_bodies_are_refused_before_they_are_sent(api):
    """By their declared length at once, also for those who ask first; without one once they are too long."""
    head = b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    declared = await api.speak(head + b"Content-Length: 1001\r\n\r\n")
    assert declared.startswith(b"HTTP/1.1 413 ")
    asked = await api.speak(head + b"Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
    assert asked.startswith(b"HTTP/1.1 413 ")
    chunked = await api.speak(head + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b" " * 1001 + b"\r\n")
    assert chunked.startswith(b"HTTP/1.1 413 ")
    assert b"http.max_ingest_bytes" in chunked
    assert not api.sink.chunks


async def test_who_asks_is_told_to_go_on(api):
    """Once its body is wanted."""
    head = b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    answer = await api.speak(head + b"Expect: 100-continue\r\nConnection: close\r\n\r\n", b"{}")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize("api", [{"body_timeout_s": 0.05}], indirect=True)
async def test_slow_bodies_are_cut_off(api):
    """And the connection with them."""
    head = b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    assert (await api.speak(head)).startswith(b"HTTP/1.1 408 ")
    assert not api.sink.chunks


async def test_half_bodies_are_not_stored(api):
    """Whether the sender leaves or what it sends is no HTTP."""
    head = b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    answer = await api.speak(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nnonsense\r\n")
    assert b" 400 Bad Request" in answer
    _, writer = await asyncio.open_connection(*api.server.address)
    writer.write(head + b'Content-Length: 100\r\n\r\n{"a":1}')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    # The server has seen it by the time that it answers the next one.
    await api.post()
    (chunk,) = api.sink.chunks
    assert chunk.payload == b"{}"


@pytest.mark.parametrize("api", [{"room_timeout_s": 0.01}], indirect=True)
async def test_without_room_and_on_failures_senders_are_told_when_to_come_again(api):
    """With 503: nothing was stored."""
    api.sink.refuses = True
    status, told = await api.post()
    assert (status, told["error"]["message"]) == (503, "the disk is full")
    api.sink.set_room(has_room=False)
    async with api.session.post(api.url, data=b"{}", headers=JSON) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("api", [None], indirect=True)
async def test_it_can_be_turned_off(api):
    """By a setting, which the answer names."""
    status, told = await api.post()
    assert status == 403
    assert "http.ingest" in told["error"]["hint"]

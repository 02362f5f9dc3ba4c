"""Tests of the ledger and the quarantine over real HTTP, from a real store."""

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest

from ingest.post_counters import PostCounters
from logstore.app.api.application import Handlers, make_application
from logstore.app.api.chunks import ChunksHandlers
from logstore.app.api.complete import CompleteHandlers
from logstore.app.api.context import ContextHandlers
from logstore.app.api.deletions import DeletionHandlers
from logstore.app.api.fields import FieldsHandlers
from logstore.app.api.health import HealthHandlers, Readiness
from logstore.app.api.histogram import HistogramHandlers
from logstore.app.api.ingest import IngestHandlers
from logstore.app.api.parse import ParseHandlers
from logstore.app.api.parts import PartsHandlers
from logstore.app.api.quarantine import QuarantineHandlers
from logstore.app.api.query import QueryHandlers
from logstore.app.api.reindex import ReindexHandlers
from logstore.app.api.tail import TailHandlers, TailSources
from logstore.app.api.version import VersionHandlers
from logstore.app.facts import HEADER, Facts
from logstore.app.http_server import HttpServer
from tests.logstore.app.api.desk import MadeUpDesk
from tests.logstore.storage.lines import START_NS, chunk, lines
from tests.logstore.storage.test_store import opened

BAD = b"\x1b[31mbad\x00\n"


class Clock:
    """A minute after the chunks came."""

    def now_ns(self):
        """Always the same."""
        return START_NS + 60 * 10**9

    def monotonic_ns(self):
        """Always the same."""
        return 0


@pytest.fixture
async def api(tmp_path):
    """Requests of an API over a store with three chunks and a copy; the second chunk is in quarantine."""
    desk = MadeUpDesk()
    with ThreadPoolExecutor(2) as threads, opened(tmp_path) as store:
        fields = {"tag": "app", "peer": "10.0.0.1:7", "listener": "forward"}
        for payload, chunk_id in ((lines("abc"), b"first\n"), (lines("d") + BAD, b"\x00\xff2"), (lines("e"), None)):
            await asyncio.to_thread(store.submit_for_outcome(chunk(payload, chunk_id, **fields)).result, 10)
        with store.ledger() as ledger:
            keys = [record.key for record in ledger.recent if record.chunk_id == b"first\n"]
        store.note_copy(chunk(lines("abc"), b"first\n", received_ns=START_NS + 10**9, **fields), keys[0])
        handlers = Handlers(
            QueryHandlers(desk, Clock(), threads),
            TailHandlers(TailSources(desk, lambda: 0, threads), asyncio.Event()),
            HealthHandlers(Readiness(is_ready=True), tuple),
            ChunksHandlers(store, Clock(), threads),
            QuarantineHandlers(store, Clock(), threads),
            IngestHandlers(None, PostCounters()),
            PartsHandlers(store, Clock(), threads),
            ReindexHandlers(store, threads),
            DeletionHandlers(store, desk, Clock(), threads),
            FieldsHandlers(desk, Clock(), threads),
            ParseHandlers(Clock(), threads),
            VersionHandlers(Clock()),
            HistogramHandlers(desk, Clock(), threads),
            ContextHandlers(desk, Clock(), threads),
            CompleteHandlers(desk, Clock(), threads),
        )
        application = make_application(handlers, 10_000)
        async with HttpServer(application, "127.0.0.1", 0) as server, aiohttp.ClientSession() as session:
            yield Requests(session, f"http://127.0.0.1:{server.address[1]}/api/v1")


class Requests:
    """A client."""

    def __init__(self, session, base):
        self._session, self._base = session, base

    async def rows(self, path, **parameters):
        """The rows of a list."""
        _, body, _ = await self.ask("get", path, params=parameters)
        return [json.loads(line) for line in body.splitlines()]

    async def ask(self, method, path, **how):
        """Status, body and headers of an answer."""
        async with self._session.request(method, self._base + path, **how) as response:
            return response.status, await response.read(), response.headers


async def test_chunks_are_told(api):
    """Newest first, each with what became of it; a copy has the key of the original."""
    copy, *stored = await api.rows("/chunks")
    original = next(row for row in stored if row.get("id") == "first")
    assert (copy["status"], copy["duplicate_of"], copy["rows"]) == ("copy", original["key"], 0)
    assert (original["rows"], original["rejected"], original["sender"]) == (3, 0, "10.0.0.1:7")
    half = next(row for row in stored if row["rejected"])
    assert (half["id"], half["rows"], half["why"]) == ("\\x00\\xff2", 1, {"not a line": 1})
    assert (half["sealed"], "generation" in half) == (False, False)
    assert original["time"] == "2025-11-24T16:00:00.000000000Z"


async def test_chunks_are_found(api):
    """By id, with whatever is odd about it, by tag, and by what is wrong with them."""
    assert len(await api.rows("/chunks", id="firs")) == 2
    assert len(await api.rows("/chunks", id=r"\x00\xff")) == 1
    assert len(await api.rows("/chunks", id="00ff32")) == 0
    assert len(await api.rows("/chunks", tag="a*", rejected="true")) == 1
    assert len(await api.rows("/chunks", copies="true")) == 1
    assert await api.rows("/chunks", since="1s") == []
    _, body, headers = await api.ask("get", "/chunks", params={"limit": "2", "format": "table"})
    assert len(body.splitlines()) == 4
    assert body.startswith(b"time")
    assert Facts.from_json(headers[HEADER]).cut_at == 2


async def test_quarantine_is_listed_shown_and_exported(api):
    """Bytes come back as they were sent; what is shown does no harm."""
    (row,) = await api.rows("/quarantine")
    assert (row["id"], row["rows"], row["rejected"], row["kind"]) == ("4", 1, 1, "chunk")
    _, shown, _ = await api.ask("get", "/quarantine/show", params={"id": "4"})
    assert b"\x1b" not in shown
    assert b"31 6d 62 61 64 00 0a" in shown
    _, raw, headers = await api.ask("get", "/quarantine/export", params={"id": "4", "format": "raw"})
    assert raw == lines("d") + BAD
    assert headers["X-Content-Type-Options"] == "nosniff"
    (line,) = await api.rows("/quarantine/export")
    assert base64.b64decode(line["payload_base64"]) == lines("d") + BAD
    assert base64.b64decode(line["chunk_id_base64"]) == b"\x00\xff2"


async def test_quarantine_is_dropped_by_those_who_say_what(api):
    """By id or selection, as JSON or by DELETE; a form, which any web page can send, is refused."""
    for how in ({"data": {"all": "true"}}, {"json": {}}, {"json": {"id": "5"}}):
        status, body, _ = await api.ask("post", "/quarantine/drop", **how)
        assert status == 400, body
    assert len(await api.rows("/quarantine")) == 1
    _, body, _ = await api.ask("delete", "/quarantine", params={"tag": "other"})
    assert json.loads(body) == {"dropped": 0}
    _, body, _ = await api.ask("post", "/quarantine/drop", json={"id": 4})
    assert json.loads(body) == {"dropped": 1}
    assert await api.rows("/quarantine") == []
    (row,) = await api.rows("/chunks", rejected="1")
    assert (row["sealed"], row["generation"]) == (True, 1)
    assert row["parts"][0].startswith("parts/default/")


@pytest.mark.parametrize(
    ("path", "parameters", "message"),
    [
        ("/chunks", {"idd": "x"}, "unknown parameter"),
        ("/chunks", {"format": "xml"}, "unknown format"),
        ("/chunks", {"since": "soon"}, "not a duration"),
        ("/quarantine", {"id": "77"}, "nothing in quarantine has the id"),
        ("/chunks", {"limit": "100001"}, "limit is above 100,000"),
        ("/quarantine/show", {"id": "4", "bytes": "1048577"}, "bytes is above"),
        ("/quarantine/show", {}, "id is missing"),
        ("/quarantine/export", {"id": "77"}, "nothing in quarantine"),
        ("/quarantine/export", {"format": "raw", "tag": "none"}, "one chunk"),
        ("/quarantine/export", {"format": "csv"}, "unknown format"),
    ],
)
async def test_mistakes_are_told(api, path, parameters, message):
    """Each is a 400 with a sentence of its own."""
    status, body, _ = await api.ask("get", path, params=parameters)
    assert status == 400
    assert message in json.loads(body)["error"]["message"]


async def test_word_indexes_are_made_on_demand(api):
    """By JSON only, which no web page can make a browser send; the progress is told to all."""
    status, body, _ = await api.ask("post", "/reindex", json={"all": True})
    assert (status, json.loads(body)) == (200, {"waiting": 0, "made": 0, "failed": 0})
    assert json.loads((await api.ask("get", "/reindex"))[1]) == {"waiting": 0, "made": 0, "failed": 0}
    assert (await api.ask("post", "/reindex", data={"all": "true"}))[0] == 400
    assert (await api.ask("post", "/reindex", json={"al": True}))[0] == 400

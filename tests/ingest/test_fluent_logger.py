"""The Python fluent-logger, for real, as the sender."""

from __future__ import annotations

import asyncio
from io import BytesIO

import msgpack
from fluent.sender import FluentSender

from logstore.model.chunk import Mode
from tests.ingest.senders import Listening, listening, until


def emit(here: Listening, count: int, **options: object) -> None:
    """Sends events with the library, blocking, and closes."""
    host, port = here.server.address
    sender = FluentSender("app", host=host, port=port, **options)
    for number in range(count):
        assert sender.emit_with_time("web", 1_700_000_000 + number, {"message": f"line {number}", "n": number})
    sender.close()


def received(here: Listening) -> list[list[object]]:
    """All single messages that were stored, decoded."""
    payload = b"".join(chunk.payload for chunk in here.sink.chunks)
    return list(msgpack.Unpacker(BytesIO(payload)))


async def test_every_event_arrives_in_order():
    """A thousand events over one connection are stored as a few chunks of whole messages."""
    async with listening() as here:
        await asyncio.to_thread(emit, here, 1000)
        await until(lambda: here.counters.connections_open == 0 and here.counters.connections_accepted == 1)
        assert [message[2]["n"] for message in received(here)] == list(range(1000))
        assert {message[0] for message in received(here)} == {"app.web"}
        assert {chunk.mode for chunk in here.sink.chunks} == {Mode.MESSAGES}
        assert sum(chunk.rows_bound for chunk in here.sink.chunks) == here.counters.messages == 1000
        assert here.counters.acks == 0


async def test_nanosecond_times_arrive():
    """With nanosecond precision the library writes event times, which are left as they are."""
    async with listening() as here:
        await asyncio.to_thread(emit, here, 3, nanosecond_precision=True)
        await until(lambda: here.counters.messages == 3)
        assert len(received(here)) == 3


async def test_several_loggers_at_once():
    """Each connection keeps its own order."""
    async with listening() as here:
        await asyncio.gather(*(asyncio.to_thread(emit, here, 200) for _ in range(4)))
        await until(lambda: here.counters.messages == 800)
        for connection in {chunk.connection for chunk in here.sink.chunks}:
            payload = b"".join(chunk.payload for chunk in here.sink.chunks if chunk.connection == connection)
            assert [message[2]["n"] for message in msgpack.Unpacker(BytesIO(payload))] == list(range(200))

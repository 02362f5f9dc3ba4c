"""Plain sockets that play senders, and a listener to send to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgpack

from ingest.counters import IntakeCounters
from ingest.server import ForwardServer
from ingest.settings import ForwardSettings, TcpListener
from logstore.clock import SystemClock
from tests.ingest.fake_sink import FakeSink
from tests.ingest.forward.pings import KEY, ping

PLAIN = TcpListener("127.0.0.1", 0)
LOOPBACK = ForwardSettings(listeners=(PLAIN,), linger_s=0.2, drain_timeout_s=5.0)
PATIENCE_S = 20.0
"""A test that waits this long has failed."""


@dataclass(frozen=True)
class Listening:
    """A running listener with what stands behind it."""

    server: ForwardServer
    sink: FakeSink
    counters: IntakeCounters

    async def connect(self, tls: ssl.SSLContext | None = None) -> Sender:
        """A new connection to it."""
        name = None if tls is None else "localhost"
        return Sender(*await asyncio.open_connection(*self.server.address, ssl=tls, server_hostname=name))

    async def connect_unix(self, path: Path) -> Sender:
        """A new connection through a socket file."""
        return Sender(*await asyncio.open_unix_connection(path))


@asynccontextmanager
async def listening(sink: FakeSink | None = None, **settings: object) -> AsyncIterator[Listening]:
    """A listener on a free port of the loopback address."""
    sink, counters = sink or FakeSink(), IntakeCounters()
    async with ForwardServer(replace(LOOPBACK, **settings), sink, SystemClock(), counters) as server:
        yield Listening(server, sink, counters)


class Sender:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._unpacker = msgpack.Unpacker()

    async def send(self, *messages: bytes) -> None:
        """Writes messages."""
        self.writer.write(b"".join(messages))
        await self.writer.drain()

    async def acks(self, count: int) -> list[object]:
        """The next acks, as they come."""
        found: list[object] = []
        while len(found) < count:
            found += [message["ack"] for message in self._unpacker]
            if len(found) < count:
                data = await self._read()
                assert data, f"closed after {found}"
                self._unpacker.feed(data)
        assert len(found) == count
        return found

    async def rest(self) -> bytes:
        """All that comes until the other side closes."""
        found = b""
        while data := await self._read():
            found += data
        return found

    async def said(self) -> object:
        """The next message that comes, whatever it is."""
        while True:
            for message in self._unpacker:
                return message
            data = await self._read()
            assert data, "closed"
            self._unpacker.feed(data)

    async def prove(self, key: bytes = KEY, **user: bytes) -> object:
        """Answers the HELO with a PING; returns the PONG."""
        helo = await self.said()
        await self.send(ping(helo[1]["nonce"], helo[1]["auth"] or b"", key, **user))
        return await self.said()

    def end(self) -> None:
        """Closes the writing side."""
        self.writer.write_eof()

    async def close(self) -> None:
        """Closes both sides."""
        self.writer.close()
        await self.writer.wait_closed()

    async def _read(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self._reader.read(65_536)
            except ConnectionResetError:
                return b""


async def until(is_so: Callable[[], bool]) -> None:
    """Lets the loop run until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110  what is waited for are plain counters
            await asyncio.sleep(0)

"""`/api/v1/tail`: matching events as they arrive, as JSON lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from aiohttp import web

from logstore.app.api.params import read_parameters
from logstore.app.formats.jsonl import JsonlWriter
from logstore.app.questions import Cancellation, Follower

TAIL_PARAMETERS = ("query", "ids")

# How late an event may be shown. Shorter looks more often whether there is something new.
LOOK_INTERVAL_S = 0.2
# An empty line after so many seconds of silence: proxies close silent connections.
KEEPALIVE_S = 15.0
KEEPALIVE = b"\n"


@dataclass(frozen=True, slots=True)
class TailSources:
    """What tails need.

    Attributes:
        follower: finds new events.
        newest_seq: the newest visible sequence number; never blocks.
        executor: threads that looking happens in.
    """

    follower: Follower
    newest_seq: Callable[[], int]
    executor: Executor


class TailHandlers:
    """Streams live tails.

    Args:
        sources: what they need.
        stopping: set when the server stops; tails end then.
    """

    def __init__(self, sources: TailSources, stopping: asyncio.Event) -> None:
        self._sources = sources
        self._stopping = stopping
        self.open_tails = 0

    async def tail(self, request: web.Request) -> web.StreamResponse:
        """Streams until the asker leaves or the server stops."""
        parameters = await read_parameters(request, TAIL_PARAMETERS)
        watch = _Watch(self._sources, parameters.required("query"), ids=parameters.flag("ids"))
        await watch.check()
        response = web.StreamResponse(headers={"Content-Type": JsonlWriter.content_type, "Cache-Control": "no-store"})
        await response.prepare(request)
        self.open_tails += 1
        try:
            await self._stream(watch, response)
        finally:
            self.open_tails -= 1
        return response

    async def _stream(self, watch: _Watch, response: web.StreamResponse) -> None:
        """Writes what is new, and keeps the connection alive."""
        # Sent at once, for the asker to know that the tail has begun.
        await response.write(KEEPALIVE)
        silent_s = 0.0
        while not await self._pause():
            wrote_any = await watch.send_news(response)
            silent_s = 0.0 if wrote_any else silent_s + LOOK_INTERVAL_S
            if silent_s >= KEEPALIVE_S:
                silent_s = 0.0
                await response.write(KEEPALIVE)
        await response.write_eof()

    async def _pause(self) -> bool:
        """Waits for the next look; whether the server stops instead."""
        try:
            await asyncio.wait_for(self._stopping.wait(), LOOK_INTERVAL_S)
        except TimeoutError:
            return False
        return True


class _Watch:
    """One tail: what it looks for, and how far it has looked."""

    def __init__(self, sources: TailSources, text: str, *, ids: bool) -> None:
        self._sources = sources
        self._text = text
        self._ids = ids
        self._seen = sources.newest_seq()

    async def check(self) -> None:
        """Looks at nothing.

        Raises:
            QueryError: the query is wrong, or cannot be followed.
        """
        await self._look()

    async def send_news(self, response: web.StreamResponse) -> bool:
        """Writes the matching events that came since the last look; whether there were any."""
        if self._sources.newest_seq() <= self._seen:
            return False
        lines = await self._look()
        if lines:
            await response.write(lines)
        return bool(lines)

    async def _look(self) -> bytes:
        cancellation = Cancellation()
        loop = asyncio.get_running_loop()
        try:
            lines, self._seen = await loop.run_in_executor(self._sources.executor, self._lines, cancellation)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        return lines

    def _lines(self, cancellation: Cancellation) -> tuple[bytes, int]:
        """Everything that happens in a thread."""
        news = self._sources.follower.look(self._text, self._seen, cancellation, ids=self._ids)
        writer = JsonlWriter()
        return b"".join((writer.begin(news.shape), *map(writer.rows, news.batches))), news.seq

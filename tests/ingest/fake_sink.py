"""A store in memory, stricter than a real one, that completes what the test tells it to."""

from __future__ import annotations

import asyncio

from ingest.dedup import key_of
from ingest.sink import Origin
from logstore.errors import StorageError
from logstore.model.chunk import Chunk


class FakeSink:
    """A `Sink`. Refuses chunks of one connection out of order, and known keys that are not marked as repeats.

    With `is_prompt` chunks are durable at once; otherwise when `complete` says so.
    """

    def __init__(self, *, is_prompt: bool = True) -> None:
        self.chunks: list[Chunk] = []
        self.copies: list[Chunk] = []
        self.is_prompt = is_prompt
        self.refuses = False
        self._flights: list[asyncio.Future[None]] = []
        self._origins: dict[bytes, Origin] = {}
        self._ordinals: dict[int, int] = {}
        self._room = asyncio.Event()
        self._room.set()
        self._changed = asyncio.Event()

    def append(self, chunk: Chunk) -> asyncio.Future[None]:
        """Takes a chunk."""
        latest = self._ordinals.get(chunk.connection, -1)
        # A run without an id may come in parts.
        is_next = chunk.ordinal > latest or (chunk.chunk_id is None and chunk.ordinal == latest)
        assert is_next, "chunks of a connection were reordered"
        assert chunk.rows_bound >= 1
        key = key_of(chunk)
        assert (key in self._origins) is chunk.repeat, "a known chunk, or a repeat of nothing"
        self._ordinals[chunk.connection] = chunk.ordinal
        flight: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.chunks.append(chunk)
        self._flights.append(flight)
        self._changed.set()
        if self.refuses:
            self.fail(len(self.chunks) - 1)
        elif self.is_prompt:
            self.complete(len(self.chunks) - 1)
        return flight

    def complete(self, *numbers: int) -> None:
        """Makes these chunks durable, in this order."""
        for number in numbers:
            chunk = self.chunks[number]
            key = key_of(chunk)
            if key is not None:
                self._origins[key] = Origin(chunk.connection, chunk.ordinal)
            self._flights[number].set_result(None)

    def fail(self, *numbers: int) -> None:
        """Fails to store these chunks."""
        for number in numbers:
            self._flights[number].set_exception(StorageError("the disk is full"))

    def origin(self, key: bytes) -> Origin | None:
        """Where the newest stored chunk with this key came from."""
        return self._origins.get(key)

    def copied(self, chunk: Chunk, key: bytes) -> None:
        """Keeps a copy, which must be one of a stored chunk."""
        assert key == key_of(chunk)
        assert key in self._origins, "a copy of nothing"
        self.copies.append(chunk)

    def remember(self, chunk: Chunk, origin: Origin) -> None:
        """Behaves as if an earlier process had stored this chunk."""
        key = key_of(chunk)
        assert key is not None
        self._origins[key] = origin

    def has_room(self) -> bool:
        """Whether there is room."""
        return self._room.is_set()

    async def room(self) -> None:
        """Waits for room."""
        await self._room.wait()

    def set_room(self, *, has_room: bool) -> None:
        """Makes room, or fills it up."""
        (self._room.set if has_room else self._room.clear)()

    async def wait_for(self, count: int) -> None:
        """Returns once that many chunks were taken."""
        while len(self.chunks) < count:
            self._changed.clear()
            await self._changed.wait()

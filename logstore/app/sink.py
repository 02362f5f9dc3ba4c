"""The adapter between the event loop of intake and the threads of the store.

The store completes many chunks at once, at each sync of its log. Each completion is one small step on the event loop,
but waking the loop is a system call, so completions are gathered and the loop is woken once for all of them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from ingest.sink import Origin
from logstore.model.chunk import Chunk
from logstore.model.outcome import ChunkOutcome


class StoredCopy(Protocol):
    """Where a stored chunk came from."""

    @property
    def connection(self) -> int:
        """Number of its connection."""

    @property
    def ordinal(self) -> int:
        """Its ordinal there."""


class ChunkStore(Protocol):
    """What is needed of a store. Safe from several threads, never blocking."""

    def submit(self, chunk: Chunk) -> Future[int]:
        """Takes a chunk; the future completes, in any thread, when it is durable."""

    def submit_for_outcome(self, chunk: Chunk) -> Future[ChunkOutcome]:
        """Takes a chunk; the future completes, in any thread, when it is durable and decoded."""

    def origin(self, key: bytes) -> StoredCopy | None:
        """Where the stored chunk with this key came from, of several the newest; None when unknown."""

    def note_copy(self, chunk: Chunk, key: bytes) -> None:
        """A copy of the chunk with this key came and is not submitted."""

    def has_room(self) -> bool:
        """Whether more may be submitted now."""

    def wait_room(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, from any thread, when there is room."""


class StoreSink:
    """A store as an `ingest.sink.Sink`. Made and used on one event loop."""

    def __init__(self, store: ChunkStore) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._completed: list[Callable[[], None]] = []

    def append(self, chunk: Chunk) -> asyncio.Future[ChunkOutcome | None]:
        """Takes a chunk now; the result completes when it is durable."""
        durable: asyncio.Future[ChunkOutcome | None] = self._loop.create_future()
        self._store.submit(chunk).add_done_callback(lambda future: self._later(partial(_copy, future, durable)))
        return durable

    def origin(self, key: bytes) -> Origin | None:
        """Where the stored chunk with this key came from, of several the newest; None when unknown."""
        found = self._store.origin(key)
        return None if found is None else Origin(found.connection, found.ordinal)

    def copied(self, chunk: Chunk, key: bytes) -> None:
        """A copy of the stored chunk with this key came and is not appended."""
        self._store.note_copy(chunk, key)

    def has_room(self) -> bool:
        """Whether more bytes may be read from senders now."""
        return self._store.has_room()

    async def room(self) -> None:
        """Returns once `has_room()`."""
        while not self._store.has_room():
            free = asyncio.Event()
            self._store.wait_room(partial(self._later, free.set))
            await free.wait()

    def _later(self, step: Callable[[], None]) -> None:
        """Takes a step on the event loop, from any thread; steps keep their order."""
        with self._lock:
            self._completed.append(step)
            is_first = len(self._completed) == 1
        if is_first and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take_steps)

    def _take_steps(self) -> None:
        with self._lock:
            steps, self._completed = self._completed, []
        for step in steps:
            step()


class OutcomeSink(StoreSink):
    """A store as a sink that tells what became of each chunk."""

    def append(self, chunk: Chunk) -> asyncio.Future[ChunkOutcome | None]:
        """Takes a chunk now; the result completes when it is durable and decoded, with what became of it."""
        decoded: asyncio.Future[ChunkOutcome | None] = self._loop.create_future()
        self._store.submit_for_outcome(chunk).add_done_callback(
            lambda future: self._later(partial(_copy_outcome, future, decoded))
        )
        return decoded


def _copy(done: Future[int], waiting: asyncio.Future[ChunkOutcome | None]) -> None:
    if waiting.done():
        return
    failure = done.exception()
    if failure is None:
        waiting.set_result(None)
    else:
        waiting.set_exception(failure)


def _copy_outcome(done: Future[ChunkOutcome], waiting: asyncio.Future[ChunkOutcome | None]) -> None:
    if waiting.done():
        return
    failure = done.exception()
    if failure is None:
        waiting.set_result(done.result())
    else:
        waiting.set_exception(failure)

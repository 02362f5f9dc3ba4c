"""From a received chunk to the store: the doer of what `ingest.dedup` decides, shared by all connections."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ingest.counters import IntakeCounters
from ingest.dedup import Dedup, Join, Store, key_of
from ingest.ration import LogRation
from ingest.sink import Sink
from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.chunk import Chunk
from logstore.model.outcome import ChunkOutcome

_log = logging.getLogger(__name__)

Flight = asyncio.Future[ChunkOutcome | None]
"""Completes when a chunk is durable, with its outcome if the sink waits for that; raises when it was not stored."""


class Admitted(NamedTuple):
    """A chunk on its way: what completes when it may be acked, its key (None without a chunk id), if it is a copy."""

    flight: Flight
    key: bytes | None
    is_copy: bool = False


class Intake:
    """Stores what is new, and lets copies share the fate of what is stored.

    The callbacks that it puts on a flight run before those of its callers.
    """

    def __init__(self, sink: Sink, dedup: Dedup[Flight], clock: Clock, counters: IntakeCounters) -> None:
        self._sink = sink
        self.dedup = dedup
        self._clock = clock
        self._counters = counters
        self._ration = LogRation()

    def admit(self, chunk: Chunk) -> Admitted:
        """Takes a chunk, now and in the order of calls. Never blocks."""
        key = key_of(chunk)
        if key is None or chunk.chunk_id is None:
            return Admitted(self._store(chunk), None)
        verdict = self.dedup.judge(key, chunk.chunk_id, self._clock.monotonic_ns())
        if isinstance(verdict, Store):
            flight = self._store(replace(chunk, repeat=True) if verdict.repeat else chunk)
            self.dedup.started(key, flight)
            flight.add_done_callback(partial(self._landed, key, chunk.chunk_id))
            return Admitted(flight, key)
        if isinstance(verdict, Join):
            self._counters.duplicates["joined"] += 1
            verdict.first.add_done_callback(partial(self._joined, key, chunk))
            return Admitted(verdict.first, key, is_copy=True)
        self._counters.duplicates["stored"] += 1
        self._sink.copied(chunk, key)
        return Admitted(_done(), key, is_copy=True)

    def _store(self, chunk: Chunk) -> Flight:
        counters = self._counters
        counters.chunks[chunk.mode.name] += 1
        counters.chunk_bytes += len(chunk.payload)
        counters.repeats += chunk.repeat
        counters.unacked_bytes += len(chunk.payload)
        flight = asyncio.ensure_future(self._sink.append(chunk))
        flight.add_done_callback(partial(self._count_landing, len(chunk.payload)))
        return flight

    def _count_landing(self, size: int, flight: Flight) -> None:
        self._counters.unacked_bytes -= size
        failure = failure_of(flight)
        if failure is None:
            return
        self._counters.store_failures += 1
        if isinstance(failure, StorageError):
            # A full disk refuses every chunk, and senders come back at once: a line for each would fill what is left.
            more = self._ration.ask(StorageError, self._clock.monotonic_ns())
            if more is not None:
                _log.error("a chunk was not stored and will not be acknowledged: %s%s", failure, more)
        else:
            _log.error("a chunk was not stored because of a bug", exc_info=failure)

    def _joined(self, key: bytes, chunk: Chunk, flight: Flight) -> None:
        # A copy of what was not stored is no copy: the sender sends it again.
        if failure_of(flight) is None:
            self._sink.copied(chunk, key)

    def _landed(self, key: bytes, chunk_id: bytes, flight: Flight) -> None:
        if failure_of(flight) is None:
            self.dedup.stored(key, chunk_id)
        else:
            self.dedup.failed(key)


def failure_of(flight: Flight) -> BaseException | None:
    """Why a completed flight did not store its chunk; None when it did."""
    return asyncio.CancelledError("storing was cancelled") if flight.cancelled() else flight.exception()


def _done() -> Flight:
    flight: Flight = asyncio.get_running_loop().create_future()
    flight.set_result(None)
    return flight

"""The joiner of a connection, with its timer: the doer of `ingest.partials`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ingest.counters import IntakeCounters
from ingest.deadline import Deadline
from ingest.forward.events import ChunkReceived
from ingest.partials import MARK, PartialJoiner, PartialLimits, Passed
from logstore.clock import Clock
from logstore.model.chunk import Mode

_NS_PER_S = 1_000_000_000


class Joining:
    """Holds back the pieces of split lines until they can be joined, or may wait no longer.

    Args:
        limits: what may wait.
        clock: its monotonic time is used.
        counters: counted into.
        store: called with what has waited long enough.
    """

    def __init__(
        self, limits: PartialLimits, clock: Clock, counters: IntakeCounters, store: Callable[[ChunkReceived], None]
    ) -> None:
        self._joiner = PartialJoiner(limits)
        self._clock = clock
        self._counters = counters
        self._store = store
        self._latest: ChunkReceived | None = None
        self._timer = Deadline(limits.timeout_ns / _NS_PER_S, self._expire)

    @property
    def held_bytes(self) -> int:
        """Bytes of the pieces that wait."""
        return self._joiner.held_bytes

    def take(self, received: ChunkReceived) -> ChunkReceived | None:
        """What is to be stored of a chunk now; None when all of it waits."""
        if received.mode is not Mode.MESSAGES:
            return received
        if received.chunk_id is not None or received.reply:
            # Its sender waits for the ack before it sends the next piece.
            self._counters.partials["acknowledged"] += MARK in received.payload
            return received
        self._latest = received
        joined = self._passed(self._joiner.add(received.payload, received.messages, self._clock.monotonic_ns()))
        if not self._joiner.is_empty:
            self._timer.arm()
        return joined

    def end(self) -> None:
        """The connection is gone: what waits is stored as it is."""
        self._timer.disarm()
        self._give_back(self._joiner.end())

    def _expire(self) -> None:
        self._give_back(self._joiner.expire(self._clock.monotonic_ns()))
        if not self._joiner.is_empty:
            self._timer.arm()

    def _give_back(self, passed: Passed) -> None:
        received = self._passed(passed)
        if received is not None:
            self._store(replace(received, notes=()))

    def _passed(self, passed: Passed) -> ChunkReceived | None:
        self._counters.partials["joined"] += passed.joined
        self._counters.partials["not joined"] += passed.unjoined
        if self._latest is None or not passed.messages:
            return None
        return replace(
            self._latest, payload=passed.payload, messages=passed.messages, rows_bound=max(1, passed.messages)
        )

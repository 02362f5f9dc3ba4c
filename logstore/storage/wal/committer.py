"""Group commit: one thread that makes everything durable that has queued up, with one sync for all of it.

The longer a sync takes, the more chunks queue up for the next: the cost of durability is shared by whoever came in
meanwhile, and a lone chunk waits for one sync only.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeAlias

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.chunk import Chunk
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.settings import Durability
from logstore.storage.wal.format import LoggedEntry, Record, make_record
from logstore.storage.wal.writer import LogWriter

_log = logging.getLogger(__name__)


CommitWatch: TypeAlias = Callable[[Sequence[Chunk], int, int], None]
"""Is told of a group that was written, and when that began and ended, in Unix nanoseconds. Must not raise or wait."""


@dataclass(frozen=True, slots=True)
class CommitRules:
    """When groups are written and synced; see the settings of the same names."""

    durability: Durability
    sync_interval_s: float
    max_group_bytes: int


class GroupCommitter:
    """Writes chunks to the log in the order of `submit`, and completes their futures when they are as durable as asked.

    Args:
        log: the log; nobody else appends to it.
        deliver: called with each group once it is durable, before its futures complete, in order.
        discard: called with each chunk that was not stored, before its future fails.
        clock: for the interval between syncs.
        rules: when groups are written and synced.
    """

    def __init__(
        self,
        log: LogWriter,
        deliver: Callable[[Sequence[LoggedEntry]], None],
        discard: Callable[[Chunk], None],
        clock: Clock,
        rules: CommitRules,
    ) -> None:
        self._log = log
        self._deliver = deliver
        self._discard = discard
        self._clock = clock
        self._rules = rules
        self._queue: deque[tuple[Chunk, Future[int]]] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._sync_due_ns: int | None = None
        self._watch: CommitWatch | None = None
        self._thread = threading.Thread(target=self._run, name="logstore-commit", daemon=True)

    def start(self) -> None:
        """Begins to write."""
        self._thread.start()

    def watch(self, watch: CommitWatch) -> None:
        """Tells somebody of each group from now on."""
        self._watch = watch

    @property
    def queued(self) -> int:
        """Chunks that wait to be written."""
        return len(self._queue)

    def submit(self, chunk: Chunk) -> Future[int]:
        """Queues a chunk; never blocks.

        Returns:
            A future that completes with the chunk's sequence number once it is durable. It fails with StorageError when
            the chunk was not stored, and with ValueError when it never can be. It cannot be cancelled.
        """
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()
        with self._ready:
            if not self._closing:
                self._queue.append((chunk, future))
                self._ready.notify()
                return future
        self._discard(chunk)
        future.set_exception(StorageError("the store is closed"))
        return future

    def close(self) -> None:
        """Writes what is queued, takes nothing more, and ends."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException:
            # Whoever waits, and whoever comes, is told: a thread that ends without a word would leave them waiting.
            self._refuse_all()
            raise

    def _refuse_all(self) -> None:
        with self._ready:
            self._closing = True
            waiting = list(self._queue)
            self._queue.clear()
        for chunk, future in waiting:
            self._discard(chunk)
            future.set_exception(StorageError("writing the log has failed, restart the server"))

    def _work(self) -> None:
        while True:
            group = self._next_group()
            if group:
                self._commit(group)
            elif self._closing:
                break
            self._sync_when_due()
        self._log.rotate()

    def _next_group(self) -> list[tuple[Chunk, Future[int]]]:
        """The chunks of the next group, in order; none when a sync is due first, or at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._queue or self._closing, self._patience_s())
            group, payload_bytes = [], 0
            while self._queue and payload_bytes < self._rules.max_group_bytes:
                group.append(self._queue.popleft())
                payload_bytes += len(group[-1][0].payload)
            return group

    def _commit(self, group: list[tuple[Chunk, Future[int]]]) -> None:
        records, futures = self._make_records(group)
        if not records:
            return
        start_ns = self._clock.now_ns()
        try:
            self._log.append(records, sync=self._rules.durability is Durability.FSYNC)
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody may wait forever for a future
            for record, future in zip(records, futures, strict=True):
                self._discard(record.logged.entry.chunk)
                future.set_exception(_as_storage_error(error))
            return
        if self._watch is not None:
            self._watch([record.logged.entry.chunk for record in records], start_ns, self._clock.now_ns())
        if self._rules.durability is Durability.INTERVAL and self._sync_due_ns is None:
            self._sync_due_ns = self._clock.monotonic_ns() + int(self._rules.sync_interval_s * NS_PER_SECOND)
        try:
            self._deliver([record.logged for record in records])
        except BaseException as error:
            # They are in the log, and the next start finds them there; until then nobody could see them.
            for future in futures:
                future.set_exception(StorageError(f"the chunk was logged and not taken in: {error}"))
            raise
        for record, future in zip(records, futures, strict=True):
            future.set_result(record.logged.entry.seq)

    def _make_records(self, group: list[tuple[Chunk, Future[int]]]) -> tuple[list[Record], list[Future[int]]]:
        """Gives sequence numbers; a chunk that does not fit the format fails alone."""
        records, futures = [], []
        for chunk, future in group:
            try:
                record = make_record(self._log.take_seq(max(1, chunk.rows_bound)), chunk)
            except ValueError as error:
                self._discard(chunk)
                future.set_exception(error)
                continue
            records.append(record)
            futures.append(future)
        return records, futures

    def _patience_s(self) -> float | None:
        if self._sync_due_ns is None:
            return None
        return max(0, self._sync_due_ns - self._clock.monotonic_ns()) / NS_PER_SECOND

    def _sync_when_due(self) -> None:
        if self._sync_due_ns is None or self._clock.monotonic_ns() < self._sync_due_ns:
            return
        self._sync_due_ns = None
        try:
            self._log.sync()
        except StorageError:
            # These chunks are acknowledged and in memory: the next seal makes them durable. The log counts the failure.
            return


def _as_storage_error(error: Exception) -> StorageError:
    if isinstance(error, StorageError):
        return error
    _log.error("a bug of ours stopped a group commit", exc_info=error)
    wrapped = StorageError(f"the group was not written: {error}")
    wrapped.__cause__ = error
    return wrapped

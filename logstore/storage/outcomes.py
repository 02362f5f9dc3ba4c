"""Whoever waits to hear what became of a chunk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from logstore.errors import StorageError
from logstore.model.chunk import Chunk
from logstore.model.outcome import ChunkOutcome
from logstore.storage.ledger.accounts import Accounts
from logstore.storage.wal.format import LoggedEntry


class Outcomes:
    """Futures of outcomes, found again by the chunk on its way through the log. Safe from several threads."""

    def __init__(self) -> None:
        # By identity: the log gives each chunk its sequence number only when nobody can be told of it in time any more.
        self._waiting: dict[int, tuple[Chunk, Future[ChunkOutcome]]] = {}
        self._failure: StorageError | None = None
        self._lock = threading.Lock()

    def submit(self, chunk: Chunk, store: Callable[[Chunk], Future[int]]) -> Future[ChunkOutcome]:
        """Hands a chunk to `store`; the future completes when it is decoded, or fails as the one of `store` does."""
        # A copy of our own, so that a caller may hand the same chunk over twice.
        chunk = replace(chunk)
        outcome: Future[ChunkOutcome] = Future()
        outcome.set_running_or_notify_cancel()
        with self._lock:
            self._waiting[id(chunk)] = chunk, outcome

        def stored(durable: Future[int]) -> None:
            failure = durable.exception() or self._failure
            if failure is not None and self._take(chunk) is not None:
                outcome.set_exception(failure)

        store(chunk).add_done_callback(stored)
        return outcome

    def complete(self, run: Sequence[LoggedEntry], accounts: Accounts) -> None:
        """Tells those who wait for the chunks of a run."""
        if not self._waiting:
            return
        for place, logged in enumerate(run):
            waiting = self._take(logged.entry.chunk)
            if waiting is not None:
                waiting.set_result(accounts.outcome(place, logged.entry.seq))

    def fail(self, failure: StorageError) -> None:
        """Nothing is decoded any more: whoever waits, and whoever comes, is told once the chunk is stored or not."""
        with self._lock:
            self._failure = failure
            waiting, self._waiting = self._waiting, {}
        for _, outcome in waiting.values():
            outcome.set_exception(failure)

    def _take(self, chunk: Chunk) -> Future[ChunkOutcome] | None:
        with self._lock:
            found = self._waiting.pop(id(chunk), None)
        return None if found is None else found[1]

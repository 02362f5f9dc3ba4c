"""Bringing files back from object storage, several at a time, each of them once for all who wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace

from logstore.clock import Clock
from logstore.errors import CorruptionError, OverloadedError, StorageError
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.publish import Publisher
from logstore.storage.remote.cache import Cache, RemotePart
from logstore.storage.remote.content import pieces_of_object
from logstore.storage.remote.objects import MissingObjectError, Objects
from logstore.storage.remote.settings import RemoteRules
from logstore.storage.remote.workers import Workers

_ATTEMPTS = 2
"""Of wrong bytes: those that came over a bad line are right the next time."""
_FAILURES_IN_A_ROW = 3
"""After so many the store is taken to be down. Fewer takes a stumble for that; more lets queries wait longer."""
_REST_S = 5.0
"""A store that is down is left alone for so long, and files that are wanted meanwhile are told at once not to come."""
_LOOK_S = 0.2
"""How often whoever waits looks whether he is still wanted."""


@dataclass(frozen=True, slots=True)
class FetchCounters:
    """What was fetched since the store was opened; `last_error` is empty after a good one."""

    fetches: int = 0
    failures: int = 0
    bytes: int = 0
    duration_ns: int = 0
    last_error: str = ""


class Fetcher:
    """Fetches files. Safe from several threads.

    Args:
        objects: where they come from.
        publisher: puts them into the data directory.
        cache: is told what came and what did not.
        clock: measures rests.
        rules: how many come at a time, and how long to wait for room.
    """

    def __init__(self, objects: Objects, publisher: Publisher, cache: Cache, clock: Clock, rules: RemoteRules) -> None:
        self._objects = objects
        self._publisher = publisher
        self._cache = cache
        self._clock = clock
        self._room_wait_s = rules.room_wait_s
        self._pool = Workers(rules.transfers, "logstore-fetch")
        self._requests = Workers(2 * rules.transfers, "logstore-fetch-piece")
        self._lock = threading.Lock()
        self._coming: dict[str, Future[None]] = {}
        self._failures_in_a_row = 0
        self._resting_until_ns = 0
        self._counters = FetchCounters()

    @property
    def counters(self) -> FetchCounters:
        """What was fetched."""
        return self._counters

    def close(self) -> None:
        """Ends what is under way, or leaves it alone when it takes long."""
        self._requests.shutdown(wait=False)
        self._pool.shutdown()

    def fetch(self, names: Sequence[str], check: Callable[[], None]) -> dict[str, str]:
        """Brings those of the pinned files that are not there; why those do not come that do not, by name.

        Args:
            names: the files.
            check: called while waiting; raises when nobody wants them any more.

        Raises:
            LimitExceededError: together they are larger than the bound of the cache.
            OverloadedError: others take the room for too long.
            StorageError: room could not be made.
        """
        futures = self._begin(names, check)
        pending = set(futures.values())
        while pending:
            check()
            _, pending = wait(pending, _LOOK_S)
        return {name: why for name, future in futures.items() if (why := _why_not(future))}

    def _begin(self, names: Sequence[str], check: Callable[[], None]) -> dict[str, Future[None]]:
        """Begins to fetch what nobody fetches yet; all that has to be waited for."""
        deadline_ns = self._clock.monotonic_ns() + int(self._room_wait_s * NS_PER_SECOND)
        while True:
            with self._lock:
                wanted = self._cache.expect(names)
                if wanted is not None:
                    self._coming |= {part.name: self._pool.submit(self._fetch, part) for part in wanted}
                    return {name: self._coming[name] for name in names if name in self._coming}
            if self._clock.monotonic_ns() >= deadline_ns:
                raise OverloadedError("the room for parts from object storage is taken by others", "try again")
            self._cache.wait_for_room(_LOOK_S)
            check()

    def _fetch(self, part: RemotePart) -> None:
        started_ns = self._clock.monotonic_ns()
        try:
            self._bring(part)
        except BaseException as error:
            with self._lock:
                self._note_failure(error)
                self._cache.failed(part.name)
                del self._coming[part.name]
            raise
        with self._lock:
            self._note_success(part, self._clock.monotonic_ns() - started_ns)
            self._cache.arrived(part.name)
            del self._coming[part.name]

    def _bring(self, part: RemotePart) -> None:
        self._check_rest()
        for attempt in range(1, _ATTEMPTS + 1):
            pieces = pieces_of_object(self._objects, part.name, part.bytes, part.crc32c, self._requests)
            try:
                self._publisher.publish_growing(part.name, ([piece] for piece in pieces))
            except CorruptionError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _check_rest(self) -> None:
        with self._lock:
            if self._clock.monotonic_ns() < self._resting_until_ns:
                raise StorageError(self._counters.last_error)

    def _note_failure(self, error: BaseException) -> None:
        before = self._counters
        self._counters = replace(before, failures=before.failures + 1, last_error=str(error) or repr(error))
        now_ns = self._clock.monotonic_ns()
        # What is missing or wrong was told by a store that is up.
        if isinstance(error, MissingObjectError | CorruptionError) or now_ns < self._resting_until_ns:
            return
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            self._resting_until_ns = now_ns + int(_REST_S * NS_PER_SECOND)

    def _note_success(self, part: RemotePart, duration_ns: int) -> None:
        before = self._counters
        self._failures_in_a_row = 0
        self._counters = replace(
            before,
            fetches=before.fetches + 1,
            bytes=before.bytes + part.bytes,
            duration_ns=before.duration_ns + duration_ns,
            last_error="",
        )


def _why_not(future: Future[None]) -> str:
    """Why a file did not come; empty when it did."""
    if future.cancelled():
        return "the server is being stopped"
    error = future.exception()
    return "" if error is None else str(error) or repr(error)

"""Removing files that the catalog no longer lists, once nobody can be reading them.

A file goes when every snapshot that was open at its retirement is closed, every reader that held a lease then is gone,
and a grace period is over.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.lease import live_leases


@dataclass(frozen=True, slots=True)
class _Retired:
    """A file that waits for its removal.

    Attributes:
        name: the file.
        before: snapshots with a smaller number may be reading it.
        leases: readers that may be reading it.
        due_ns: monotonic time of the end of its grace period.
    """

    name: str
    before: int
    leases: frozenset[str]
    due_ns: int


class Removals:
    """Counts open snapshots, and removes retired files when their time has come. Safe from several threads.

    Args:
        directory: where the files are.
        clock: measures the grace period.
        grace_s: for readers that took a list of files just before one was retired.
    """

    def __init__(self, directory: Directory, clock: Clock, grace_s: float) -> None:
        self._directory = directory
        self._clock = clock
        self._grace_ns = int(grace_s * NS_PER_SECOND)
        self._open: set[int] = set()
        self._next_pin = 0
        self._retired: tuple[_Retired, ...] = ()
        self._lock = threading.Lock()

    @property
    def open_snapshots(self) -> int:
        """Snapshots that are open now."""
        return len(self._open)

    @property
    def waiting(self) -> int:
        """Files that wait for their removal."""
        return len(self._retired)

    @property
    def names(self) -> frozenset[str]:
        """Names of the files that wait for their removal."""
        return frozenset(one.name for one in self._retired)

    def pin(self) -> int:
        """Keeps every file that is listed now until `unpin` of the number returned."""
        with self._lock:
            pin = self._next_pin
            self._next_pin += 1
            self._open.add(pin)
            return pin

    def unpin(self, pin: int) -> None:
        """Ends a pin."""
        with self._lock:
            self._open.discard(pin)

    @contextlib.contextmanager
    def pinned(self) -> Iterator[None]:
        """Keeps every file that is listed now until the end of the context."""
        pin = self.pin()
        try:
            yield
        finally:
            self.unpin(pin)

    def retire(self, names: Sequence[str]) -> None:
        """Removes files, which the catalog lists no longer, as soon as nobody can be reading them."""
        if not names:
            return
        leases = live_leases(self._directory)
        due_ns = self._clock.monotonic_ns() + self._grace_ns
        with self._lock:
            self._retired += tuple(_Retired(name, self._next_pin, leases, due_ns) for name in names)

    def sweep(self, *, is_end: bool = False) -> int:
        """Removes the files whose time has come; how many they were. At the end no grace is given any more.

        Raises:
            StorageError: a file could not be removed; the next call tries again.
        """
        if not self._retired:
            return 0
        leases = live_leases(self._directory)
        with self._lock:
            oldest = min(self._open, default=self._next_pin)
            now_ns = self._clock.monotonic_ns()
            due = [
                one
                for one in self._retired
                if one.before <= oldest and (is_end or one.due_ns <= now_ns) and not one.leases & leases
            ]
        for one in due:
            with contextlib.suppress(MissingFileError):
                self._directory.remove(one.name)
            with self._lock:
                self._retired = tuple(other for other in self._retired if other is not one)
        return len(due)

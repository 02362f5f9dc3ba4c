"""Removing files that the catalog no longer lists, once nobody can be reading them.

A file goes when every snapshot that was open at its retirement is closed, every reader that held a lease then is gone,
and a grace period is over.
"""

from __future__ import annotations

import contextlib
import functools
import posixpath
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
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
        kept_as: the name that it gets instead of being removed; None when it is to be removed.
        is_spared: asked then: whether it is to stay after all.
    """

    name: str
    before: int
    leases: frozenset[str]
    due_ns: int
    kept_as: str | None = None
    is_spared: Callable[[], bool] = lambda: False


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

    def waits_for(self, name: str) -> bool:
        """Whether this file waits for its removal."""
        return any(one.name == name for one in self._retired)

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
        self._retire(dict.fromkeys(names))

    def set_aside(self, kept_as: Mapping[str, str], is_spared: Callable[[str], bool]) -> None:
        """Gives files, which the catalog lists as unfit, other names as soon as nobody can be reading them.

        `is_spared` is asked then about each, by name: somebody may have put a good one in its place meanwhile.
        """
        self._retire(kept_as, is_spared)

    def _retire(self, names: Mapping[str, str | None], is_spared: Callable[[str], bool] = lambda _: False) -> None:
        if not names:
            return
        leases = live_leases(self._directory)
        due_ns = self._clock.monotonic_ns() + self._grace_ns
        with self._lock:
            self._retired += tuple(
                _Retired(name, self._next_pin, leases, due_ns, kept_as, functools.partial(is_spared, name))
                for name, kept_as in names.items()
            )

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
                self._remove(one)
            with self._lock:
                self._retired = tuple(other for other in self._retired if other is not one)
        return len(due)

    def _remove(self, one: _Retired) -> None:
        if one.kept_as is None:
            self._directory.remove(one.name)
            return
        if one.is_spared():
            return
        self._directory.rename(one.name, one.kept_as)
        self._directory.sync_directory(posixpath.dirname(one.kept_as))
        self._directory.sync_directory(posixpath.dirname(one.name))

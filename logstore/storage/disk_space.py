"""Stopping intake before the disk is full, so that what was taken can still be sealed and the catalog written.

Below the low mark nothing more is taken; above the high one it is again. Between the two it stays as it was, so that a
disk that fills and empties by a few files does not let senders in and out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.directory import Directory, Space

_log = logging.getLogger(__name__)

LOOK_S = 1.0
"""How often the disk is looked at. What comes in meanwhile is what the marks may be missed by."""

_TELL_S = 60.0
_HIGH_MARK = 1.2
"""The high mark is so many times the low one."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Where intake stops, as settings say it: at this share of the disk, or at so many bytes where that is less."""

    share: float
    most_bytes: int

    def low(self, total: int) -> int:
        """Free bytes below which intake stops, on a disk of `total` bytes."""
        return min(self.most_bytes, int(total * self.share))

    def high(self, total: int) -> int:
        """Free bytes from which on it goes on."""
        return min(total, int(self.low(total) * _HIGH_MARK))


@dataclass(frozen=True, slots=True)
class DiskState:
    """The disk, as it was seen last.

    Attributes:
        space: its bytes.
        low: free bytes below which intake stops.
        is_full: whether intake is stopped.
        stops: how often it was.
    """

    space: Space
    low: int
    is_full: bool = False
    stops: int = 0


def seen(before: DiskState, space: Space, marks: Marks) -> DiskState:
    """The state after a look. Pure."""
    low, high = marks.low(space.total), marks.high(space.total)
    is_full = space.free < (high if before.is_full else low)
    return DiskState(space, low, is_full, before.stops + (is_full and not before.is_full))


class DiskSpace:
    """Watches the disk of a data directory. Safe from several threads.

    Args:
        directory: the data directory.
        marks: where intake stops.
        clock: says when to tell again.
    """

    def __init__(self, directory: Directory, marks: Marks, clock: Clock) -> None:
        self._directory = directory
        self._marks = marks
        self._clock = clock
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._waiting: list[Callable[[], None]] = []
        self._told_ns: int | None = None
        self._thread = threading.Thread(target=self._run, name="logstore-disk", daemon=True)
        self.state = seen(DiskState(Space(0, 0), 0), directory.space(), marks)

    def start(self) -> None:
        """Begins to look."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """Ends. May be called again, and without a start."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def has_room(self) -> bool:
        """Whether more may be taken in."""
        return not self.state.is_full

    def when_room(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, from any thread, as soon as there is room; at once when there is."""
        with self._lock:
            if self.state.is_full:
                self._waiting.append(callback)
                return
        callback()

    def has_room_for(self, size: int) -> bool:
        """Whether a file of so many bytes may be written that is not needed to free any: above the low mark still."""
        space = self._directory.space()
        return space.free - size >= self._marks.low(space.total)

    def spare_bytes(self) -> int:
        """Bytes that such files may take until intake would have to wait; negative when they take too many already."""
        space = self._directory.space()
        return space.free - self._marks.high(space.total)

    @property
    def refusal(self) -> StorageError | None:
        """Why nothing is taken in, for those who want to know; None when it is."""
        state = self.state
        if not state.is_full:
            return None
        message = f"the disk is nearly full: {state.space.free:,} bytes are free, and {state.low:,} are kept free"
        return StorageError(message, "free some space; intake resumes by itself")

    def look(self) -> None:
        """Looks at the disk now, tells, and lets in those who wait when there is room again."""
        try:
            space = self._directory.space()
        except StorageError as error:
            _log.warning("%s", error)
            return
        with self._lock:
            before, self.state = self.state, seen(self.state, space, self._marks)
            ready, self._waiting = ([], self._waiting) if self.state.is_full else (self._waiting, [])
        self._tell(before.is_full)
        for callback in ready:
            callback()

    def _tell(self, was_full: bool) -> None:  # noqa: FBT001 (what was, for a comparison)
        now_ns = self._clock.monotonic_ns()
        if self.refusal is not None and (self._told_ns is None or now_ns - self._told_ns >= _TELL_S * NS_PER_SECOND):
            _log.error("nothing is taken in: %s", self.refusal)
            self._told_ns = now_ns
        elif was_full and self.refusal is None:
            _log.info("there is room on the disk again: %d bytes are free", self.state.space.free)
            self._told_ns = None

    def _run(self) -> None:
        while not self._closing.wait(LOOK_S):
            self.look()

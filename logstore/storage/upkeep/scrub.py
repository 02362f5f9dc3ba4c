"""Reading all parts again, slowly and for ever, so that damage is found while a backup still has what was damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from logstore.clock import Clock
from logstore.errors import CorruptionError
from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.directory import MissingFileError, UnreadableError
from logstore.storage.head import Head
from logstore.storage.verify.unsound import Unsound

_PIECE_BYTES = 16 << 20
"""Read in one piece of work. Larger keeps other chores waiting for longer."""


@dataclass(frozen=True, slots=True)
class ScrubSettings:
    """See the settings of the same names."""

    interval_s: float
    most_bytes_per_s: int


@dataclass(frozen=True, slots=True)
class ScrubCounters:
    """What was done since the store was opened: bytes read, times that all parts were, when that last ended (UTC)."""

    bytes: int = 0
    passes: int = 0
    passed_ns: int = 0


def pace(total_bytes: int, settings: ScrubSettings) -> float:
    """Bytes per second at which all parts are read in the interval, if that is not too fast. Pure."""
    return max(1.0, min(settings.most_bytes_per_s, total_bytes / settings.interval_s))


class Scrub:
    """The chore. The parts are read in the order of their names; what comes to be meanwhile has its turn in it too.

    Args:
        head: knows the parts.
        unsound: checks them, and takes out those that are damaged.
        clock: measures the pace.
        settings: the pace.
    """

    name = "scrub"

    def __init__(self, head: Head, unsound: Unsound, clock: Clock, settings: ScrubSettings) -> None:
        self._head = head
        self._unsound = unsound
        self._clock = clock
        self._settings = settings
        self._next_ns = clock.monotonic_ns()
        self._after = ""
        self._part: Part | None = None
        self._reading: Iterator[int] = iter(())
        self.counters = ScrubCounters()

    def due_s(self) -> float | None:
        """When the next piece is to be read."""
        if not self._settings.interval_s or not self._head.latest.parts:
            return None
        return max(0.0, (self._next_ns - self._clock.monotonic_ns()) / NS_PER_SECOND)

    def work(self) -> None:
        """Reads a piece of a part, or the part when it is small."""
        parts = self._head.latest.parts
        if self._part is None and not self._begin(parts):
            return
        count = self._read()
        self.counters = replace(self.counters, bytes=self.counters.bytes + count)
        rate = pace(sum(part.bytes for part in parts), self._settings)
        self._next_ns = self._clock.monotonic_ns() + int(count / rate * NS_PER_SECOND)

    def _begin(self, parts: tuple[Part, ...]) -> bool:
        """Turns to the next part; whether there is one. After the last it begins again."""
        left = sorted((part for part in parts if part.path > self._after), key=lambda part: part.path)
        # What is in object storage only is checked when it is fetched.
        following = next((part for part in left if self._unsound.is_here(part)), None)
        if following is None:
            self._after = ""
            passes = self.counters.passes + 1
            self.counters = replace(self.counters, passes=passes, passed_ns=self._clock.now_ns())
            self._unsound.checked.keep_only(parts)
            self._next_ns = self._clock.monotonic_ns() + NS_PER_SECOND
            return False
        self._part, self._after = following, following.path
        self._reading = self._unsound.checked.check_whole(following)
        return True

    def _read(self) -> int:
        part, count = self._part, 0
        if part is None:
            return 0
        try:
            for size in self._reading:
                count += size
                if count >= _PIECE_BYTES:
                    return count
        except (CorruptionError, MissingFileError, UnreadableError) as error:
            # A part that was replaced meanwhile is no longer in the store, and nothing is told of it.
            self._unsound.take_out(part, error)
        except BaseException:
            self._part = None
            raise
        self._part = None
        return max(count, 1)

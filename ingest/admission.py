"""Who may connect, and who is read from now: pure decisions over a few numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

# A connection that was stopped for its unacked bytes is read again at this part of the mark, not at the first byte
# below it, so that it does not stop and go with every chunk.
_RESUME_AT: Final = 0.5


class Admission:
    """Counts connections, in total and by source, against their limits.

    Args:
        max_connections: in total.
        max_per_source: from one source.
        exempt: a source that only the total binds.
    """

    def __init__(self, max_connections: int, max_per_source: int, exempt: str = "") -> None:
        self._max_connections = max_connections
        self._max_per_source = max_per_source
        self._exempt = exempt
        self._sources: Counter[str] = Counter()
        self._total = 0
        self._is_closed = False

    def close(self) -> None:
        """Takes nobody any more."""
        self._is_closed = True

    def arrive(self, source: str) -> str | None:
        """Counts a connection in and returns None, or says why it is not taken (a short fixed phrase)."""
        if self._is_closed:
            return "shutting down"
        if self._total >= self._max_connections:
            return "too many connections"
        if source != self._exempt and self._sources[source] >= self._max_per_source:
            return "too many connections from one source"
        self._total += 1
        self._sources[source] += 1
        return None

    def leave(self, source: str) -> None:
        """Counts a connection out that was taken before."""
        self._total -= 1
        self._sources[source] -= 1
        if not self._sources[source]:
            del self._sources[source]


@dataclass(frozen=True, slots=True)
class Pressure:
    """What speaks against reading from a connection.

    Attributes:
        is_reading: whether it is being read now.
        unacked_bytes: of its chunks that are being stored.
        are_acks_stuck: the sender does not read our acks.
        has_room: whether the store can take more.
        may_grow: whether the message that it is amid may take more memory.
    """

    is_reading: bool
    unacked_bytes: int
    are_acks_stuck: bool
    has_room: bool
    may_grow: bool


def may_read(pressure: Pressure, max_unacked_bytes: int) -> bool:
    """Whether the connection should be read."""
    mark = max_unacked_bytes if pressure.is_reading else int(max_unacked_bytes * _RESUME_AT)
    is_burdened = pressure.are_acks_stuck or pressure.unacked_bytes > mark
    return pressure.has_room and pressure.may_grow and not is_burdened

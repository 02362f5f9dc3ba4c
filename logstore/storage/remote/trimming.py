"""The chore that keeps the local disk within the bound as parts grow old."""

from __future__ import annotations

from logstore.clock import Clock
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.remote.cache import Cache

_LOOK_S = 10.0
"""How often to look. More rarely lets more files exceed the bound, when much grows old at a time."""


class TrimmingChore:
    """Removes local files of parts that are in object storage; see `Chore`."""

    def __init__(self, cache: Cache, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock
        self._next_ns = clock.monotonic_ns() + int(_LOOK_S * NS_PER_SECOND)

    @property
    def name(self) -> str:
        """See `Chore`."""
        return "trim"

    def due_s(self) -> float | None:
        """Seconds until the next look."""
        return max(0.0, (self._next_ns - self._clock.monotonic_ns()) / NS_PER_SECOND)

    def work(self) -> None:
        """Removes what exceeds the bound, but for what is being read.

        Raises:
            StorageError: a file could not be removed.
        """
        self._cache.trim()
        self._next_ns = self._clock.monotonic_ns() + int(_LOOK_S * NS_PER_SECOND)

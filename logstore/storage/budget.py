"""The byte budget that queued, undecoded, recent and sealing events share."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Budget:
    """Counts bytes in memory against a limit. Safe from several threads.

    Never refuses: intake asks `has_room` before it reads more, and what it has read is always taken.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._used_bytes = 0
        self._waiting: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """Bytes in memory now."""
        return self._used_bytes

    def has_room(self) -> bool:
        """Whether intake may go on."""
        return self._used_bytes < self.limit_bytes

    def add(self, amount: int) -> None:
        """Counts `amount` bytes more, or fewer when negative."""
        with self._lock:
            self._used_bytes += amount
            ready = self._take_waiting()
        for callback in ready:
            callback()

    def when_room(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, from any thread, as soon as there is room; at once when there is."""
        with self._lock:
            self._waiting.append(callback)
            ready = self._take_waiting()
        for one in ready:
            one()

    def _take_waiting(self) -> list[Callable[[], None]]:
        if not self.has_room() or not self._waiting:
            return []
        ready, self._waiting = self._waiting, []
        return ready

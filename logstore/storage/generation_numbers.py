"""Numbers for generations: each attempt to write files gets one of its own, whatever becomes of it.

What a failed attempt left behind can then never be taken for a file of a committed generation, though its removal be
undone by a crash.
"""

from __future__ import annotations

import threading


class GenerationNumbers:
    """Gives numbers that rise. Safe from several threads.

    Args:
        last: the number of the last committed generation.
    """

    def __init__(self, last: int) -> None:
        self._last = last
        self._lock = threading.Lock()

    @property
    def last(self) -> int:
        """The last number that was given."""
        return self._last

    def take(self) -> int:
        """A number that nobody has had."""
        with self._lock:
            self._last += 1
            return self._last

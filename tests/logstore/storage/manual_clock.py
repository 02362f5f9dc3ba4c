"""A clock that a test moves."""

from __future__ import annotations

from tests.logstore.storage.lines import START_NS


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._ns = START_NS

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return self._ns

    def monotonic_ns(self) -> int:
        """The same."""
        return self._ns

    def move(self, seconds: float) -> None:
        """Moves the clock on."""
        self._ns += int(seconds * 10**9)

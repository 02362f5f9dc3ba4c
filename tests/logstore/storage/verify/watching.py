"""Somebody who watches how far work has come."""

from __future__ import annotations


class Watching:
    """Adds up what was expected, and what was done."""

    def __init__(self) -> None:
        self.expected = 0
        self.done = 0

    def expect(self, total_bytes: int) -> None:
        """Adds up."""
        self.expected += total_bytes

    def did(self, count: int) -> None:
        """Adds up."""
        self.done += count

"""Telling how far a long piece of work has come."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Whoever wants to know. Called from one thread."""

    def expect(self, total_bytes: int) -> None:
        """So many bytes more are to be read."""

    def did(self, count: int) -> None:
        """So many of them were."""


class Unwatched:
    """Nobody wants to know."""

    def expect(self, total_bytes: int) -> None:
        """Nothing."""

    def did(self, count: int) -> None:
        """Nothing."""

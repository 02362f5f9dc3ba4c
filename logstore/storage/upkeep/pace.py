"""How fast long work goes: a pause after each step, as long as its share of the time asks for: ingest goes first."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from logstore.clock import Clock
from logstore.model.timespan import NS_PER_SECOND

_LONGEST_PAUSE_S = 5.0
"""A step that took long for other reasons, such as a disk that hangs, is not followed by a longer pause."""


class Pace:
    """Measures steps and the pauses between them.

    Args:
        busy_share: most of the time that is worked, more than 0 and at most 1.
        clock: measures.

    Attributes:
        busy_ns: how long all steps took.
    """

    def __init__(self, busy_share: float, clock: Clock) -> None:
        self._pauses_per_work = 1 / busy_share - 1
        self._clock = clock
        self._until_ns = 0
        self.busy_ns = 0

    def due_s(self) -> float:
        """Until the pause is over."""
        return max(0.0, (self._until_ns - self._clock.monotonic_ns()) / NS_PER_SECOND)

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """A step; one that fails is followed by what its owner does then."""
        start_ns = self._clock.monotonic_ns()
        yield
        busy_ns = self._clock.monotonic_ns() - start_ns
        pause_ns = min(int(busy_ns * self._pauses_per_work), int(_LONGEST_PAUSE_S * NS_PER_SECOND))
        self._until_ns = start_ns + busy_ns + pause_ns
        self.busy_ns += busy_ns

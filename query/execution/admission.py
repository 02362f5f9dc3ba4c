"""Who may run: so many queries at a time, so many waiting, first come first served, the rest refused."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from logstore.clock import Clock, SystemClock
from logstore.errors import OverloadedError
from logstore.metrics import Distribution, Histogram
from logstore.model.timespan import NS_PER_SECOND
from query.execution.limits import Limits

_CHECK_S = 0.05
"""How often one who waits looks whether he was cancelled meanwhile."""
_BOUNDS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Of waits, from none to more than anybody is made to wait by default."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many queries there are now, and what has become of those that found no place.

    Attributes:
        running, waiting: queries now.
        places: how many can run.
        waited: that had to wait, since the start.
        waits: how many seconds each of them waited, for a place or in vain; 0 for those who had not to.
    """

    running: int
    waiting: int
    places: int
    waited: int
    waits: Distribution


class Admission:
    """Places for running queries. Safe from several threads.

    Args:
        limits: how many can run and wait.
        clock: the time; None: the machine's.
    """

    def __init__(self, limits: Limits, clock: Clock | None = None) -> None:
        self._limits = limits
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._free = limits.max_running
        self._queue: deque[threading.Event] = deque()
        self._waited = 0
        self._waits = Histogram(_BOUNDS_S)

    @property
    def load(self) -> Load:
        """How many there are now."""
        with self._lock:
            places = self._limits.max_running
            return Load(places - self._free, len(self._queue), places, self._waited, self._waits.reading())

    def enter(self, check: Callable[[], None], before_waiting: Callable[[], None] = lambda: None) -> None:
        """Takes a place; blocks until there is one. Whoever came before gets one before.

        Args:
            check: called again and again while waiting; raises to give up.
            before_waiting: called first, where there is none at once.

        Raises:
            OverloadedError: too many wait already, or the wait took too long.
        """
        turn = self._turn()
        if turn is None:
            self._waits.observe(0)
            return
        start_ns = self._clock.monotonic_ns()
        try:
            before_waiting()
            self._wait(turn, check)
        except BaseException:
            self._give_up(turn)
            raise
        finally:
            self._waits.observe((self._clock.monotonic_ns() - start_ns) / NS_PER_SECOND)

    def leave(self) -> None:
        """Gives the place back: to the one who has waited longest."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1

    def _turn(self) -> threading.Event | None:
        """Something that is set when it is one's turn; None when a place is free already."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            if len(self._queue) >= self._limits.max_waiting:
                raise OverloadedError("too many queries are waiting", "try again in a moment")
            turn = threading.Event()
            self._queue.append(turn)
            self._waited += 1
            return turn

    def _wait(self, turn: threading.Event, check: Callable[[], None]) -> None:
        left_s = self._limits.wait_s
        while left_s > 0:
            check()
            if turn.wait(min(_CHECK_S, left_s)):
                return
            left_s -= _CHECK_S
        raise OverloadedError(f"no place to run became free in {self._limits.wait_s:g} s", "try again in a moment")

    def _give_up(self, turn: threading.Event) -> None:
        with self._lock:
            if not turn.is_set():
                self._queue.remove(turn)
                return
        # The place came in the same moment.
        self.leave()

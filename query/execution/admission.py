"""Who may run: so many queries at a time, so many waiting, first come first served, the rest refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from logstore.clock import Clock, SystemClock
from logstore.errors import OverloadedError
from logstore.metrics import Distribution, Histogram
from logstore.model.timespan import NS_PER_SECOND
from query.execution.limits import Limits
from query.execution.places import Length, Places, Waiter

_CHECK_S = 0.05
"""How often one who waits looks whether he was cancelled meanwhile."""
_BOUNDS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Of waits, from none to more than anybody is made to wait by default."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many queries there are now, and what has become of those that found no place.

    Attributes:
        running, waiting: queries now.
        long: how many of those that run are long.
        places: how many can run.
        waited: that had to wait, since the start.
        waits: how many seconds each of them waited, for a place or in vain; 0 for those who had not to. One that turned
            out to be long while it ran, and had to leave its place, has come twice.
    """

    running: int
    waiting: int
    long: int
    places: int
    waited: int
    waits: Distribution


class Admission:
    """Places for running queries. Safe from several threads.

    Args:
        limits: how many can run and wait, and which are long.
        clock: the time; None: the machine's.
    """

    def __init__(self, limits: Limits, clock: Clock | None = None) -> None:
        self._limits = limits
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._places = Places(limits.max_running)
        self._waited = 0
        self._waits = Histogram(_BOUNDS_S)

    @property
    def load(self) -> Load:
        """How many there are now."""
        with self._lock:
            held, waits = self._places, self._waits.reading()
            return Load(held.running, held.waiting, held.long, self._limits.max_running, self._waited, waits)

    def length_of(self, rows: int) -> Length:
        """Of a query that has to look at so many events before it can answer."""
        return Length.LONG if rows > self._limits.long_rows else Length.SHORT

    def enter(
        self,
        check: Callable[[], None],
        before_waiting: Callable[[], None] = lambda: None,
        length: Length = Length.SHORT,
    ) -> None:
        """Takes a place; blocks until there is one. Whoever came before and may have it gets it before.

        Args:
            check: called again and again while waiting; raises to give up.
            before_waiting: called first, where there is none at once.
            length: of the query.

        Raises:
            OverloadedError: too many wait already, or the wait took too long.
        """
        waiter = self._waiter(length)
        if waiter is None:
            self._waits.observe(0)
            return
        start_ns = self._clock.monotonic_ns()
        try:
            before_waiting()
            self._wait(waiter.turn, check)
        except BaseException:
            self._give_up(waiter)
            raise
        finally:
            self._waits.observe((self._clock.monotonic_ns() - start_ns) / NS_PER_SECOND)

    def leave(self, length: Length = Length.SHORT) -> None:
        """Gives a place back, which a query of this length has: to the one who has waited longest and may have it."""
        with self._lock:
            _call(self._places.give_back(length))

    def shorten(self) -> None:
        """A long query goes on as a short one, in its place."""
        with self._lock:
            _call(self._places.shorten())

    def lengthen(self) -> bool:
        """A short query goes on as a long one, in its place; False where it may not, and has to leave and wait."""
        with self._lock:
            return self._places.lengthen()

    def _waiter(self, length: Length) -> Waiter | None:
        """One who waits from now on; None when there is a place already."""
        with self._lock:
            if self._places.take(length):
                return None
            if self._places.waiting >= self._limits.max_waiting:
                raise OverloadedError("too many queries are waiting", "try again in a moment")
            waiter = Waiter(length)
            self._places.line_up(waiter)
            self._waited += 1
            return waiter

    def _wait(self, turn: threading.Event, check: Callable[[], None]) -> None:
        left_s = self._limits.wait_s
        while left_s > 0:
            check()
            if turn.wait(min(_CHECK_S, left_s)):
                return
            left_s -= _CHECK_S
        raise OverloadedError(f"no place to run became free in {self._limits.wait_s:g} s", "try again in a moment")

    def _give_up(self, waiter: Waiter) -> None:
        with self._lock:
            if not waiter.turn.is_set():
                self._places.step_out(waiter)
                return
        # The place came in the same moment.
        self.leave(waiter.length)


def _call(waiter: Waiter | None) -> None:
    if waiter is not None:
        waiter.turn.set()

"""Whose turn it is to plan: one question at a time, first come first served.

The interpreter runs one thread at a time. Questions that plan at once take it from each other again and again, none of
them sooner done for it, and whoever has bad luck is done last. In turns each is planned in one go, and waits for those
that came before it and for nobody else.

A turn is for what a thread computes. It must end before the thread waits for anything else: for a place to run, for
files, for the database, which works without the interpreter, or for a reader. Where somebody forgot, or plans for long,
the turn is over all the same after a while: the next one begins, and both go on side by side.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

LONGEST_S = 0.02
"""Seconds of a turn: some times what a short question takes. Longer: a question about ten thousand parts holds up all
short ones for as long. Shorter: on a busy machine turns end while their questions still plan."""

_CHECK_S = 0.05
"""How often one who waits looks whether he was cancelled meanwhile, at least."""


class Turn:
    """A question's turn, waited for or begun."""

    __slots__ = ("_begun", "_turns")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._begun = threading.Lock()
        self._begun.acquire()

    def end(self) -> None:
        """The next one begins. Again and again, and when it is over already, is fine. From any thread."""
        self._turns.end(self)

    def begin(self) -> None:
        """Wakes who waits for it. Once."""
        self._begun.release()

    def wait(self, time_s: float) -> bool:
        """Waits for its begin, for so many seconds; whether it has begun. Not to be asked again then."""
        return self._begun.acquire(timeout=time_s)


class Turns:
    """Gives turns. Safe from several threads.

    Args:
        longest_s: seconds after which a turn is over if anybody waits for the next.
    """

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._now: Turn | None = None
        self._until = 0.0
        self._waiting: deque[Turn] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiting)

    def take(self, check: Callable[[], None]) -> Turn:
        """Waits for a turn, which must be ended. Whoever came before has one before.

        Args:
            check: called again and again while waiting; raises to give up.
        """
        turn = Turn(self)
        with self._lock:
            if self._now is None:
                self._give(turn)
                return turn
            self._waiting.append(turn)
        try:
            while not turn.wait(min(self._longest_s, _CHECK_S)):
                check()
                self._end_overdue()
        except BaseException:
            # It may have begun in the same moment.
            turn.end()
            raise
        return turn

    def end(self, turn: Turn) -> None:
        """It is over, or nobody waits for it any more."""
        with self._lock:
            if turn is self._now:
                self._next()
            elif turn in self._waiting:
                self._waiting.remove(turn)

    def _end_overdue(self) -> None:
        with self._lock:
            if self._now is not None and time.monotonic() >= self._until:
                self._next()

    def _next(self) -> None:
        self._now = None
        if self._waiting:
            turn = self._waiting.popleft()
            self._give(turn)
            turn.begin()

    def _give(self, turn: Turn) -> None:
        self._now = turn
        self._until = time.monotonic() + self._longest_s

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
from typing import TypeAlias

LONGEST_S = 0.05
"""Seconds of a turn: some times what a short question takes, or one about ten thousand parts to plan. Longer: what
plans for longer than that holds up all others. Shorter: on a busy machine turns end while their questions still plan.
"""

_CHECK_S = 0.05
"""How often one who waits looks whether he was cancelled meanwhile, at least."""

PassOn: TypeAlias = Callable[[Callable[[], None]], None]
"""Calls what begins a turn: now, or soon and in another thread. Must not block, and may be called in any thread."""


def at_once(begin: Callable[[], None]) -> None:
    """Passes a turn on without delay."""
    begin()


class Turn:
    """A question's turn, waited for or begun.

    Attributes:
        is_given: whether nobody is before it any more; it begins as soon as it was passed on.
    """

    __slots__ = ("_begun", "_turns", "is_given")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._begun = threading.Lock()
        self._begun.acquire()
        self.is_given = False

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
        pass_on: is given what begins the next turn, when one has ended.
        longest_s: seconds after which a turn is over if anybody waits for the next.
    """

    def __init__(self, pass_on: PassOn = at_once, longest_s: float = LONGEST_S) -> None:
        self._pass_on = pass_on
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
                # What begins it may be late, or not come at all any more.
                if turn.is_given:
                    break
                self._end_overdue()
        except BaseException:
            turn.end()
            raise
        return turn

    def end(self, turn: Turn) -> None:
        """It is over, or nobody waits for it any more."""
        following = None
        with self._lock:
            if turn is self._now:
                following = self._next()
            elif not turn.is_given:
                self._waiting.remove(turn)
        if following is not None:
            self._pass_on(following.begin)

    def _end_overdue(self) -> None:
        following = None
        with self._lock:
            if self._now is not None and time.monotonic() >= self._until:
                following = self._next()
        if following is not None:
            following.begin()

    def _next(self) -> Turn | None:
        self._now = None
        if not self._waiting:
            return None
        turn = self._waiting.popleft()
        self._give(turn)
        return turn

    def _give(self, turn: Turn) -> None:
        turn.is_given = True
        self._now = turn
        self._until = time.monotonic() + self._longest_s

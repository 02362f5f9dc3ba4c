"""Which queries have a place, and who is next: so many at a time, and half of them long ones at most. Pure.

Long queries read much before they can answer. A few of them would else keep all others waiting for seconds, and be done
no sooner for it, since each of them uses the whole machine. Of those that may enter who came first is first, so that
neither kind can starve the other.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from enum import Enum


class Length(Enum):
    """How long a query is about to hold its place."""

    SHORT = "short"
    LONG = "long"


@dataclass(eq=False, slots=True)
class Waiter:
    """One who waits, and what is set when his turn has come."""

    length: Length
    turn: threading.Event = field(default_factory=threading.Event)


class Places:
    """So many places. For one thread at a time.

    Nobody waits who may enter: whatever comes free is taken at once by the one who has waited longest for just that.

    Args:
        number: how many there are.

    Attributes:
        running: how many are taken.
        long: how many of these by long queries.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._most_long = max(1, number // 2)
        self._line: deque[Waiter] = deque()
        self.running = 0
        self.long = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._line)

    def take(self, length: Length) -> bool:
        """Takes a place for a query of this length, if there is one."""
        is_long = length is Length.LONG
        if self.running >= self._number or (is_long and self.long >= self._most_long):
            return False
        self.running += 1
        self.long += is_long
        return True

    def line_up(self, waiter: Waiter) -> None:
        """One waits from now on, for whom there is no place."""
        self._line.append(waiter)

    def step_out(self, waiter: Waiter) -> None:
        """One whose turn has not come waits no more."""
        self._line.remove(waiter)

    def give_back(self, length: Length) -> Waiter | None:
        """A query of this length leaves its place: to the one who comes out, who has it from now on."""
        self.running -= 1
        self.long -= length is Length.LONG
        return self._let_in()

    def shorten(self) -> Waiter | None:
        """A long query goes on as a short one, in its place; likewise."""
        self.long -= 1
        return self._let_in()

    def lengthen(self) -> bool:
        """A short query goes on as a long one, in its place, if it may: nobody who came before it waits for that."""
        # Of a single place no other one's leaving could have let him in.
        is_awaited = self._number > 1 and any(waiter.length is Length.LONG for waiter in self._line)
        if is_awaited or self.long >= self._most_long:
            return False
        self.long += 1
        return True

    def _let_in(self) -> Waiter | None:
        """The one whom what came free was wanting for: there is never room for more than one."""
        for waiter in self._line:
            if self.take(waiter.length):
                self._line.remove(waiter)
                return waiter
        return None

"""Ending running statements from outside: at their deadline, or when they are cancelled."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from enum import Enum

_AGAIN_S = 0.02
"""DuckDB forgets an interrupt that comes between two statements, so it is sent again until somebody has felt it."""


class Ending(Enum):
    """Why a query was ended."""

    DEADLINE = "deadline"
    CANCELLED = "cancelled"


class Watchdog:
    """Interrupts queries that have been ended, from one thread for all of them. Safe from several threads.

    The thread is there while queries run and sleeps until the first of their deadlines; a query that starts or ends
    does not wake it, so that a short one has nothing to do with it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        # When each has to be looked at, and when the thread wakes.
        self._due: dict[Watch, float] = {}
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, interrupt: Callable[[], None], time_s: float) -> Watch:
        """A watch over one query, not started yet.

        Args:
            interrupt: ends what the query runs just now, if anything; quick, and called from the thread.
            time_s: seconds that the query may take.
        """
        return Watch(self, interrupt, time_s)

    def close(self) -> None:
        """Waits for the end of the thread. All watches must have been closed."""
        with self._changed:
            thread = self._thread
            self._changed.notify()
        if thread is not None:
            thread.join()

    def add(self, watch: Watch) -> None:
        """It runs from now on."""
        with self._changed:
            self._due[watch] = due = watch.due
            if self._thread is None:
                self._wakes = due
                self._thread = threading.Thread(target=self._run, name="query-watch", daemon=True)
                self._thread.start()
            elif due < self._wakes:
                self._changed.notify()

    def hurry(self, watch: Watch) -> None:
        """It is to be interrupted now, if it runs."""
        with self._changed:
            if watch in self._due:
                self._due[watch] = watch.due
                self._changed.notify()

    def remove(self, watch: Watch) -> None:
        """It is over; not interrupted any more once this returns."""
        with self._changed:
            self._due.pop(watch, None)

    def _run(self) -> None:
        with self._changed:
            while self._due:
                self._interrupt_ended()
                self._wakes = min(self._due.values())
                # Longer than a lock can be waited for is as good as for ever.
                self._changed.wait(min(threading.TIMEOUT_MAX, max(0.0, self._wakes - time.monotonic())))
            self._thread = None

    def _interrupt_ended(self) -> None:
        now = time.monotonic()
        for watch, due in self._due.items():
            if due <= now:
                watch.interrupt()
                self._due[watch] = now + _AGAIN_S


class Watch:
    """Watches over one query, from `start` to `close`. Safe from several threads; its owner starts and pauses it."""

    def __init__(self, dog: Watchdog, interrupt: Callable[[], None], time_s: float) -> None:
        self._ending: Ending | None = None
        self._until = math.inf
        self._dog = dog
        self._left_s = time_s
        self.interrupt = interrupt

    @property
    def ending(self) -> Ending | None:
        """Why the query was ended; None while it may go on. Past its time it may not, also before the thread wakes."""
        if self._ending is None and time.monotonic() >= self._until:
            self._ending = Ending.DEADLINE
        return self._ending

    @property
    def due(self) -> float:
        """When the query has to be interrupted: now if it was ended, else at its deadline."""
        return self._until if self._ending is None else -math.inf

    def start(self) -> None:
        """The time starts to run, or runs on."""
        self._until = time.monotonic() + self._left_s
        self._dog.add(self)

    def pause(self) -> None:
        """The time stands still until the next start; nothing is interrupted meanwhile."""
        self._dog.remove(self)
        self._left_s, self._until = self._until - time.monotonic(), math.inf

    def cancel(self) -> None:
        """Ends the query now; from any thread, at any time."""
        self._ending = self.ending or Ending.CANCELLED
        self._dog.hurry(self)

    def close(self) -> None:
        """The query is over; nothing is interrupted after this returns."""
        self._dog.remove(self)

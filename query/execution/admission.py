"""Who may run: so many queries at a time, so many waiting, the rest refused."""

from __future__ import annotations

import threading
from collections.abc import Callable

from logstore.errors import OverloadedError
from query.execution.limits import Limits

_CHECK_S = 0.05
"""How often one who waits looks whether he was cancelled meanwhile."""


class Admission:
    """Places for running queries. Safe from several threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = threading.Semaphore(limits.max_running)
        self._lock = threading.Lock()
        self._waiting = 0

    def enter(self, check: Callable[[], None]) -> None:
        """Takes a place; blocks until there is one.

        Args:
            check: called again and again while waiting; raises to give up.

        Raises:
            OverloadedError: too many wait already, or the wait took too long.
        """
        if self._places.acquire(blocking=False):
            return
        self._join_queue()
        try:
            self._wait(check)
        finally:
            with self._lock:
                self._waiting -= 1

    def leave(self) -> None:
        """Gives the place back."""
        self._places.release()

    def _join_queue(self) -> None:
        with self._lock:
            if self._waiting >= self._limits.max_waiting:
                raise OverloadedError("too many queries are waiting", "try again in a moment")
            self._waiting += 1

    def _wait(self, check: Callable[[], None]) -> None:
        left_s = self._limits.wait_s
        while left_s > 0:
            check()
            if self._places.acquire(timeout=min(_CHECK_S, left_s)):
                return
            left_s -= _CHECK_S
        raise OverloadedError(f"no place to run became free in {self._limits.wait_s:g} s", "try again in a moment")

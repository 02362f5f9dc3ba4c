"""Ending a running statement from outside: at its deadline, or when it is cancelled."""

from __future__ import annotations

import math
import threading
import time
from enum import Enum

import duckdb

_AGAIN_S = 0.02
"""DuckDB forgets an interrupt that comes between two statements, so it is sent again until somebody has felt it."""


class Ending(Enum):
    """Why a query was ended."""

    DEADLINE = "deadline"
    CANCELLED = "cancelled"


class Watch:
    """Watches over one query's cursor from a thread of its own, from `start` to `close`."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, time_s: float) -> None:
        self._ending: Ending | None = None
        self._until = math.inf
        self._cursor = cursor
        self._time_s = time_s
        self._closed = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="query-watch", daemon=True)

    @property
    def ending(self) -> Ending | None:
        """Why the query was ended; None while it may go on. Past its time it may not, also before the thread wakes."""
        if self._ending is None and time.monotonic() >= self._until:
            self._ending = Ending.DEADLINE
        return self._ending

    def start(self) -> None:
        """The time starts to run."""
        self._until = time.monotonic() + self._time_s
        self._thread.start()

    def cancel(self) -> None:
        """Ends the query now; from any thread, at any time."""
        self._ending = self.ending or Ending.CANCELLED
        self._woken.set()

    def close(self) -> None:
        """The query is over; nothing is interrupted after this returns."""
        self._closed.set()
        self._woken.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        if not self._woken.wait(self._time_s):
            self._ending = self._ending or Ending.DEADLINE
        while not self._closed.is_set():
            self._cursor.interrupt()
            self._closed.wait(_AGAIN_S)

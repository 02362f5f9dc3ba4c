"""Threads that wait for the store, and that nobody waits for in the end.

A store may leave a request unanswered for minutes. A server that is to stop does not wait for that: what a transfer
leaves undone is done again by the next start.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

_PATIENCE_S = 5.0
"""How long the end waits for what is under way. Longer ends more of it well, and keeps whoever stops the server."""


class Workers(Executor):
    """An executor of so many threads. Safe from several threads.

    Args:
        count: how many.
        name: of the threads.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._is_closed = False

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Has it done by one of the threads; RuntimeError after the end."""
        future: Future[_T] = Future()
        with self._lock:
            if self._is_closed:
                raise RuntimeError(f"{self._name} has ended")
            self._jobs.put((future, lambda: fn(*args, **kwargs)))
            if len(self._threads) < self._count:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's
        """Ends it. What has not begun is cancelled; what has is waited for, a few seconds at most."""
        del cancel_futures
        with self._lock:
            self._is_closed = True
            self._cancel_all()
            for _ in self._threads:
                self._jobs.put(None)
        end = time.monotonic() + (_PATIENCE_S if wait else 0.0)
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _cancel_all(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job[0].cancel()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, do = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = do()
            except BaseException as error:  # noqa: BLE001 - whoever asked gets it
                future.set_exception(error)
            else:
                future.set_result(result)
            del future, do, job

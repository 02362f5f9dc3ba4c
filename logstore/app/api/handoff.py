"""Pieces that a thread makes and a coroutine takes, a few at a time."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

from logstore.app.questions import Cancellation
from logstore.errors import QueryCancelledError

# Pieces that may wait: enough to keep the network busy, few enough that a slow reader costs little memory.
DEPTH = 4


class Handoff:
    """The pieces of one answer, made in a thread of `executor`.

    The thread waits while `DEPTH` pieces are unread, and is told to stop when the reader calls `abandon`.
    """

    def __init__(self, make: Callable[[Cancellation], Iterator[bytes]], executor: Executor) -> None:
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._arrived = asyncio.Event()
        self._pieces: deque[bytes] = deque()
        self._cancellation = Cancellation()
        self._cancellation.on_cancel(self._wake_thread)
        self._task = self._loop.run_in_executor(executor, self._run)
        self._task.add_done_callback(lambda _: self._arrived.set())

    async def take(self) -> bytes | None:
        """The next piece; None after the last. Raises what making the pieces raised."""
        while True:
            with self._changed:
                if self._pieces:
                    self._changed.notify()
                    return self._pieces.popleft()
                self._arrived.clear()
            if self._task.done():
                self._task.result()
                return None
            await self._arrived.wait()

    async def abandon(self) -> None:
        """Stops the thread, and returns when it has stopped. Harmless after the last piece."""
        self._cancellation.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.exception()

    def _run(self) -> None:
        for piece in self._make(self._cancellation):
            self._put(piece)

    def _put(self, piece: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._pieces) < DEPTH or self._cancellation.is_cancelled)
            if self._cancellation.is_cancelled:
                raise QueryCancelledError("the asker went away")
            self._pieces.append(piece)
        self._loop.call_soon_threadsafe(self._arrived.set)

    def _wake_thread(self) -> None:
        with self._changed:
            self._changed.notify()

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
# And bytes, beyond which no second one does: rows of many fields become pieces of some megabytes.
MOST_BYTES = 4 * 1024 * 1024


class Handoff:
    """The pieces of one answer, made in a thread of `executor`.

    The thread waits while `DEPTH` pieces or `MOST_BYTES` are unread, and is told to stop when the reader `abandon`s it.
    Each crossing from the thread to the loop has them take turns at Python's lock, so what is short crosses once, with
    its end.

    Args:
        make: makes the pieces; told when the reader has gone.
        executor: of the thread.
        first_bytes: pieces are put together until they have so many bytes or there are no more.
    """

    def __init__(
        self, make: Callable[[Cancellation], Iterator[bytes]], executor: Executor, first_bytes: int = 0
    ) -> None:
        self._make = make
        self._first_bytes = first_bytes
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._arrived = asyncio.Event()
        self._pieces: deque[bytes] = deque()
        self._is_whole = False
        self._cancellation = Cancellation()
        self._cancellation.on_cancel(self._wake_thread)
        self._task = executor.submit(self._run)
        self._task.add_done_callback(lambda _: self._wake_reader())

    @property
    def is_whole(self) -> bool:
        """Whether the first piece is all there is; to be asked once it was taken."""
        return self._is_whole

    async def take(self) -> bytes | None:
        """The next piece; None after the last. Raises what making the pieces raised."""
        while True:
            # Before the pieces are looked at: the last one may come in between.
            has_ended = self._task.done()
            with self._changed:
                if self._pieces:
                    self._changed.notify()
                    return self._pieces.popleft()
                self._arrived.clear()
            if has_ended:
                self._task.result()
                return None
            await self._arrived.wait()

    async def abandon(self) -> None:
        """Stops the thread, and returns when it has stopped. Harmless after the last piece."""
        if not self._task.done():
            self._cancellation.cancel()
        while not self._task.done():
            # The end of the thread is told by the loop, so not in between.
            self._arrived.clear()
            await self._arrived.wait()

    def _run(self) -> None:
        pieces = self._make(self._cancellation)
        first, size = [], 0
        for piece in pieces:
            self._check()
            first.append(piece)
            size += len(piece)
            if size >= self._first_bytes:
                self._put(b"".join(first))
                break
        else:
            self._put_whole(b"".join(first))
        for piece in pieces:
            self._put(piece)

    def _put_whole(self, piece: bytes) -> None:
        """The end, which comes at once, wakes the reader."""
        with self._changed:
            if piece:
                self._pieces.append(piece)
            self._is_whole = True

    def _put(self, piece: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(piece) or self._cancellation.is_cancelled)
            self._check()
            self._pieces.append(piece)
        self._wake_reader()

    def _has_room(self, piece: bytes) -> bool:
        if not self._pieces:
            return True
        return len(self._pieces) < DEPTH and sum(map(len, self._pieces)) + len(piece) <= MOST_BYTES

    def _check(self) -> None:
        if self._cancellation.is_cancelled:
            raise QueryCancelledError("the asker went away")

    def _wake_reader(self) -> None:
        # A loop that is closed has no readers any more.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived.set)

    def _wake_thread(self) -> None:
        with self._changed:
            self._changed.notify()

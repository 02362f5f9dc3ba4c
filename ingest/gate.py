"""Connections that wait for room in the store, let in one after the other.

All at once would each bring a full read and overrun the room that there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn

from ingest.sink import Sink


class Gate:
    """First come, first served. `run` is the task that serves; its owner is the server."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._waiting: dict[Callable[[], None], None] = {}
        self._someone = asyncio.Event()

    def has_room(self) -> bool:
        """Whether the store can take more now."""
        return self._sink.has_room()

    def wait(self, proceed: Callable[[], None]) -> None:
        """`proceed` is called once there is room; it may find it gone and wait again. Waiting twice is waiting once."""
        self._waiting[proceed] = None
        self._someone.set()

    def leave(self, proceed: Callable[[], None]) -> None:
        """No longer waits."""
        self._waiting.pop(proceed, None)

    async def run(self) -> NoReturn:
        """Serves until cancelled."""
        while True:
            await self._someone.wait()
            await self._sink.room()
            if self._waiting:
                proceed = next(iter(self._waiting))
                del self._waiting[proceed]
                proceed()
            if not self._waiting:
                self._someone.clear()
            await asyncio.sleep(0)  # the loop reads what was let in before the next is

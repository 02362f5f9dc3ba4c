"""How turns to plan pass from question to question in a server: by way of the event loop.

Whoever has planned leaves an answer that the event loop has to write, and meanwhile others have asked. All that is
Python too. If the next one began at once, the loop would have to wait for the interpreter at each of its steps, until
that one has planned. So the loop does first what there is to be done, and then the next one begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ByLoop:
    """Begins turns in an event loop while there is one, and else at once. Safe from several threads."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def of(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """From now to the end of the context by this loop, which runs."""
        self._loop = loop
        try:
            yield
        finally:
            self._loop = None

    def __call__(self, begin: Callable[[], None]) -> None:
        """Begins a turn; see `query.execution.turns.PassOn`."""
        loop = self._loop
        if loop is None:
            begin()
            return
        try:
            # What wakes the loop is done with the next round; what is ready by then, an answer above all, comes before.
            loop.call_soon_threadsafe(loop.call_soon, begin)
        except RuntimeError:
            # It was closed in the same moment.
            begin()

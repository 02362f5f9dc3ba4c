"""Messages that have begun and not ended, over all connections: how much of them may be held.

Half a message is memory that nobody can free but its sender. So past a mark a connection is read on only while what it
holds is small, or if its message is the one that began first: that one will end, or be cut off for taking too long, and
then it is the next one's turn. Pure, but for calling back who waits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

SMALL_BYTES: Final = 256 * 1024
"""What any connection may hold, as much as one read brings. Smaller has no effect; larger holds more in total."""


class Unfinished:
    """Counts bytes of unfinished messages, by the number of their connection.

    Args:
        max_bytes: the mark.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held: OrderedDict[int, int] = OrderedDict()
        self._total = 0
        self._waiting: dict[int, Callable[[], None]] = {}

    def hold(self, connection: int, size: int) -> None:
        """A connection holds so much of a message now; 0 when it is not amid one."""
        self._total += size - self._held.get(connection, 0)
        if size:
            self._held[connection] = size
        else:
            self._held.pop(connection, None)
        self._wake()

    def may_grow(self, connection: int) -> bool:
        """Whether more of its message may be read."""
        held = self._held.get(connection, 0)
        return held <= SMALL_BYTES or self._total <= self._max_bytes or connection == next(iter(self._held))

    def wait(self, connection: int, proceed: Callable[[], None]) -> None:
        """`proceed` is called once the connection may be read on. Waiting twice is waiting once."""
        self._waiting[connection] = proceed

    def leave(self, connection: int) -> None:
        """The connection is gone."""
        self._waiting.pop(connection, None)
        self.hold(connection, 0)

    def _wake(self) -> None:
        if not self._waiting:
            return
        if self._total <= self._max_bytes:
            ready, self._waiting = list(self._waiting.values()), {}
        else:
            first = self._waiting.pop(next(iter(self._held)), None)
            ready = [] if first is None else [first]
        for proceed in ready:
            proceed()

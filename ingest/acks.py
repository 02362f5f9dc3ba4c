"""Acks leave a connection in the order in which its chunks came, whatever the order in which they became durable.

Pure: the session says what is owed and what became of it, and is told what to write now. Known senders match the next
ack they read with the chunk they sent first, so an early ack would confirm the wrong chunk.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

ANSWER_BYTES: Final = 512
"""What an answer that is owed costs beside the payload. Not to count it would let a flood of tiny messages, or of
copies and discarded ones, take any amount of memory while a write is slow."""


@dataclass(slots=True, eq=False)
class Owed:
    """An answer that is owed to a sender. Changed by its `AckQueue` only.

    Attributes:
        reply: the bytes to write; empty when the sender asked for none.
        size: bytes in memory because of it.
        key: key of the chunk, None without a chunk id.
    """

    reply: bytes
    size: int = ANSWER_BYTES
    key: bytes | None = None
    is_due: bool = False


class AckQueue:
    """What is owed on one connection."""

    def __init__(self) -> None:
        self._queue: deque[Owed] = deque()
        self.unacked_bytes = 0
        self.is_refused = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is owed."""
        return not self._queue

    def owe(self, owed: Owed) -> None:
        """Takes note of the next answer; must not be called once refused."""
        self._queue.append(owed)
        self.unacked_bytes += owed.size

    def settle(self, owed: Owed) -> list[Owed]:
        """The chunk is durable. Returns all that is to be written now, in this order."""
        owed.is_due = True
        ready = []
        while self._queue and self._queue[0].is_due:
            ready.append(self._queue.popleft())
            self.unacked_bytes -= ready[-1].size
        return ready

    def refuse(self, owed: Owed) -> None:
        """The chunk was not stored: neither it nor anything after it will be answered; what came before it will."""
        self.is_refused = True
        if owed in self._queue:
            while self._queue:
                last = self._queue.pop()
                self.unacked_bytes -= last.size
                if last is owed:
                    break

"""How much a chunk may make its events repeat.

A chunk's tag and what a log group carries stand once in the payload, and again in every event; so do the columns that
every event has. Without a limit a few thousand bytes could ask for more memory than there is, and again after every
restart, for the log holds them.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from ingest.decode.values import Pairs

MOST_COPIED_BYTES = 256 * 2**20
"""Of one chunk. Real chunks stay below a tenth of it; larger lets one chunk take that much memory at once."""

_ROW_BYTES = 32
"""What an event costs whatever is in it: its time, its `_seq`, and its place in the columns of text."""

_VALUE_BYTES = 8
"""What a value costs that is no text."""


class CopyMeter:
    """Adds up what the events of one chunk repeat.

    Args:
        tag: the chunk's, which every event gets; empty where the payload names tags.
        source_bytes: of the fields about its source, which every event gets.

    Attributes:
        bytes: the sum, to be read only.
    """

    def __init__(self, tag: str, source_bytes: int = 0) -> None:
        self._per_event = event_bytes(tag, source_bytes)
        self.bytes = 0

    def is_full_with(self, group_bytes: int) -> bool:
        """Whether one more event, of a group that carries `group_bytes`, is too much. Counts it."""
        self.bytes += self._per_event + group_bytes
        return self.bytes > MOST_COPIED_BYTES


def most_events(tag: str, source_bytes: int = 0) -> int:
    """How many events a `CopyMeter` for this tag lets through when no group adds to them."""
    return MOST_COPIED_BYTES // event_bytes(tag, source_bytes)


def event_bytes(tag: str, source_bytes: int) -> int:
    """What each event of a chunk with this tag costs at least."""
    return _ROW_BYTES + len(tag) + source_bytes


def weight(members: Pairs) -> int:
    """What a group's members weigh: the bytes of all text and binary in them, keys too, and 8 for any other value."""
    total = 0
    # Not by recursion: nothing has bounded the depth yet.
    waiting: list[Any] = [members]
    while waiting:
        value = waiting.pop()
        if type(value) is tuple:
            waiting += chain.from_iterable(value)
        elif type(value) is list:
            waiting += value
        elif type(value) is str:
            total += len(value.encode("utf-8", "surrogateescape"))
        else:
            total += len(value) if type(value) is bytes else _VALUE_BYTES
    return total

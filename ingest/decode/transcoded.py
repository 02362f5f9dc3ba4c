"""What a body of another format became: Message-mode msgpack, and what is to be told of it."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from logstore.model.timespan import NS_PER_SECOND

NIL: Final = b"\xc0"
"""Stands where there is no event."""

ROW_BYTES: Final = 32
"""What an event costs besides its tag; see `copies`."""

_EVENT_TIME = struct.Struct(">BBII")
_TIMESTAMP = struct.Struct(">BBBIq")


class Transcoded(NamedTuple):
    """What a body became.

    Attributes:
        messages: concatenated messages `[tag, time, record]`, and nils.
        rejected: index and `Reject` of each nil, ascending.
        gaps: where in `messages` these nils are.
        missing_times: events without a time key, which got the receive time.
        unreadable_times: events with a time key whose value is no time, which got it too.
        rounded_integers: integers beyond 64 bits.
    """

    messages: bytes
    rejected: list[tuple[int, int]]
    gaps: list[int]
    missing_times: int = 0
    unreadable_times: int = 0
    rounded_integers: int = 0


def text_head(size: int) -> bytes:
    """The head of a msgpack text of so many bytes, as short as can be."""
    if size < 32:  # noqa: PLR2004 - the formats of msgpack
        return bytes((0xA0 | size,))
    if size < 2**8:
        return bytes((0xD9, size))
    return b"\xda" + size.to_bytes(2, "big") if size < 2**16 else b"\xdb" + size.to_bytes(4, "big")


def container_head(size: int, fix: int, wide: int) -> bytes:
    """The head of a map (`fix` 0x80, `wide` 0xde) or an array (0x90, 0xdc) of so many members."""
    if size < 16:  # noqa: PLR2004 - the formats of msgpack
        return bytes((fix | size,))
    return bytes((wide,)) + size.to_bytes(2, "big") if size < 2**16 else bytes((wide + 1,)) + size.to_bytes(4, "big")


def packed_time(ns: int) -> bytes:
    """A time as Fluentd's EventTime, or as msgpack's timestamp where that does not reach."""
    seconds, rest = divmod(ns, NS_PER_SECOND)
    if 0 < seconds < 2**32:
        return _EVENT_TIME.pack(0xD7, 0, seconds, rest)
    return _TIMESTAMP.pack(0xC7, 12, 0xFF, rest, seconds)

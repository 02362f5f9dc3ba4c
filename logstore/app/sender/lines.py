"""Lines of text become packed events: pure, no I/O, no clock."""

from __future__ import annotations

from typing import Any

import msgpack
import orjson

_NS_PER_SECOND = 1_000_000_000
_EVENT_TIME = b"\x92\xd7\x00"
"""An array of two, whose first element is an EventTime: an extension of type 0 with 8 bytes."""


def record_of(line: bytes, key: str) -> dict[str, Any]:
    """The record that a line stands for: itself when it is a JSON object, else its text under `key`.

    Bytes that are not UTF-8 are kept as lone surrogates, which `pack_event` writes back as the bytes that they were.
    """
    if line[:1] == b"{":
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            pass
        else:
            if isinstance(record, dict):
                return record
    return {key: line.decode("utf-8", "surrogateescape")}


def pack_event(time_ns: int, record: dict[str, Any]) -> bytes:
    """One entry `[EventTime, record]` of a packed chunk."""
    seconds, nanoseconds = divmod(time_ns, _NS_PER_SECOND)
    body: bytes = msgpack.packb(record, unicode_errors="surrogateescape")
    return _EVENT_TIME + seconds.to_bytes(4, "big") + nanoseconds.to_bytes(4, "big") + body


def entry_of(line: bytes, key: str, time_ns: int) -> bytes:
    """The packed entry of a line."""
    return pack_event(time_ns, record_of(line, key))


class LineSplitter:
    """Cuts a stream of bytes into lines without their line ends; empty lines are dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [text for line in lines if (text := line.removesuffix(b"\r"))]

    def finish(self) -> list[bytes]:
        """The last line, if the stream did not end with a line end."""
        return self.feed(b"\n")

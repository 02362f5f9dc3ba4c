"""Reading msgpack with care, in plain Python: slow, and unharmed by anything.

Takes over where the library's reader gives up. Finds out what is wrong, and goes on after a value that is well formed
and merely unwelcome (nested a thousand deep).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgpack import Timestamp

from ingest.decode.reasons import BAD_MSGPACK, TOO_DEEP, TRUNCATED, RejectedError
from ingest.decode.values import Ext

TIMESTAMP_CODE = -1
_NS_PER_SECOND = 1_000_000_000
_SECONDS_BITS = 34


class Malformed(NamedTuple):
    """Stands for a value that cannot be read, or must not be; nothing follows when `final`."""

    reason: str
    final: bool


class _Head(NamedTuple):
    """What the first byte of a value says.

    `form` is the type; `width` the bytes of the length or number that follow; `fixed` the length or number itself when
    it stands in the first byte.
    """

    form: str
    width: int = 0
    fixed: int = 0


def _heads() -> list[_Head]:
    heads = [_Head("int", fixed=byte) for byte in range(0x80)]
    heads += [_Head("map", fixed=byte & 0x0F) for byte in range(0x80, 0x90)]
    heads += [_Head("array", fixed=byte & 0x0F) for byte in range(0x90, 0xA0)]
    heads += [_Head("str", fixed=byte & 0x1F) for byte in range(0xA0, 0xC0)]
    heads += [_Head("nil"), _Head("never"), _Head("false"), _Head("true")]
    heads += [_Head("bin", width) for width in (1, 2, 4)]
    heads += [_Head("ext", width) for width in (1, 2, 4)]
    heads += [_Head("float", width) for width in (4, 8)]
    heads += [_Head("uint", width) for width in (1, 2, 4, 8)]
    heads += [_Head("sint", width) for width in (1, 2, 4, 8)]
    heads += [_Head("ext", fixed=length) for length in (1, 2, 4, 8, 16)]
    heads += [_Head("str", width) for width in (1, 2, 4)]
    heads += [_Head("array", width) for width in (2, 4)]
    heads += [_Head("map", width) for width in (2, 4)]
    heads += [_Head("int", fixed=byte - 0x100) for byte in range(0xE0, 0x100)]
    return heads


_HEADS = _heads()
_FLOATS = {4: struct.Struct(">f"), 8: struct.Struct(">d")}
_CONSTANTS = {"nil": None, "false": False, "true": True}


def scan_values(data: bytes, offset: int, max_depth: int) -> Iterator[Any]:
    """The values in `data` from `offset` on, a `Malformed` in place of each that goes deeper than `max_depth`.

    A `Malformed` with `final` comes last when the bytes end within a value or are no msgpack.
    """
    while offset < len(data):
        try:
            end = find_end(data, offset)
        except RejectedError as error:
            yield Malformed(error.reason, final=True)
            return
        try:
            yield _read(data, offset, max_depth)[0]
        except RejectedError as error:
            yield Malformed(error.reason, final=False)
        offset = end


def find_end(data: bytes, offset: int) -> int:
    """Where the value that starts at `offset` ends; raises RejectedError when it does not end within `data`."""
    missing = 1
    while missing:
        head, count, offset = read_head(data, offset)
        missing -= 1
        if head.form == "array":
            missing += count
        elif head.form == "map":
            missing += 2 * count
        elif head.form in ("str", "bin"):
            offset += count
        elif head.form == "ext":
            offset += 1 + count
        # Each value takes a byte at least. Without this a few claims would have all that follows looked at for nothing.
        if missing > len(data) - offset:
            raise RejectedError(TRUNCATED)
    return offset


def read_head(data: bytes, offset: int) -> tuple[_Head, int, int]:
    """The head of the value at `offset`, its length or number (unsigned), and where its body starts."""
    if offset >= len(data):
        raise RejectedError(TRUNCATED)
    head = _HEADS[data[offset]]
    if head.form == "never":
        raise RejectedError(BAD_MSGPACK)
    body = offset + 1 + head.width
    if body > len(data):
        raise RejectedError(TRUNCATED)
    return head, int.from_bytes(data[offset + 1 : body], "big") if head.width else head.fixed, body


def _read(data: bytes, offset: int, room: int) -> tuple[Any, int]:  # noqa: PLR0911 - one for each type
    """The value at `offset`, known to be complete, and where it ends; `room` is how many containers may nest."""
    head, count, offset = read_head(data, offset)
    match head.form:
        case "array" | "map":
            return _read_container(data, offset, head.form, count, room)
        case "str":
            return data[offset : offset + count].decode("utf-8", "surrogateescape"), offset + count
        case "bin":
            return data[offset : offset + count], offset + count
        case "ext":
            code = int.from_bytes(data[offset : offset + 1], "big", signed=True)
            return _extension(code, data[offset + 1 : offset + 1 + count]), offset + 1 + count
        case "float":
            return _FLOATS[head.width].unpack_from(data, offset - head.width)[0], offset
        case "sint":
            return int.from_bytes(data[offset - head.width : offset], "big", signed=True), offset
        case "int" | "uint":
            return count, offset
        case constant:
            return _CONSTANTS[constant], offset


def _read_container(data: bytes, offset: int, form: str, count: int, room: int) -> tuple[Any, int]:
    if room <= 0:
        raise RejectedError(TOO_DEEP)
    values = []
    for _ in range(count if form == "array" else 2 * count):
        value, offset = _read(data, offset, room - 1)
        values.append(value)
    return (values if form == "array" else tuple(zip(values[::2], values[1::2], strict=True))), offset


def _extension(code: int, data: bytes) -> Any:
    if code != TIMESTAMP_CODE:
        return Ext(code, data)
    number = int.from_bytes(data, "big")
    match len(data):
        case 4:
            seconds, nanoseconds = number, 0
        case 8:
            seconds, nanoseconds = number & (2**_SECONDS_BITS - 1), number >> _SECONDS_BITS
        case 12:
            seconds, nanoseconds = int.from_bytes(data[4:], "big", signed=True), number >> 64
        case _:
            return Ext(code, data)
    return Timestamp(seconds, nanoseconds) if nanoseconds < _NS_PER_SECOND else Ext(code, data)

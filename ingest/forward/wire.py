"""The little of msgpack's encoding that the outer message needs: kind, length and content of single values.

Nothing here builds an object from a value. Str and bin are one family, "text": senders use either for tags, entries,
option keys and chunk ids, and real Fluentd writes binary as str. Encoding: the msgpack specification,
https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

from typing import Final

OTHER: Final = 0
ARRAY: Final = 1
TEXT: Final = 2
MAP: Final = 3

NIL: Final = 0xC0
FALSE: Final = 0xC2
EMPTY_MAP: Final = 0x80

# Bytes of the length that follows the first byte; every other kind has its length in the first byte, or none.
_LENGTH_BYTES: Final = dict(
    zip(
        (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF),  # bin, str, array, map
        (1, 2, 4, 1, 2, 4, 2, 4, 2, 4),
        strict=True,
    )
)
_FIXSTR: Final = range(0xA0, 0xC0)
_FIXARRAY: Final = range(0x90, 0xA0)
_FIXMAP: Final = range(0x80, 0x90)
_POSITIVE_FIXINT: Final = range(0x80)
_UINT: Final = range(0xCC, 0xD0)


def _kind(lead: int) -> int:
    if lead in _FIXARRAY or lead in (0xDC, 0xDD):
        return ARRAY
    if lead in _FIXSTR or lead in (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB):
        return TEXT
    if lead in _FIXMAP or lead in (0xDE, 0xDF):
        return MAP
    return OTHER


KINDS: Final = bytes(_kind(lead) for lead in range(256))
"""Kind of a value (OTHER, ARRAY, TEXT, MAP) by its first byte."""


def header_size(lead: int) -> int:
    """Bytes before the content of an array, text or map that begins with `lead`."""
    return 1 + _LENGTH_BYTES.get(lead, 0)


def length_at(data: bytes | bytearray, at: int) -> int:
    """Length of the array (elements), text (bytes) or map (pairs) at `at`, whose header must be complete."""
    lead = data[at]
    if lead in _LENGTH_BYTES:
        return int.from_bytes(data[at + 1 : at + 1 + _LENGTH_BYTES[lead]], "big")
    return lead & (0x1F if lead in _FIXSTR else 0x0F)


def content(data: bytes | bytearray, start: int, end: int) -> bytes:
    """Content of the text value that fills [start, end)."""
    return copy(data, start + header_size(data[start]), end)


def text_of(value: bytes) -> bytes:
    """Content of a text value that is all of `value`; any other value as it is."""
    return content(value, 0, len(value)) if value and KINDS[value[0]] == TEXT else value


def copy(data: bytes | bytearray, start: int, end: int) -> bytes:
    """Bytes [start, end), copied once."""
    return bytes(memoryview(data)[start:end])


def least_size(data: bytes | bytearray, at: int) -> int:
    """Bytes that the value at `at` takes at the very least, going by what is there of its header."""
    if at >= len(data):
        return 1
    size = header_size(data[at])
    kind = KINDS[data[at]]
    if kind == OTHER or at + size > len(data):
        return size
    return size + length_at(data, at) * (2 if kind == MAP else 1)


def unsigned(raw: bytes) -> int | None:
    """The non-negative integer that `raw` is, or None."""
    if raw[0] in _POSITIVE_FIXINT:
        return raw[0]
    return int.from_bytes(raw[1:], "big") if raw[0] in _UINT else None

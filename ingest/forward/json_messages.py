"""A message in JSON as the msgpack message that says the same, which is what the log holds.

| JSON | msgpack |
|---|---|
| array, object, text, true, false, null | the same; of a key twice in an object the last value counts |
| whole number | integer; past 64 bits a float |
| other number, `NaN`, `Infinity` | float |
| time with a fraction | EventTime, exact by its decimal digits; a float where EventTime has no room |
| text that is not UTF-8 | its bytes, which decoding shows as it does those of msgpack; a lone surrogate likewise |
"""

from __future__ import annotations

import json
import math
import struct
from decimal import Decimal
from typing import Any, Final, Self

import msgpack

from ingest.forward.refusal import RefusalError, shown

_EVENT_TIME_CODE: Final = 0
_EVENT_TIME: Final = struct.Struct(">II")
_NS_PER_SECOND: Final = 1_000_000_000
_SECONDS_END: Final = 2**32
_ENTRIES_OR_TIME: Final = 1
_SHOWN_BYTES: Final = 16
# What a packer starts from; left to itself it would take a quarter of a megabyte for each message.
_PACKER_BYTES: Final = 4096


class _Written(float):
    """A float that knows how it was written: a double cannot hold a time to the nanosecond."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.text = text
        return self


_PARSER: Final = json.JSONDecoder(parse_float=_Written, strict=False)


def transcode(text: bytes, max_elements: int) -> tuple[bytes, list[bytes]]:
    """The msgpack of a JSON array: its header, and each of its elements.

    Raises:
        RefusalError: not JSON, or too many elements.
    """
    elements = _with_exact_times(_parse(text, "surrogateescape"))
    if len(elements) > max_elements:
        raise RefusalError("message has too many elements", f"{len(elements)} elements")
    try:
        packed = _pack(elements, "surrogateescape")
    except UnicodeEncodeError:
        # `\ud800` without its other half. Beside such text, bytes that are not UTF-8 are not kept one by one.
        elements = _with_exact_times(_parse(text, "replace"))
        packed = _pack(elements, "surrogatepass")
    return packed[0], packed[1:]


def _parse(text: bytes, errors: str) -> list[Any]:
    try:
        elements: list[Any] = _PARSER.decode(text.decode("utf-8", errors))
    except (ValueError, RecursionError) as error:
        raise RefusalError("broken JSON", shown(text[:_SHOWN_BYTES])) from error
    return elements


def _with_exact_times(elements: list[Any]) -> list[Any]:
    """A message with the time in it exact, or those of its entries."""
    for place, value in list(enumerate(elements))[_ENTRIES_OR_TIME : _ENTRIES_OR_TIME + 1]:
        if type(value) is not list:
            elements[place] = _exact(value)
            continue
        for entry in value:
            if type(entry) is list and entry:
                entry[0] = _exact(entry[0])
    return elements


def _exact(time: Any) -> Any:
    """A time as it is kept, also one with metadata beside it."""
    if type(time) is list and time:
        return [_exact(time[0]), *time[1:]] if type(time[0]) is not list else time
    if type(time) is not _Written or not (1 <= time < _SECONDS_END - 1):
        return time
    seconds, nanoseconds = divmod(round(Decimal(time.text) * _NS_PER_SECOND), _NS_PER_SECOND)
    return msgpack.ExtType(_EVENT_TIME_CODE, _EVENT_TIME.pack(seconds, nanoseconds))


def _pack(elements: list[Any], unicode_errors: str) -> list[bytes]:
    """The header of an array, then its elements."""
    packer = msgpack.Packer(unicode_errors=unicode_errors, default=_past_64_bits, buf_size=_PACKER_BYTES)
    return [bytes(packer.pack_array_header(len(elements))), *(bytes(packer.pack(element)) for element in elements)]


def _past_64_bits(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf

"""Instants as text, `2026-11-22T10:00:00.123456789Z`, many at once: digits are computed, a column of them at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

_NS_PER_SECOND, _SECONDS_PER_DAY = 1_000_000_000, 86_400
_FORM = b"0000-00-00T00:00:00.000000000Z"
_DAY, _HOUR, _MINUTE, _SECOND, _FRACTION = slice(0, 10), 11, 14, 17, 20
_DIGITS = 9
_FEW = 128
"""What is done with columns of numbers takes a tenth of a millisecond however few they are."""

_Bytes: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
_Integers: TypeAlias = np.ndarray[Any, np.dtype[np.integer[Any]]]


def instants(nanoseconds: _Integers, around: bytes = b"") -> pa.StringArray:
    """UTC nanoseconds as text, each with these characters before and behind it."""
    made = _rendered(nanoseconds, around)
    offsets = np.arange(len(made) + 1, dtype=np.int32) * made.shape[1]
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(made.tobytes())]
    return pa.Array.from_buffers(pa.string(), len(made), buffers)


def instant_texts(nanoseconds: _Integers, around: bytes = b"") -> list[str]:
    """The same as Python strings."""
    if len(nanoseconds) <= _FEW:
        before = around.decode()
        return [f"{before}{_instant_text(each)}{before}" for each in nanoseconds.tolist()]
    made = _rendered(nanoseconds, around)
    text, width = made.tobytes().decode(), made.shape[1]
    return [text[start : start + width] for start in range(0, len(text), width)]


def _instant_text(time_ns: int) -> str:
    seconds, fraction = divmod(time_ns, _NS_PER_SECOND)
    return f"{_second_text(seconds)}.{fraction:09}Z"


@lru_cache(4096)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _rendered(nanoseconds: _Integers, around: bytes) -> _Bytes:
    """A row of characters for each."""
    form = around + _FORM + around
    made = np.empty((len(nanoseconds), len(form)), np.uint8)
    made[:] = np.frombuffer(form, np.uint8)
    inner = made[:, len(around) : len(form) - len(around)]
    seconds, fraction = np.divmod(nanoseconds, _NS_PER_SECOND)
    days, second = np.divmod(seconds, _SECONDS_PER_DAY)
    inner[:, _DAY] = _dates(days)
    second = second.astype(np.int32)
    for start, number in ((_HOUR, second // 3600), (_MINUTE, second // 60 % 60), (_SECOND, second % 60)):
        _write(inner, start, 2, number)
    if fraction.any():
        _write(inner, _FRACTION, _DIGITS, fraction.astype(np.int32))
    return made


def _dates(days: _Integers) -> _Bytes:
    """A row of characters for each day since 1970: a date is looked for once where it comes many times in a row."""
    is_new = np.append(True, days[1:] != days[:-1])[: len(days)]
    dates = np.datetime_as_string(days[is_new].astype("datetime64[D]")).astype("S10")
    characters: _Bytes = dates.view(np.uint8).reshape(-1, 10)
    return characters[np.cumsum(is_new) - 1]


def _write(made: _Bytes, start: int, digits: int, numbers: _Integers) -> None:
    """Decimal digits, with zeros before them."""
    for place in range(start + digits - 1, start - 1, -1):
        numbers, digit = np.divmod(numbers, 10)
        made[:, place] = digit + ord("0")

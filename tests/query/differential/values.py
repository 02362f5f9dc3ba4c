"""Values of the language in plain Python, and how they compare.

bool, int, float and str stand for themselves, `Json` for arrays and empty maps, `Time` for instants, None for missing.
Nothing here is shared with the product: the model is a second opinion.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

INT64 = range(-(2**63), 2**63)
UINT64 = range(2**64)
LEVEL_NAMES = ("trace", "debug", "info", "warn", "error", "fatal")
_NUMBER_TEXT = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Json:
    """An array or a map, as compact JSON text."""

    text: str


@dataclass(frozen=True, slots=True, order=True)
class Time:
    """An instant, UTC nanoseconds."""

    ns: int


Value = bool | int | float | str | Json | Time | None


def is_number(value: Value) -> bool:
    """Whether `value` is an int, uint or float (a bool is not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_int(value: Value) -> bool:
    """Whether `value` is an int or uint."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_nan(value: Value) -> bool:
    """Whether `value` is the float NaN."""
    return isinstance(value, float) and math.isnan(value)


def is_finite(value: Value) -> bool:
    """Whether `value` is a number other than NaN and the infinities."""
    return is_int(value) or (isinstance(value, float) and math.isfinite(value))


def json_number(text: str) -> int | float | None:
    """The number that `text` is in JSON's spelling, the whole of it; None when it is none."""
    match = _NUMBER_TEXT.fullmatch(text)
    if match is None:
        return None
    if match.group(1) is None and match.group(2) is None:
        whole = int(text)
        if whole in INT64 or whole in UINT64:
            return whole
    return float(text)


def text_of(value: Value) -> str | None:
    """The characters that regular expressions, wildcards and text comparisons see: of text and JSON."""
    if isinstance(value, Json):
        return value.text
    return value if isinstance(value, str) else None


def digits_or_text(value: Value) -> str | None:
    """Like `text_of`, with the decimal digits of integers as well."""
    return str(value) if is_int(value) else text_of(value)


def rank(value: Value) -> int:
    """Place of a value's kind in the total order."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, (int, float)):
        return 1
    return {Time: 2, str: 3, Json: 4}[type(value)]


def compare(left: Value, right: Value) -> int:
    """Total order of present values: -1, 0 or 1. NaN is the largest number; 1 and 1.0 are equal."""
    ranks = rank(left), rank(right)
    if ranks[0] != ranks[1]:
        return -1 if ranks[0] < ranks[1] else 1
    if is_nan(left) or is_nan(right):
        return int(is_nan(left)) - int(is_nan(right))
    if isinstance(left, Json) and isinstance(right, Json):
        return compare(left.text, right.text)
    return _sign(left, right)


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def severity(value: Value) -> int | None:
    """Place of a level name in the order of severity; None for all else."""
    return LEVEL_NAMES.index(value) if isinstance(value, str) and value in LEVEL_NAMES else None


def compare_levels(left: Value, right: Value) -> int:
    """Order of the field `level`: by severity, then (for what is no level) the total order."""
    left_rank, right_rank = severity(left), severity(right)
    if left_rank is None or right_rank is None:
        return (left_rank is None) - (right_rank is None) or compare(left, right)
    return _sign(left_rank, right_rank)


def order_of(field: str) -> Callable[[Value, Value], int]:
    """The total order under which values of `field` sort, missing not considered."""
    return compare_levels if field == "level" else compare


def sort_key(field: str, *, descending: bool = False) -> Callable[[Value], Any]:
    """A `key=` for sorting values of `field`; missing last either way."""
    order = order_of(field)
    direction = -1 if descending else 1

    def both(left: Value, right: Value) -> int:
        if left is None or right is None:
            return (left is None) - (right is None)
        return direction * order(left, right)

    return cmp_to_key(both)


def identity(value: Value) -> Any:
    """Equal for values that group as one: 1 and 1.0, all NaN, -0.0 and 0; unequal for all others."""
    if value is None:
        return None
    if is_nan(value):
        return 1, "nan"
    if isinstance(value, (Json, Time)):
        return value
    return rank(value), value


def rfc3339(ns: int) -> str:
    """An instant with nine digits of the second and `Z`."""
    seconds, fraction = divmod(ns, 10**9)
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def number_text(value: float) -> str:
    """A number as JSON, the shortest that reads back the same; NaN and infinities as words."""
    if is_nan(value):
        return "NaN"
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def as_text(value: Value) -> str | None:
    """What `text(x)` gives."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    return rfc3339(value.ns) if isinstance(value, Time) else text_of(value)


def as_json(value: Value) -> Any:
    """What stands for a value inside a JSON array: arrays stay arrays, instants become text."""
    if isinstance(value, Json):
        return json.loads(value.text)
    return rfc3339(value.ns) if isinstance(value, Time) else value


def from_json(value: Any) -> Value:
    """The value for a piece of decoded JSON; maps and arrays as compact text."""
    if isinstance(value, (dict, list)):
        return Json(json.dumps(value, separators=(",", ":"), ensure_ascii=False))
    if is_int(value) and value not in INT64 and value not in UINT64:
        return float(value)
    return value if isinstance(value, (bool, int, float, str)) else None

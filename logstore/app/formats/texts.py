"""Columns as text, one string per value, whole columns at a time.

Numbers are written as JSON writes them, floats the shortest way that reads back the same and always recognisable as
floats; times as RFC 3339 in UTC with nine digits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.schema import Kind

_NS_PER_SECOND = 1_000_000_000


def texts(values: pa.Array, kind: Kind) -> pa.StringArray:
    """Each value as text; null stays null. NaN and the infinities are `NaN`, `Infinity`, `-Infinity`."""
    if kind is Kind.FLOAT:
        return _floats(values)
    if kind is Kind.TIME:
        return times(values)
    return values.cast(pa.string())


def _floats(values: pa.Array) -> pa.StringArray:
    plain = values.cast(pa.string())
    # Arrow writes 5.0 as "5", which would read back as an integer.
    integral = pc.match_substring_regex(plain, r"^-?[0-9]+$")
    plain = pc.if_else(integral, pc.binary_join_element_wise(plain, ".0", ""), plain)
    for arrow, ours in (("nan", "NaN"), ("-nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")):
        plain = pc.if_else(pc.equal(plain, ours if arrow == ours else arrow), ours, plain)
    return plain


def time_text(time_ns: int) -> str:
    """One time, as `times` writes it."""
    seconds, rest = divmod(time_ns, _NS_PER_SECOND)
    return f"{_second_text(seconds)}.{rest:09}Z"


@lru_cache(4096)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def times(values: pa.Array) -> pa.StringArray:
    """Nanosecond timestamps as `2026-11-22T10:00:00.123456789Z`.

    Formatting a time costs microseconds, so each distinct second is formatted once.
    """
    nanoseconds = values.cast(pa.int64())
    # Arrow divides toward zero; the seconds of a time before 1970 must be its floor.
    truncated = pc.divide(nanoseconds, _NS_PER_SECOND)
    rest = pc.subtract(nanoseconds, pc.multiply(truncated, _NS_PER_SECOND))
    negative = pc.less(rest, 0)
    seconds = pc.if_else(negative, pc.subtract(truncated, 1), truncated)
    rest = pc.if_else(negative, pc.add(rest, _NS_PER_SECOND), rest)
    distinct = seconds.dictionary_encode()
    formatted = pc.strftime(distinct.dictionary.cast(pa.timestamp("s", "UTC")), format="%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(
        formatted.take(distinct.indices), ".", pc.ascii_lpad(rest.cast(pa.string()), 9, "0"), "Z", ""
    )

"""Instants as text, `2026-11-22T10:00:00.123456789Z`: many at once, or one.

Without numpy, which takes a short-lived command longer to import than all else that it does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

_NS_PER_SECOND = 1_000_000_000
_DATE = 10
"""Characters of a date; behind them Arrow writes a space."""


def instants(nanoseconds: pa.Array, around: str = "") -> pa.StringArray:
    """UTC nanoseconds as text, each with these characters before and behind it; null stays null."""
    plain = nanoseconds.cast(pa.int64()).cast(pa.timestamp("ns")).cast(pa.string())
    plain = pc.binary_replace_slice(plain, _DATE, _DATE + 1, "T")
    return pc.binary_join_element_wise(around, plain, f"Z{around}", "")


def instant_text(time_ns: int) -> str:
    """One of them."""
    seconds, fraction = divmod(time_ns, _NS_PER_SECOND)
    return f"{_second_text(seconds)}.{fraction:09}Z"


@lru_cache(4096)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")

"""Columns as text, one string per value, whole columns at a time.

Numbers are written as JSON writes them, floats the shortest way that reads back the same and always recognisable as
floats; times as RFC 3339 in UTC with nine digits.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from logstore.app.formats.instants import instants
from logstore.model.schema import Kind


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


def times(values: pa.Array) -> pa.StringArray:
    """Nanosecond timestamps as `2026-11-22T10:00:00.123456789Z`; null stays null."""
    return instants(values)

"""Which columns of a part have Bloom filters: those that somebody looks one value up in. Pure.

Of ids each row group holds others, and no smallest and largest value rules any of them out. A filter does: one byte for
each value tells a reader of 30 row groups that 29 of them need not be read.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

FALSE_POSITIVES = 0.05
"""Share of the row groups that are read in vain at most. A filter takes a power of two of bytes, so mostly it is less.
Smaller takes more room, 1 % a third more."""

_LEAST_DISTINCT = 0.9
"""Share of distinct values in a sample from which on a column is taken for one of ids. Values that repeat stand in many
row groups, so that a filter rules few of them out."""

_LONGEST = 64
"""Bytes that values have at most, on average: nobody looks for a whole sentence or address."""


def is_like_ids(values: pa.Array) -> bool:
    """Whether a sample without nulls holds short texts, mostly distinct ones: ids of requests, traces, sessions."""
    if not pa.types.is_string(values.type) or not len(values):
        return False
    if pc.count_distinct(values).as_py() < _LEAST_DISTINCT * len(values):
        return False
    return bool(pc.mean(pc.binary_length(values)).as_py() <= _LONGEST)

"""Which columns a part has that is made of others. Pure.

As few of their columns as possible are read beforehand: a field that is a column in each of the parts, all of them
large, is common enough to be one in the new part too, and needs no counting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from logstore.model.merge import (
    MAX_COLUMNS,
    MIN_ROWS_FOR_SHARE,
    MIN_SHARE,
    Key,
    columns_of_keys,
    fields_to_fold,
)
from logstore.model.schema import FIXED_COLUMNS, Column

_FIXED = frozenset((column.field, column.kind) for column in FIXED_COLUMNS)


@dataclass(frozen=True, slots=True)
class Present:
    """The fields and kinds that are columns in a part, and how many rows it has."""

    rows: int
    keys: frozenset[Key]


def keys_to_count(parts: Sequence[Present]) -> frozenset[Key]:
    """The fields and kinds of which must be known in how many rows they are."""
    union = frozenset[Key]().union(*(part.keys for part in parts)) - _FIXED
    if len(union) + len(FIXED_COLUMNS) > MAX_COLUMNS or any(part.rows < MIN_ROWS_FOR_SHARE for part in parts):
        return union
    everywhere = union.intersection(*(part.keys for part in parts))
    fields = [field for field, _ in union]
    of_many_kinds = {field for field in fields if fields.count(field) > 1}
    return union - {key for key in everywhere if key[0] not in of_many_kinds}


def merged_columns(
    parts: Sequence[Present], counts: Mapping[Key, int], in_more: AbstractSet[Key]
) -> tuple[Column, ...]:
    """The columns of the new part.

    Args:
        parts: what it is made of.
        counts: how many rows have a value, at least for `keys_to_count`.
        in_more: what the parts have in `_more`, of fields that are columns in some of them.
    """
    rows = sum(part.rows for part in parts)
    union = frozenset[Key]().union(*(part.keys for part in parts)) | in_more
    known = {key: counts.get(key, rows) for key in union - _FIXED if counts.get(key, rows)}
    folded = fields_to_fold(known, rows, MAX_COLUMNS, MIN_SHARE if rows >= MIN_ROWS_FOR_SHARE else 0.0)
    return columns_of_keys((key for key in known if key[0] not in folded), known)

"""Rows of a column, picked in a given order. Pure.

What collectors send is mostly in the order of a part already: a chunk has one tag, and its events rise with time. Such
rows are copied run by run, which costs a tenth of picking them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from logstore.storage.part.dictionaries import compact
from logstore.storage.part.order import Integers

_MIN_ROWS_PER_RUN = 64
"""Shorter runs on average cost more to copy one by one than their rows do."""

_MOST_MERGED_VALUES = 4096
"""Dictionaries of pieces are merged for each row group anew, while they have so many values at most."""

_MOST_BYTES = 1 << 30
"""Texts are not put into one piece beyond: an Arrow array of texts ends at 2 GiB."""

Runs = Sequence[tuple[int, int]]
"""Consecutive rows: the first of them, and how many they are."""

Picked: TypeAlias = "pa.Array | pa.ChunkedArray"


def rows_of(order: Integers) -> pa.Array | Runs:
    """Rows in this order, not empty, as what picks them cheapest: an Arrow array of row numbers, or runs."""
    breaks = _breaks(order)
    if (len(breaks) + 1) * _MIN_ROWS_PER_RUN > len(order):
        return pa.array(order)
    starts = np.concatenate([[0], breaks])
    lengths = np.diff(np.append(starts, len(order)))
    return list(zip(order[starts].tolist(), lengths.tolist(), strict=True))


def is_scattered(order: Integers) -> bool:
    """Whether rows in this order are picked one by one, for the most part."""
    return (len(_breaks(order)) + 1) * _MIN_ROWS_PER_RUN > len(order)


def prepared(column: pa.ChunkedArray, *, scattered: bool) -> Picked:
    """The column as rows are picked from it fastest: in one piece where its pieces would be joined at each picking."""
    if pa.types.is_dictionary(column.type):
        is_small = sum(len(piece.dictionary) for piece in column.chunks) <= _MOST_MERGED_VALUES
        return column if is_small and not scattered else _joined(column)
    return _joined(column) if scattered and column.nbytes <= _MOST_BYTES else column


def pick(column: Picked, rows: pa.Array | Runs, small: int) -> Picked:
    """The values at `rows`.

    A dictionary of more than `small` values then has those that these rows need, and no others.
    """
    if not pa.types.is_dictionary(column.type):
        return _pick(column, rows)
    if isinstance(column, pa.ChunkedArray):
        joined = _joined(_pick(column, rows))
        return compact(joined.indices, joined.dictionary, small)
    return compact(_pick(column.indices, rows), column.dictionary, small)


def _pick(column: Picked, rows: pa.Array | Runs) -> Picked:
    if isinstance(rows, pa.Array):
        return column.take(rows)
    runs = [column.slice(first, count) for first, count in rows]
    if len(runs) == 1:
        return runs[0]
    if isinstance(column, pa.ChunkedArray):
        # Its pieces are written one after the other, and nothing is copied.
        return pa.chunked_array([piece for run in runs for piece in run.chunks], column.type)
    return pa.concat_arrays(runs)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        # To combine a single one would copy it.
        return column.chunk(0)
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        return pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, array.type)
    return array


def _breaks(order: Integers) -> Integers:
    return np.flatnonzero(np.diff(order) != 1) + 1

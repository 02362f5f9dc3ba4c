"""Which columns of a part are written with a dictionary, and how rows of such a column are chosen. Pure.

All but a few columns of logs repeat few values (hosts, images, labels). As a dictionary and indices they are sorted and
written in a fraction of the time, and take less memory meanwhile. A column of ever new values (ids, messages) is
cheaper and smaller without one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SAMPLE_ROWS = 2048
"""More tell better how often values repeat; fewer cost less. An error costs time or size, never a value."""

_MOST_DISTINCT = 0.5
"""Share of distinct values in a sample from which on a dictionary would be nearly as large as the column."""

_SMALL_DICTIONARY = 16
"""So few values may stand in the dictionary of every row group, needed there or not."""


def repeats(array: pa.Array) -> bool:
    """Whether a column has few enough distinct values for a dictionary, by an even sample of its rows."""
    if len(array) > _SAMPLE_ROWS:
        array = array.take(pa.array(np.linspace(0, len(array) - 1, _SAMPLE_ROWS).astype(np.int64)))
    return bool(pc.count_distinct(array).as_py() <= max(1.0, len(array) * _MOST_DISTINCT))


def pick(array: pa.Array, rows: pa.Array) -> pa.Array:
    """The values at `rows`; of a dictionary only what they need, so that a row group holds no values of others."""
    if not pa.types.is_dictionary(array.type):
        return array.take(rows)
    indices, values = array.indices.take(rows), array.dictionary
    if len(values) > _SMALL_DICTIONARY:
        indices, values = _compact(indices, values)
    return pa.DictionaryArray.from_arrays(indices, values)


def _compact(indices: pa.Array, values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The same values with no entry in the dictionary that none has."""
    absent: Any = None
    if indices.null_count:
        absent = indices.is_null().to_numpy(zero_copy_only=False)
        used = indices.drop_null().to_numpy()
        numbers = indices.fill_null(0).to_numpy()
    else:
        used = numbers = indices.to_numpy()
    is_used = np.zeros(len(values), bool)
    is_used[used] = True
    places = np.cumsum(is_used, dtype=np.int32) - np.int32(1)
    return pa.array(places[numbers], mask=absent), values.take(pa.array(np.flatnonzero(is_used)))

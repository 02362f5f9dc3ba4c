"""Which columns of a part are written with a dictionary, and what stands in it. Pure.

All but a few columns of logs repeat few values (hosts, images, labels). As a dictionary and indices they are sorted and
written in a fraction of the time, and take less memory meanwhile. A column of ever new values (ids, messages) is
cheaper and smaller without one.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SAMPLE_ROWS = 2048
"""More tell better how often values repeat; fewer cost less. An error costs time or size, never a value."""

_MOST_DISTINCT = 0.25
"""Share of distinct values in a sample from which on a dictionary saves too little for what it costs to make."""

_SMALL_DICTIONARY = 16
"""So few values may stand in the dictionary of every row group, needed there or not."""


def repeats(array: pa.Array | pa.ChunkedArray) -> bool:
    """Whether a column has few enough distinct values for a dictionary, by an even sample of its rows."""
    if len(array) > _SAMPLE_ROWS:
        array = array.take(pa.array(np.linspace(0, len(array) - 1, _SAMPLE_ROWS).astype(np.int64)))
    values = len(array) - array.null_count
    return bool(pc.count_distinct(array).as_py() <= max(1.0, values * _MOST_DISTINCT))


def compact(indices: pa.Array, values: pa.Array) -> pa.DictionaryArray:
    """The values at `indices` as a dictionary array whose dictionary has no others, unless it is small."""
    if len(values) <= _SMALL_DICTIONARY:
        return pa.DictionaryArray.from_arrays(indices, values, safe=False)
    numbers = indices.fill_null(0).to_numpy() if indices.null_count else indices.to_numpy()
    is_used = np.zeros(len(values), bool)
    is_used[numbers] = True
    if indices.null_count:
        is_used[0] = pc.any(pc.equal(indices, 0)).as_py() or False
    places = pa.array(np.cumsum(is_used, dtype=np.int32) - np.int32(1))
    left = values.take(pa.array(np.flatnonzero(is_used)))
    return pa.DictionaryArray.from_arrays(places.take(indices), left, safe=False)

"""Which columns of a part are written with a dictionary, and what stands in it. Pure.

All but a few columns of logs repeat few values (hosts, images, labels). As a dictionary and indices they are sorted and
written in a fraction of the time, and take less memory meanwhile. A column of ever new values (ids, messages) is
cheaper and smaller without one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MOST_DISTINCT = 0.25
"""Share of distinct values in a sample from which on a dictionary saves too little for what it costs to make."""


def repeats(values: pa.Array) -> bool:
    """Whether a column has few enough distinct values for a dictionary, by a sample of it."""
    count = len(values) - values.null_count
    return bool(pc.count_distinct(values).as_py() <= max(1.0, count * _MOST_DISTINCT))


def compact(indices: pa.Array, values: pa.Array, small: int) -> pa.DictionaryArray:
    """The values at `indices` as a dictionary array whose dictionary has no others, unless it has `small` or fewer."""
    if len(values) <= small:
        return pa.DictionaryArray.from_arrays(indices, values, safe=False)
    used = occurring(indices, len(values))
    if bool(used.all()):
        return pa.DictionaryArray.from_arrays(indices, values, safe=False)
    places = pa.array(np.cumsum(used, dtype=np.int32) - np.int32(1))
    left = values.take(pa.array(np.flatnonzero(used)))
    return pa.DictionaryArray.from_arrays(places.take(indices), left, safe=False)


def occurring(indices: pa.Array, values: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which of so many values of a dictionary have an index."""
    used = np.zeros(values, bool)
    ends = pc.min_max(indices)
    least, most = ends["min"].as_py(), ends["max"].as_py()
    if least == most:
        # Sorted by tag, many columns have one value in a row group, or none: seen at once, without a copy.
        used[least if least is not None else slice(0)] = True
        return used
    used[(indices.drop_null() if indices.null_count else indices).to_numpy()] = True
    return used

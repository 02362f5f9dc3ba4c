"""Arrow arrays of texts, as the codec reads them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from logstore.storage.part.dictionaries import occurring

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Offsets = np.ndarray[Any, np.dtype[np.int32]]

_NOTHING = np.zeros(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts side by side.

    Attributes:
        data: their bytes in UTF-8.
        offsets: where each starts, and where the last one ends; the first of them is that of the start of `data`.
        valid: 0 for those that are missing; empty when none is.
    """

    data: Bytes
    offsets: Offsets
    valid: Bytes


def texts_of(column: pa.Array | pa.ChunkedArray) -> Texts:
    """The texts of a column, or of a column with a dictionary: each different one that occurs, once."""
    array = _in_one_piece(column)
    if pa.types.is_dictionary(array.type):
        used = occurring(array.indices, len(array.dictionary))
        array = array.dictionary if bool(used.all()) else array.dictionary.filter(pa.array(used))
    if array.type != pa.string():
        array = array.cast(pa.string())
    valid = array.is_valid().to_numpy(zero_copy_only=False).view(np.uint8) if array.null_count else _NOTHING
    _, offset_buffer, data = array.buffers()
    if not len(array):
        return Texts(_NOTHING, np.zeros(1, np.int32), _NOTHING)
    offsets = np.frombuffer(offset_buffer, np.int32)[array.offset : array.offset + len(array) + 1]
    content = _NOTHING if data is None else np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
    return Texts(content, offsets, valid)


def _in_one_piece(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        # To join a single one would copy it.
        return column.chunk(0)
    column = column.unify_dictionaries()
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)

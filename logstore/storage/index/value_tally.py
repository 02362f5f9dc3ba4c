"""Counting the values of columns that have few of them, while a part is made, a row group at a time. Pure.

What is counted depends on the rows alone, not on how they are divided or encoded.
"""

from __future__ import annotations

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.schema import MESSAGE, SEQ
from logstore.model.tally import ValuesTally
from logstore.storage.part.sample import sample

MOST_VALUES = 1000
"""A column with more has no tally: names and statuses have fewer, ids and paths more."""
MOST_BYTES = 128 * 1024
"""Nor has one of which the encoded values take more before they are compressed."""
_MOST_WAITING = 64
"""Row groups whose counts are added up at once."""


class ValueCounter:
    """Counts the values of one column."""

    def __init__(self) -> None:
        self._waiting: list[pa.StructArray] = []
        self._first = True
        self.is_given_up = False

    def add(self, column: pa.ChunkedArray) -> None:
        """The column in the next row group."""
        if self.is_given_up:
            return
        if self._first and pc.count_distinct(_plain(sample(column))).as_py() > MOST_VALUES:
            self.is_given_up = True
            return
        self._first = False
        for chunk in column.chunks:
            counted = _counted(chunk)
            if counted is None:
                self.is_given_up, self._waiting = True, []
                return
            self._waiting.append(counted)
        if len(self._waiting) >= _MOST_WAITING:
            self._add_up()

    def finish(self) -> tuple[pa.Array, pa.Array] | None:
        """The values in their order and how often each occurs; None: there are too many, or none at all."""
        self._add_up()
        if self.is_given_up or not self._waiting or not len(self._waiting[0]):
            return None
        values, counts = self._waiting[0].flatten()
        order = pc.sort_indices(values)
        return values.take(order), counts.take(order)

    def _add_up(self) -> None:
        if self.is_given_up or not self._waiting:
            return
        values, counts = zip(*(each.flatten() for each in self._waiting), strict=True)
        table = pa.table({"value": pa.concat_arrays(values), "rows": pa.concat_arrays(counts)})
        summed = table.group_by("value", use_threads=False).aggregate([("rows", "sum")]).combine_chunks()
        if summed.num_rows > MOST_VALUES:
            self.is_given_up, self._waiting = True, []
            return
        arrays = [_whole(summed.column("value")), _whole(summed.column("rows_sum"))]
        self._waiting = [pa.StructArray.from_arrays(arrays, names=["value", "rows"])]


def tallied_columns(schema: pa.Schema) -> list[str]:
    """Names of the columns whose values are counted if they are few."""
    return [field.name for field in schema if _is_counted(field.type) and field.name not in {SEQ, MESSAGE}]


def encode_values(values: pa.Array, counts: pa.Array) -> bytes | None:
    """As JSON; None when it is too long."""
    made = orjson.dumps([values.to_pylist(), counts.to_pylist()])
    return made if len(made) <= MOST_BYTES else None


def decode_values(content: bytes, kind: pa.DataType) -> ValuesTally:
    """What was encoded.

    Raises:
        ValueError: it is none.
    """
    values, rows = orjson.loads(content)
    made = ValuesTally(pa.array(values, kind), np.array(rows, np.int64))
    if len(made.values) != len(made.rows):
        raise ValueError("values without numbers of rows")
    return made


def _is_counted(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_int64(kind) or pa.types.is_boolean(kind))


def _counted(chunk: pa.Array) -> pa.StructArray | None:
    """Values and numbers of rows; None: there are too many."""
    if pa.types.is_dictionary(chunk.type):
        return _of_dictionary(chunk)
    counted = pc.value_counts(chunk.drop_null() if chunk.null_count else chunk)
    if len(counted) > MOST_VALUES:
        return None
    return pa.StructArray.from_arrays(counted.flatten(), names=["value", "rows"])


def _of_dictionary(chunk: pa.DictionaryArray) -> pa.StructArray | None:
    indices = chunk.indices.drop_null() if chunk.indices.null_count else chunk.indices
    counts = np.bincount(indices.to_numpy(), minlength=len(chunk.dictionary))
    used = np.flatnonzero(counts)
    if len(used) > MOST_VALUES:
        return None
    arrays = [chunk.dictionary.take(pa.array(used)), pa.array(counts[used], pa.int64())]
    return pa.StructArray.from_arrays(arrays, names=["value", "rows"])


def _plain(values: pa.Array) -> pa.Array:
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)

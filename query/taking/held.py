"""Batches in memory, as rows to take some of."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import pyarrow as pa

from logstore.model.batch import EventBatch
from logstore.model.schema import MORE, MORE_TYPE, Column
from query.taking.groups import PHYSICAL, Places

if TYPE_CHECKING:
    from query.pages.taking import Values


class HeldGroup:
    """The rows of a batch; see `query.taking.groups.Group`."""

    def __init__(self, batch: EventBatch, kernel: ModuleType) -> None:
        self.rows = batch.rows
        self.columns: Sequence[Column] = batch.columns
        self._table = batch.table
        self._has_more = batch.has_more
        self._kernel = kernel
        self._physical = {column.name: PHYSICAL[column.kind] for column in batch.columns}
        self._made: dict[str, Values] = {}

    def values(self, names: Sequence[str], rows: Places | None) -> list[Values]:  # noqa: ARG002 - all are at hand
        """Columns by their names."""
        for name in names:
            if name not in self._made:
                self._made[name] = values_of(self._table.column(name), self._physical[name], self._kernel)
        return [self._made[name] for name in names]

    def more(self, rows: Places) -> pa.Array:
        """`_more` of some rows."""
        if not self._has_more:
            return pa.nulls(len(rows), MORE_TYPE)
        return joined(self._table.column(MORE).take(pa.array(rows)))


def values_of(column: pa.ChunkedArray, physical: int, kernel: ModuleType) -> Values:
    """A column of Arrow's, as it lies in memory."""
    made: Values
    if pa.types.is_dictionary(column.type):
        made = kernel.Values.of_dictionaries([(*_laid_out(each), _laid_out(each.dictionary)) for each in column.chunks])
    else:
        made = kernel.Values.of_arrays(physical, [_laid_out(each) for each in column.chunks])
    return made


def _laid_out(array: pa.Array) -> tuple[int, int, list[pa.Buffer | None]]:
    # Of a dictionary's array these are the buffers of its indices, and then those of the dictionary.
    buffers = array.indices.buffers() if pa.types.is_dictionary(array.type) else array.buffers()
    return len(array), array.offset, buffers


def joined(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)

"""Rows that were found, as a batch of an answer's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from logstore.model.schema import FIXED_COLUMNS, MORE_TYPE, SEQ, TIME, Column, Kind
from query.sql.final import Output
from query.taking.groups import Group, NotTakenError, Places
from query.taking.newest import Found

if TYPE_CHECKING:
    from query.pages.taking import Gathered

_MOST_BYTES = 1 << 26
"""Of rows: more are left to the database, which hands them over in batches and counts their memory."""

_FORMATS: Mapping[Kind, str] = {
    Kind.BOOL: "b",
    Kind.INT: "l",
    Kind.UINT: "L",
    Kind.TIME: "l",
    Kind.FLOAT: "g",
    Kind.TEXT: "u",
    Kind.JSON: "u",
}
"""How Arrow calls what the values of a kind come as, times as numbers of nanoseconds."""

_ADDRESS = tuple(column for column in FIXED_COLUMNS if column.name in {TIME, SEQ})


def batch_of(
    found: Found, groups: Sequence[Group], output: Output, kernel: ModuleType, check: Callable[[], None]
) -> pa.RecordBatch:
    """The rows, in their order, as a statement would yield them (see `query.sql.final.Output`).

    Args:
        found: which rows.
        groups: those that they are in.
        output: the columns.
        kernel: `query.pages.taking`.
        check: is called now and then; what it raises comes out.

    Raises:
        NotTakenError: they cannot be had.
    """
    shown = output.columns[: len(output.columns) - output.with_ids]
    columns = (*shown, *_ADDRESS) if output.is_addressed else shown
    places = [place + (output.more and place >= len(shown)) for place in range(len(columns))]
    formats = [(f"o{place}", _FORMATS[column.kind]) for place, column in zip(places, columns, strict=True)]
    gathered = kernel.Gathered(formats, len(found.rows), _MOST_BYTES)
    more: list[pa.Array] = []
    names: dict[int, list[str | None]] = {}
    order = np.lexsort((found.rows, found.groups))
    rows, into, end = found.rows[order], order.astype(np.int32), 0
    for number, count in enumerate(np.bincount(found.groups).tolist()):
        if not count:
            continue
        check()
        group, begin, end = groups[number], end, end + count
        if id(group.columns) not in names:
            names[id(group.columns)] = _names(columns, group.columns)
        _take(group, names[id(group.columns)], rows[begin:end], into[begin:end], gathered)
        if output.more:
            more.append(group.more(rows[begin:end]))
    batch = pa.record_batch(gathered)
    if output.more:
        batch = batch.add_column(len(shown), f"o{len(shown)}", _in_order(more, order))
    if not batch.num_columns:
        batch = pa.RecordBatch.from_arrays([pa.nulls(len(found.rows))], names=["o0"])
    return batch


def _names(columns: Sequence[Column], own: Sequence[Column]) -> list[str | None]:
    """What a group calls the columns that are wanted; None: it does not have it."""
    names = {(column.field, column.kind): column.name for column in own}
    return [names.get((column.field, column.kind)) for column in columns]


def _take(group: Group, names: Sequence[str | None], rows: Places, places: Places, gathered: Gathered) -> None:
    """Of rows that ascend."""
    there = iter(group.values([name for name in names if name is not None], rows))
    try:
        gathered.take([None if name is None else next(there) for name in names], rows, places)
    except OverflowError as error:
        raise NotTakenError from error


def _in_order(pieces: Sequence[pa.Array], order: NDArray[np.int64]) -> pa.Array:
    """Values that stand one after the other, in the places that the order tells for each."""
    if not pieces:
        return pa.array([], MORE_TYPE)
    return pa.concat_arrays([piece.cast(MORE_TYPE) for piece in pieces]).take(pa.array(np.argsort(order)))

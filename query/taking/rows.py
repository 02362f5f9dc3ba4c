"""Rows that were found, as a batch of an answer's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from logstore.model.schema import ARROW_TYPES, MORE_TYPE, TIME, Column, Kind
from query.sql.final import Output
from query.taking.groups import PHYSICAL, Group, NotTakenError, Places
from query.taking.newest import Found

if TYPE_CHECKING:
    from query.pages.taking import Sink

_MOST_BYTES = 1 << 26
"""Of rows: more are left to the database, which hands them over in batches and counts their memory."""


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
    columns = output.columns[: len(output.columns) - output.with_ids]
    is_time = [(column.field, column.kind) == (TIME, Kind.TIME) for column in columns]
    sinks = [
        None if own else kernel.Sink(PHYSICAL[column.kind], len(found.times), _MOST_BYTES)
        for column, own in zip(columns, is_time, strict=True)
    ]
    more: list[pa.Array] = []
    order: list[NDArray[np.int64]] = []
    names: dict[int, list[tuple[str, Sink]]] = {}
    for number in np.unique(found.groups).tolist():
        check()
        group, places = groups[number], np.flatnonzero(found.groups == number)
        rows = found.rows[places]
        if id(group.columns) not in names:
            names[id(group.columns)] = _there(columns, sinks, group.columns)
        _take(group, names[id(group.columns)], rows, places.astype(np.int32))
        if sum(sink.nbytes for sink in sinks if sink is not None) > _MOST_BYTES:
            raise NotTakenError
        if output.more:
            more.append(group.more(rows))
            order.append(places)
    times, seqs = (pa.array(each) for each in (found.times, found.seqs))
    arrays = [
        times if sink is None else _array(sink, column.kind, len(times))
        for column, sink in zip(columns, sinks, strict=True)
    ]
    if output.more:
        arrays.append(_in_order(more, order))
    if output.is_addressed:
        arrays += [times, seqs]
    if not arrays:
        arrays = [pa.nulls(len(times))]
    return pa.RecordBatch.from_arrays(arrays, names=[f"o{place}" for place in range(len(arrays))])


def _there(columns: Sequence[Column], sinks: Sequence[Sink | None], own: Sequence[Column]) -> list[tuple[str, Sink]]:
    """The columns of a group that are wanted, and where their values go."""
    names: Mapping[tuple[str, Kind], str] = {(column.field, column.kind): column.name for column in own}
    return [
        (names[column.field, column.kind], sink)
        for column, sink in zip(columns, sinks, strict=True)
        if sink is not None and (column.field, column.kind) in names
    ]


def _take(group: Group, names: Sequence[tuple[str, Sink]], rows: Places, places: Places) -> None:
    values = group.values([name for name, _ in names], np.sort(rows))
    for (_, sink), each in zip(names, values, strict=True):
        try:
            each.take(rows, places, sink)
        except OverflowError as error:
            raise NotTakenError from error


def _array(sink: Sink, kind: Kind, rows: int) -> pa.Array:
    missing, bits, offsets, content = sink.finish()
    buffers = [None if bits is None else pa.py_buffer(bits)]
    if offsets is not None:
        buffers.append(pa.py_buffer(offsets))
    buffers.append(pa.py_buffer(content))
    kind = Kind.INT if kind is Kind.TIME else kind
    return pa.Array.from_buffers(ARROW_TYPES[kind], rows, buffers, missing)


def _in_order(pieces: Sequence[pa.Array], order: Sequence[NDArray[np.int64]]) -> pa.Array:
    if not pieces:
        return pa.array([], MORE_TYPE)
    back = np.argsort(np.concatenate(order))
    return pa.concat_arrays([piece.cast(MORE_TYPE) for piece in pieces]).take(pa.array(back))

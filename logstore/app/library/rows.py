"""Rows as Python has them: a dictionary each, of the fields that the row has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from logstore.app.formats.rows import Shape
from logstore.model.schema import Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_US = 1000


def rows_of(batch: pa.RecordBatch, shape: Shape) -> Iterator[dict[str, Any]]:
    """The rows of a batch of an answer of this shape."""
    columns = [
        (column.field, _values(values, column.kind))
        for column, values in zip(shape.columns, batch.columns, strict=False)
    ]
    more = batch.columns[-1].to_pylist() if shape.has_more else None
    for at in range(batch.num_rows):
        row = {field: values[at] for field, values in columns if values[at] is not None}
        if more is not None and more[at]:
            row |= {name: json.loads(text) for name, text in more[at]}
        yield row


def moment(time_ns: int) -> datetime:
    """A time as Python has it: what is below a microsecond is cut off."""
    return _EPOCH + timedelta(microseconds=time_ns // _NS_PER_US)


def _values(values: pa.Array, kind: Kind) -> list[Any]:
    if kind is Kind.TIME:
        return [None if ns is None else moment(ns) for ns in values.view(pa.int64()).to_pylist()]
    if kind is Kind.JSON:
        return [None if text is None else json.loads(text) for text in values.to_pylist()]
    found: list[Any] = values.to_pylist()
    return found

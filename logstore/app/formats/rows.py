"""Rows of an answer: Arrow record batches whose columns know which field they serve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from logstore.model.schema import MESSAGE, MORE, TIME, Column, Kind

FIELD_KEY = b"logstore.field"
KIND_KEY = b"logstore.kind"

# Rendering makes several copies of a slice: this bounds them, and keeps 32-bit string offsets from overflowing.
MAX_SLICE_BYTES = 16 * 1024 * 1024
MAX_SLICE_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of an answer, the same in each of its batches.

    Attributes:
        columns: one per column of the batches but `_more`, in the order of presentation. A field whose values are of
            several kinds has several columns, at most one of them non-null in a row.
        has_more: whether a column `_more` follows (`schema.MORE_TYPE`).
    """

    columns: tuple[Column, ...]
    has_more: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """The distinct fields in order of presentation, without those in `_more`."""
        return tuple(dict.fromkeys(column.field for column in self.columns))

    @property
    def is_events(self) -> bool:
        """Whether the rows are events, or look like them: they have a time and a message."""
        kinds = {(column.field, column.kind) for column in self.columns}
        return {(TIME, Kind.TIME), (MESSAGE, Kind.TEXT)} <= kinds

    def positions(self, field: str) -> tuple[int, ...]:
        """Where the columns of a field are."""
        return tuple(index for index, column in enumerate(self.columns) if column.field == field)


def label(schema: pa.Schema, columns: Sequence[Column]) -> pa.Schema:
    """`schema` with each column's field and kind in its metadata, so that a reader needs nothing else."""
    fields = [
        field.with_metadata({FIELD_KEY: column.field.encode(), KIND_KEY: column.kind.value.encode()})
        for field, column in zip(schema, columns, strict=False)
    ]
    return pa.schema([*fields, *list(schema)[len(fields) :]])


def shape_of(schema: pa.Schema) -> Shape:
    """The shape that `label` wrote into a schema."""
    columns = tuple(
        Column(field.name, field.metadata[FIELD_KEY].decode(), Kind(field.metadata[KIND_KEY].decode()))
        for field in schema
        if field.metadata and FIELD_KEY in field.metadata
    )
    return Shape(columns, has_more=len(schema) > len(columns) and schema.names[-1] == MORE)


def slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """`batch` in pieces that are safe to render at once. Rows of very unequal size make a piece larger than meant."""
    if not batch.num_rows:
        return
    if batch.num_rows <= MAX_SLICE_ROWS and batch.get_total_buffer_size() <= MAX_SLICE_BYTES:
        # All of its buffers are no less than what it has of them, and sooner told.
        yield batch
        return
    row_bytes = max(1, batch.nbytes // batch.num_rows)
    step = max(1, min(MAX_SLICE_ROWS, MAX_SLICE_BYTES // row_bytes))
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)

"""Making batches out of rows, and rows out of batches, the slow and obvious way."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pyarrow as pa

from logstore.model.batch import EventBatch
from logstore.model.merge import MAX_COLUMNS, batch_from_columns
from logstore.model.more import from_more_text
from logstore.model.more_column import Sparse
from logstore.model.schema import ARROW_TYPES, BUILT_IN_FIELDS, DICTIONARY_TYPE, FIXED_COLUMNS, MORE, SEQ, Kind
from tests.logstore.model.values import comparable

Row = dict[str, tuple[Kind, object]]
"""A row's fields with their values, `time`, `_seq` and `tag` among them."""


def row(seq: int, time_ns: int = 0, tag: str = "t", **fields: tuple[Kind, object]) -> Row:
    """A row with the columns that are never null, and `fields`."""
    return {"time": (Kind.TIME, time_ns), SEQ: (Kind.INT, seq), "tag": (Kind.TEXT, tag), **fields}


def make_batch(rows: list[Row], max_columns: int = MAX_COLUMNS) -> EventBatch:
    """The batch of these rows, which ascend by `_seq`."""
    values: dict[tuple[str, Kind], dict[int, object]] = {(c.field, c.kind): {} for c in FIXED_COLUMNS}
    for place, fields in enumerate(rows):
        for field, (kind, value) in fields.items():
            values.setdefault((field, kind), {})[place] = value
    columns = [
        Sparse(field, kind, np.array(list(found), np.int64), pa.array(list(found.values()), ARROW_TYPES[kind]))
        for (field, kind), found in values.items()
    ]
    return batch_from_columns(len(rows), columns, max_columns)


def with_dictionaries(batch: EventBatch, names: Collection[str]) -> EventBatch:
    """The same batch, its columns of texts among `names` as dictionaries."""
    table = batch.table
    for place, name in enumerate(table.column_names):
        if name in names and table.schema.field(name).type == pa.string():
            table = table.set_column(place, name, table.column(name).dictionary_encode())
    return replace(batch, table=table)


def plain_times(table: pa.Table) -> pa.Table:
    """The table with times as numbers: Python has no nanoseconds."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    return table


def read_batch(batch: EventBatch) -> list[Row]:
    """The batch's rows in order, with `_more` opened, values comparable; checks that a batch is what it must be."""
    check_batch(batch)
    rows: list[Row] = [{} for _ in range(batch.rows)]
    for column in batch.columns:
        array = batch.table.column(column.name)
        plain = array.cast(pa.int64()) if column.kind is Kind.TIME else array
        for fields, value in zip(rows, plain.to_pylist(), strict=True):
            if value is not None:
                assert column.field not in fields, "two values of a field in one row"
                fields[column.field] = column.kind, comparable(value)
    if batch.has_more:
        fields_in_columns = {column.field for column in batch.columns}
        for fields, entries in zip(rows, batch.table.column(MORE).to_pylist(), strict=True):
            for field, text in entries or ():
                assert field not in fields_in_columns, "a field in columns and in _more"
                assert field not in fields
                kind, value = from_more_text(text)
                fields[field] = kind, comparable(value)
    return rows


def check_batch(batch: EventBatch) -> None:
    """Asserts what holds for every batch."""
    batch.table.validate(full=True)
    assert batch.columns[: len(FIXED_COLUMNS)] == FIXED_COLUMNS
    assert len({(column.field, column.kind) for column in batch.columns}) == len(batch.columns)
    assert not {column.field for column in batch.columns[len(FIXED_COLUMNS) :]} & {*BUILT_IN_FIELDS, SEQ, MORE}
    names = [column.name for column in batch.columns] + ([MORE] if batch.has_more else [])
    assert batch.table.column_names == names
    assert len({name.casefold() for name in names}) == len(names)
    for column in batch.columns:
        found = batch.table.schema.field(column.name).type
        is_text = ARROW_TYPES[column.kind] == pa.string()
        assert found == ARROW_TYPES[column.kind] or (is_text and found == DICTIONARY_TYPE)
    times = batch.table.column("time").cast(pa.int64()).to_pylist()
    seqs = batch.table.column(SEQ).to_pylist()
    assert (batch.time_min_ns, batch.time_max_ns) == (min(times, default=0), max(times, default=-1))
    assert (batch.seq_min, batch.seq_max) == (min(seqs, default=0), max(seqs, default=-1))

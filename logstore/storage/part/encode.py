"""Making the Parquet bytes of a part. Pure.

The rows are put into their order a row group at a time, so a part needs the memory of one row group beside its events
and its file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logstore.model.batch import EventBatch
from logstore.model.merge import fold_rare_columns
from logstore.model.schema import MORE, SEQ, TAG, TIME
from logstore.storage.part.dictionaries import repeats
from logstore.storage.part.footer import METADATA_KEY, Label, encode_label
from logstore.storage.part.order import order_for_part
from logstore.storage.part.pick import pick, rows_of

# Both rise by small steps within a run of one tag; a dictionary of them would be as large as they are.
_DELTA_ENCODED = (TIME, SEQ)
# Parquet's names of the leaves of a map.
_MORE_LEAVES = (f"{MORE}.key_value.key", f"{MORE}.key_value.value")


@dataclass(frozen=True, slots=True)
class PartShape:
    """How parts are written; see the settings of the same names."""

    row_group_rows: int
    sort_bucket_rows: int
    compression_level: int
    max_listed_tags: int


def encode_part(
    batch: EventBatch,
    generation: int,
    tenant: str,
    shape: PartShape,
    watch: Callable[[pa.Table], None] | None = None,
) -> pa.Buffer:
    """The whole file of a part with the events of `batch`, which must not be empty.

    `watch` is shown each row group.
    """
    batch = fold_rare_columns(batch)
    columns = {name: _prepared(batch.table.column(name)) for name in batch.table.column_names}
    label = Label(
        generation=generation,
        tenant=tenant,
        seq=(batch.seq_min, batch.seq_max),
        time=(batch.time_min_ns, batch.time_max_ns),
        tags=_few_tags(columns[TAG], shape.max_listed_tags),
        columns=batch.columns,
    )
    order = order_for_part(batch, shape.sort_bucket_rows)
    schema = pa.schema([(name, column.type) for name, column in columns.items()])
    sink = pa.BufferOutputStream()
    with _writer(sink, schema, columns, shape) as writer:
        for first in range(0, len(order), shape.row_group_rows):
            rows = rows_of(order[first : first + shape.row_group_rows])
            picked = [pick(column, rows) for column in columns.values()]
            row_group = pa.Table.from_arrays(picked, schema=schema)
            writer.write_table(row_group, row_group_size=shape.row_group_rows)
            if watch is not None:
                watch(row_group)
        writer.add_key_value_metadata({METADATA_KEY: encode_label(label)})
    return sink.getvalue()


def _prepared(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The column as rows are picked from it: texts that do not repeat as they are, others in one piece."""
    if pa.types.is_string(column.type):
        if not repeats(column):
            return column
        column = column.dictionary_encode()
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        return pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, array.type)
    return array


def _writer(
    sink: pa.BufferOutputStream, schema: pa.Schema, columns: dict[str, pa.Array | pa.ChunkedArray], shape: PartShape
) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=shape.compression_level,
        use_dictionary=[*_MORE_LEAVES, *(name for name, array in columns.items() if _has_dictionary(name, array))],
        column_encoding=dict.fromkeys(_DELTA_ENCODED, "DELTA_BINARY_PACKED"),
        # The smallest and largest text of a row group, which holds those of many tags, hardly ever rule it out, and
        # cost a fifth of the time of writing. Of `tag`, by which the rows are sorted, they do.
        write_statistics=[name for name, array in columns.items() if name == TAG or not _is_text(array)],
        version="2.6",
        # It would make pyarrow alone read dictionaries where all others read texts.
        store_schema=False,
    )


def _is_text(array: pa.Array | pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(array.type) or pa.types.is_dictionary(array.type))


def _has_dictionary(name: str, array: pa.Array | pa.ChunkedArray) -> bool:
    if name in _DELTA_ENCODED or pa.types.is_string(array.type) or pa.types.is_nested(array.type):
        return False
    return pa.types.is_dictionary(array.type) or repeats(array)


def _few_tags(tags: pa.Array, max_tags: int) -> tuple[str, ...] | None:
    tags = pc.unique(tags)
    return tuple(sorted(tags.to_pylist())) if len(tags) <= max_tags else None

"""Making the Parquet bytes of a part. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logstore.model.batch import EventBatch
from logstore.model.merge import fold_rare_columns
from logstore.model.schema import SEQ, TAG, TIME
from logstore.storage.part.footer import METADATA_KEY, Label, encode_label
from logstore.storage.part.order import sort_for_part

# Both rise by small steps within a run of one tag; a dictionary of them would be as large as they are.
_DELTA_ENCODED = (TIME, SEQ)


@dataclass(frozen=True, slots=True)
class PartShape:
    """How parts are written; see the settings of the same names."""

    row_group_rows: int
    sort_bucket_rows: int
    compression_level: int
    max_listed_tags: int


def encode_part(batch: EventBatch, generation: int, tenant: str, shape: PartShape) -> pa.Buffer:
    """The whole file of a part with the events of `batch`, which must not be empty."""
    ordered = sort_for_part(fold_rare_columns(batch), shape.sort_bucket_rows)
    label = Label(
        generation=generation,
        tenant=tenant,
        seq=(ordered.seq_min, ordered.seq_max),
        time=(ordered.time_min_ns, ordered.time_max_ns),
        tags=_few_tags(ordered, shape.max_listed_tags),
        columns=ordered.columns,
    )
    table = ordered.table.replace_schema_metadata({METADATA_KEY: encode_label(label)})
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=shape.row_group_rows,
        compression="zstd",
        compression_level=shape.compression_level,
        use_dictionary=[name for name in table.column_names if name not in _DELTA_ENCODED],
        column_encoding=dict.fromkeys(_DELTA_ENCODED, "DELTA_BINARY_PACKED"),
        version="2.6",
    )
    return sink.getvalue()


def _few_tags(batch: EventBatch, max_tags: int) -> tuple[str, ...] | None:
    tags = pc.unique(batch.table.column(TAG))
    return tuple(sorted(tags.to_pylist())) if len(tags) <= max_tags else None

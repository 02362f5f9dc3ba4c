"""The Arrow schema of an answer, and batches brought into its form."""

from __future__ import annotations

import json
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.row_id import RowId
from logstore.model.schema import ARROW_TYPES, MORE, MORE_TYPE, Kind
from query.sql.final import Output

COLUMNS_KEY = b"logstore.columns"
"""Schema metadata: a JSON array of {"name", "field", "kind"}, one per column but `_more`."""


# The same questions are asked again and again, and answers of events have dozens of columns.
@lru_cache(128)
def schema_of(output: Output) -> pa.Schema:
    """The schema of an answer with these columns."""
    fields = [pa.field(column.name, ARROW_TYPES[column.kind]) for column in output.columns]
    if output.more:
        fields.append(pa.field(MORE, MORE_TYPE))
    described = [{"name": c.name, "field": c.field, "kind": c.kind.value} for c in output.columns]
    return pa.schema(fields, metadata={COLUMNS_KEY: json.dumps(described, ensure_ascii=False).encode()})


def conform(batch: pa.RecordBatch, output: Output, schema: pa.Schema) -> pa.RecordBatch:
    """A batch of a statement in the form of the answer: instants become timestamps, columns get their names."""
    if not schema:
        # Arrow keeps the number of rows without columns only by way of a struct.
        empty = (
            pa.StructArray.from_arrays([], fields=[])
            if not batch.num_rows
            else pa.array([{}] * batch.num_rows, pa.struct([]))
        )
        return pa.RecordBatch.from_struct_array(empty).replace_schema_metadata(schema.metadata)
    arrays = list(batch.columns[: len(schema) - output.with_ids])
    if output.with_ids:
        arrays.insert(len(output.columns) - 1, _ids(batch))
    for place, column in enumerate(output.columns):
        if column.kind is Kind.TIME:
            arrays[place] = arrays[place].view(ARROW_TYPES[Kind.TIME])
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def last_row(batch: pa.RecordBatch) -> RowId:
    """The last row of a batch of addressed rows."""
    # All columns at once take longer than these two.
    time_ns, seq = batch.column(batch.num_columns - 2), batch.column(batch.num_columns - 1)
    return RowId(time_ns[-1].as_py(), seq[-1].as_py())


def _ids(batch: pa.RecordBatch) -> pa.Array:
    """The ids of addressed rows."""
    *_, time_ns, seq = batch.columns
    return pc.binary_join_element_wise(time_ns.cast(pa.string()), seq.cast(pa.string()), ".")

"""Decoded events as plain dicts."""

from logstore.model.more_column import columns_from, read_more
from logstore.model.schema import MORE
from tests.logstore.model.batches import plain_times


def rows(batch):
    """The events as dicts of all values that they have, fields in `_more` too."""
    found = [{} for _ in range(batch.rows)]
    table = plain_times(batch.table)
    for column in batch.columns:
        for row, value in zip(found, table.column(column.name).to_pylist(), strict=True):
            if value is not None:
                assert column.field not in row, "two values of one field"
                row[column.field] = value
    if batch.has_more:
        for sparse in columns_from(read_more(batch.table.column(MORE))):
            for row, value in zip(sparse.rows.tolist(), sparse.values.to_pylist(), strict=True):
                assert sparse.field not in found[row]
                found[row][sparse.field] = value
    return found

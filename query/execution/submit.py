"""Statements whose rows come as Arrow, planned once.

DuckDB's interface for Python has two ways to them: `sql(…)` plans a statement to tell its columns before anybody asks
for rows, and again to run it; `execute(…)` plans it once, and copies its rows by a second statement to make Arrow of
them. Below both lies one call that does what is wanted, by which `sql(…)` itself runs a statement. It is not
documented, so where it is not there the documented way is gone; a test compares them.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

_DIRECT = "_submit"


def table_of(cursor: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """All rows of a statement."""
    submit = getattr(cursor, _DIRECT, None)
    return cursor.sql(sql).to_arrow_table() if submit is None else submit(sql, None, "arrow").arrow_table()


def reader_of(cursor: duckdb.DuckDBPyConnection, sql: str, batch_rows: int) -> pa.RecordBatchReader:
    """The rows of a statement as they are computed, in batches of so many."""
    submit = getattr(cursor, _DIRECT, None)
    if submit is None:
        return cursor.sql(sql).to_arrow_reader(batch_rows)
    return submit(sql, None, "stream", batch_rows).arrow_reader()

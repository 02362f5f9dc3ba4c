"""Tests of query.execution.submit."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from query.execution import submit
from query.execution.database import open_database
from query.execution.limits import Limits
from query.execution.submit import reader_of, table_of

ROWS = 5000
SQL = (
    "SELECT range AS i, range::VARCHAR AS t, range / 7 AS d, make_timestamp_ns(range) AS n, [range] AS l, "
    f"MAP {{'a': range::VARCHAR}} AS m, NULL AS z, range % 2 = 0 AS b, range::HUGEINT AS h FROM range({ROWS})"
)


@pytest.fixture
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    """Of a database as queries have it."""
    database = open_database(Limits(threads=1))
    cursor = database.cursor()
    yield cursor
    cursor.close()
    database.close()


def test_the_direct_way_is_there(cursor: duckdb.DuckDBPyConnection) -> None:
    """With this version of DuckDB it is; without it all would work, and take longer."""
    assert callable(getattr(cursor, submit._DIRECT))


def test_both_ways_give_the_same(cursor: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows with the same types as by what is documented."""
    direct, streamed = table_of(cursor, SQL), reader_of(cursor, SQL, 1000).read_all()
    monkeypatch.setattr(submit, "_DIRECT", "no_such_way")
    assert table_of(cursor, SQL).equals(direct)
    assert reader_of(cursor, SQL, 1000).read_all().equals(streamed)
    assert direct.num_rows == streamed.num_rows == ROWS
    assert direct.schema == streamed.schema
    assert direct.combine_chunks().equals(streamed.combine_chunks())


def test_rows_come_in_batches(cursor: duckdb.DuckDBPyConnection) -> None:
    """As they are computed: the first ones before the last, of more than anybody could wait for."""
    reader = reader_of(cursor, "SELECT range FROM range(1000000000000)", 2048)
    assert [reader.read_next_batch().num_rows for _ in range(3)] == [2048, 2048, 2048]
    reader.close()


def test_errors_are_those_of_duckdb(cursor: duckdb.DuckDBPyConnection) -> None:
    """While it plans and while it runs."""
    for ask in (lambda sql: table_of(cursor, sql), lambda sql: reader_of(cursor, sql, 1000).read_all()):
        with pytest.raises(duckdb.CatalogException, match="no_such_function"):
            ask("SELECT no_such_function(1)")
        with pytest.raises((duckdb.Error, OSError), match="Could not convert"):
            ask("SELECT sum(('x' || range)::INT) FROM range(3)")

"""`join`: each row with the rows of another query that have equal values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from logstore.errors import QueryError
from query.plan.logical import Join
from query.sql.added import with_fields
from query.sql.bench import Bench
from query.sql.equality_keys import equality_keys
from query.sql.lookup import field_of
from query.sql.order import SortTerm, order_by
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed

Pair = tuple[str, str]
"""A column of the one side and one of the other."""


def join(statement: Statement, rows: Rows, other: Rows, node: Join) -> Rows:
    """The rows with the columns of the other side; a row comes once for each one that it goes with."""
    if not other.closed or other.more is not None:
        hint = "end it with `| fields a, b`, or with a grouping"
        raise QueryError("a query to join with must name its columns", span=node.span, hint=hint)
    mine, theirs = Bench(statement, rows), Bench(statement, other)
    keys = [
        equality_keys(mine, field_of(statement, rows, field), theirs, field_of(statement, other, field))
        for field in node.fields
    ]
    rank = theirs.column(f"row_number() OVER ({order_by(other.order).strip()})")
    named = {field.name for field in node.fields}
    added = {name: theirs.keep_all(value) for name, value in other.shown().items() if name not in named}
    added = {name: _in_columns(theirs, value) for name, value in added.items()}
    left, right = mine.close(), theirs.close()
    taken = [rank, *(column for value in added.values() for column in value.kinds.values())]
    relation = statement.define(_pairs(left.relation, right.relation, list(product(*keys)), taken, node))
    return _widened(statement, left.at(relation), added, rank)


def _in_columns(bench: Bench, value: Typed) -> Typed:
    return Typed({kind: bench.column(sql) for kind, sql in value.items()}, value.severity)


def _pairs(left: str, right: str, ways: Sequence[Sequence[Pair]], taken: Sequence[str], node: Join) -> str:
    """All pairs of rows that have equal values in one of these ways; and, wanted, the rows without any."""
    columns = f"SELECT {left}.*, {', '.join(f'{right}.{column}' for column in taken)} FROM {left}"
    if node.keep_all and len(ways) == 1:
        return f"{columns} LEFT JOIN {right} ON {_equal(left, right, ways[0])}"
    selects = [f"{columns} JOIN {right} ON {_equal(left, right, way)}" for way in ways]
    if not selects:
        selects.append(f"{columns} JOIN {right} ON false")
    if node.keep_all:
        unmatched = [f"NOT EXISTS (SELECT 1 FROM {right} WHERE {_equal(left, right, way)})" for way in ways]
        where = f" WHERE {' AND '.join(unmatched)}" if unmatched else ""
        selects.append(f"{columns} LEFT JOIN {right} ON false{where}")
    return "\nUNION ALL ".join(selects)


def _equal(left: str, right: str, way: Sequence[Pair]) -> str:
    return " AND ".join(f"{left}.{mine} = {right}.{its}" for mine, its in way)


def _widened(statement: Statement, rows: Rows, added: dict[str, Typed], rank: str) -> Rows:
    """The rows with fields that replace those of the same names; pairs of one row come as the other side's rows do."""
    rows = with_fields(statement, rows, added)
    rows = replace(rows, order=(*rows.order, SortTerm(rank)))
    if rows.address is None:
        return rows
    return replace(rows, address=replace(rows.address, ties=(*rows.address.ties, rank)))

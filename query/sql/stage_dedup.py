"""`dedup`: one row per combination of values."""

from __future__ import annotations

from query.plan.logical import Dedup
from query.sql.bench import Bench
from query.sql.identity import identity_key
from query.sql.lookup import field_of
from query.sql.order import SortTerm, order_by
from query.sql.rows import Rows
from query.sql.statement import Statement


def dedup(statement: Statement, rows: Rows, node: Dedup) -> Rows:
    """Of events the oldest or the newest of each combination, of other rows the first in the current order."""
    bench = Bench(statement, rows)
    keys = [bench.column(sql) for field in node.fields for sql in identity_key(field_of(statement, rows, field))]
    closed = bench.close()
    order = order_by(_preference(rows, node))
    partition = f"PARTITION BY {', '.join(keys)}" if keys else ""
    chosen = f"row_number() OVER ({partition}{order}) = 1"
    return closed.at(statement.define(f"SELECT * FROM {closed.relation} QUALIFY {chosen}"))


def _preference(rows: Rows, node: Dedup) -> tuple[SortTerm, ...]:
    if rows.address is None:
        return rows.order
    newest = node.keep == "newest"
    return SortTerm(rows.address.time, newest), SortTerm(rows.address.seq, newest), *map(SortTerm, rows.address.ties)

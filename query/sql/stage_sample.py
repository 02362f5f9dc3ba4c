"""`sample`: rows that are drawn, the same ones wherever they live."""

from __future__ import annotations

from query.plan.logical import Sample
from query.sql.bench import Bench
from query.sql.order import order_by
from query.sql.rows import Rows
from query.sql.statement import Statement


def sample(statement: Statement, rows: Rows, node: Sample) -> Rows:
    """The rows whose `_seq` has the smallest hashes, in the order that they had; of no events, whose place in it."""
    bench = Bench(statement, rows)
    place = bench.column(f"row_number() OVER ({order_by(rows.order)})") if rows.address is None else rows.address.seq
    closed = bench.close()
    # A hash may repeat; the number itself settles which row goes first.
    drawn = f"SELECT * FROM {closed.relation} ORDER BY hash({place}::BIGINT), {place} LIMIT {node.count}"
    return closed.at(statement.define(drawn))

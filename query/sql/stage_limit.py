"""`limit`: the first rows in the current order."""

from __future__ import annotations

from query.plan.logical import Limit
from query.sql.order import order_by
from query.sql.rows import Rows
from query.sql.statement import Statement


def limit(statement: Statement, rows: Rows, node: Limit) -> Rows:
    """At most so many rows."""
    return rows.at(statement.define(f"SELECT * FROM {rows.relation}{order_by(rows.order)} LIMIT {node.count}"))

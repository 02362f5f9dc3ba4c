"""`where`, and the search: rows that meet a condition."""

from __future__ import annotations

from query.plan.logical import Filter
from query.sql.bench import Bench
from query.sql.expressions import Expressions
from query.sql.membership import Subqueries
from query.sql.rows import Rows
from query.sql.statement import Statement


def filter_rows(statement: Statement, rows: Rows, node: Filter, subqueries: Subqueries) -> Rows:
    """The rows where the condition is true."""
    bench = Bench(statement, rows)
    condition = Expressions(bench, subqueries).condition(node.condition)
    rows = bench.close()
    return rows.at(statement.narrow(rows.relation, condition))

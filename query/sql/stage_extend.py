"""`let`: fields added or replaced."""

from __future__ import annotations

from query.plan.logical import Extend
from query.sql.bench import Bench
from query.sql.expressions import Expressions
from query.sql.membership import Subqueries
from query.sql.rows import Rows
from query.sql.statement import Statement


def extend(statement: Statement, rows: Rows, node: Extend, subqueries: Subqueries) -> Rows:
    """The rows with the assigned fields; each assignment sees the ones before it."""
    bench = Bench(statement, rows)
    for name, value in node.assignments:
        assigned = bench.keep_all(Expressions(bench, subqueries).value(value))
        bench.rows = bench.rows.with_field(name, assigned)
    return bench.close()

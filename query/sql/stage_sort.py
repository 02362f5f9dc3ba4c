"""`sort`: a new order. Nothing is sorted yet: whoever cuts or shows the rows does that."""

from __future__ import annotations

from dataclasses import replace

from query.plan.logical import Sort
from query.sql.bench import Bench
from query.sql.lookup import field_of
from query.sql.order import SortTerm, sort_terms
from query.sql.rows import Rows
from query.sql.statement import Statement


def sort(statement: Statement, rows: Rows, node: Sort) -> Rows:
    """The rows in a new order; its keys are kept as columns, since stages to come may take the fields away."""
    bench = Bench(statement, rows)
    terms: list[SortTerm] = []
    for key in node.keys:
        terms += sort_terms(field_of(statement, rows, key.field), descending=key.descending)
    if rows.address is not None:
        terms += rows.address.newest_first()
    else:
        for value in rows.fields.values():
            terms += sort_terms(value)
    kept = tuple(dict.fromkeys(SortTerm(bench.column(term.sql), term.descending) for term in terms))
    return replace(bench.close(), order=kept)

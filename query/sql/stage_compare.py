"""`compare`: the groups of two aggregations side by side."""

from __future__ import annotations

from logstore.model.schema import Kind
from query.lang.naming import BEFORE, CHANGE
from query.plan.logical import Compare
from query.sql.aggregates.terms import Term
from query.sql.bench import Bench
from query.sql.grouping import Grouping, group_rows
from query.sql.numbers import numbers_of
from query.sql.order import SortTerm, sort_terms
from query.sql.rows import Rows
from query.sql.stacking import stack
from query.sql.statement import Statement
from query.sql.typed import Typed, typed


def compare(statement: Statement, rows: Rows, before: Rows, node: Compare) -> Rows:
    """A row per group that either side has: its values, those of before, and by how much they changed."""
    stacked = stack(statement, (rows, before), ((), ()))
    bench = Bench(statement, Rows(stacked.relation, {}))
    groups = {name: stacked.fields[name] for name in node.groups}
    gathered: list[Term] = []
    sides = [
        {name: _of_side(statement, gathered, stacked.fields[name], f"{stacked.side} = {place}") for name in node.values}
        for place in range(2)
    ]
    grouped = group_rows(statement, Grouping(bench, groups, tuple(gathered)))
    finishing = Bench(statement, Rows(grouped.relation, {}))
    result = Rows(grouped.relation, {}, closed=True)
    for name, value in grouped.groups.items():
        result = result.with_field(name, value)
    for name in node.values:
        now, then = (side[name] for side in sides)
        result = result.with_field(name, now).with_field(name + BEFORE, then)
        if name in node.numeric:
            result = result.with_field(name + CHANGE, finishing.keep_all(_change(now, then)))
    order = [term for name in node.groups for term in sort_terms(result.fields[name])]
    kept = tuple(SortTerm(finishing.column(term.sql), term.descending) for term in order)
    return Rows(finishing.close().relation, result.fields, order=kept, closed=True)


def _of_side(statement: Statement, gathered: list[Term], value: Typed, condition: str) -> Typed:
    """The value of a group on one side, which has one row of it at most."""
    columns = {kind: statement.fresh("a") for kind in value.kinds}
    gathered += (Term(columns[kind], f"any_value({sql}) FILTER (WHERE {condition})") for kind, sql in value.items())
    return Typed(columns, value.severity)


def _change(now: Typed, then: Typed) -> Typed:
    """The difference as a share of the earlier value; missing where one of them is no number, or that one is 0."""
    mine, theirs = numbers_of(now).rounded, numbers_of(then).rounded
    if mine is None or theirs is None:
        return Typed()
    return typed({Kind.FLOAT: f"CASE WHEN {theirs} != 0 THEN ({mine} - {theirs}) / {theirs} END"})
